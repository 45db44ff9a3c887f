"""Metrics: one measure per file; a pure function of solution, answers, rows and weights."""
