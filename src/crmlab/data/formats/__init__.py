"""How files are written, one format per file."""
