"""Tasks: one business question per file: its population, its outcome, its truth where known."""
