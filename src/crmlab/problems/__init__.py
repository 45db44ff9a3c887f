"""A question posed: rows, folds, solution, and what each of them is made of."""
