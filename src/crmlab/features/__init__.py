"""Features: one family per file, Ibis expressions of tables as they were known before a cutoff."""
