"""One question per file, asked of a comparison or a shop and answered in sentences and a table."""
