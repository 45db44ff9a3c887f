"""What customers and their loyalty are worth."""
