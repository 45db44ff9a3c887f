"""Formulas with their sources: likelihoods, profits, ranks, resampling; below methods and metrics."""
