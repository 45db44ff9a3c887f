"""What the lines of an order file mean: one small named step per rule, each with its lines and its money."""
