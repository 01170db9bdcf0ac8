"""The judgement: dated law as data, one folder a rule, and the engine that opens and resolves alerts. Pure, as the ledger is."""
