"""Methods: one folder per kind, one file per method; the path is the name."""
