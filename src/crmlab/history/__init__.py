"""What was known just before a cutoff: windows, purchase lines, margin, gathered columns."""
