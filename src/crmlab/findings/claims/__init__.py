"""Published and common claims, put to the test."""
