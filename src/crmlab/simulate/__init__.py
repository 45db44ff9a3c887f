"""The simulated shop: a seeded shop whose truth is known, so that methods can be held against it."""
