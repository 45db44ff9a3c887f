"""Why customers do what they do."""
