"""What is asked of a shop itself: what can be asked of it, and what it looks like."""
