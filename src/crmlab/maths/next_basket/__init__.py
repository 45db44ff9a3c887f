"""Next baskets: purchases as numbers, ranked lists of items, and what lists are compared with."""
