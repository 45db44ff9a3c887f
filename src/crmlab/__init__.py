"""crmlab: the open research workbench for e-commerce customer analytics."""

__version__ = "0.1.0"
