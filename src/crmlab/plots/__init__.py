"""Pictures of a comparison, one per file."""
