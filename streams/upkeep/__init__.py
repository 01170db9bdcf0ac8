"""What keeps a store sound: audit, rebuild, backup and restore."""
