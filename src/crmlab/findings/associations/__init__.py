"""Associations: which products go together, in whose baskets, in what order, and what of it is real."""
