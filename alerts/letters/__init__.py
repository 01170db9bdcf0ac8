"""What people are told about alerts: an alert becomes a notice, a notice a mail or an official letter. Pure; nothing is sent here."""
