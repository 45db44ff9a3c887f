"""Ways to recommend: one file each."""
