"""Mining of baskets: itemsets, rules, sequences, topics, and the nulls that they are held against."""
