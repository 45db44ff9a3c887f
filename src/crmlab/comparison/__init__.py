"""Methods compared: from a roster to a verdict."""
