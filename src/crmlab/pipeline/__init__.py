"""Notebooks and stages for DVC."""
