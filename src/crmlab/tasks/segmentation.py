"""Segmentation: who are our customers?

Segments are made from what was known at the cutoff and judged by what the customers spend next.
"""

from crmlab.tasks import _buying
from crmlab.vocabulary import SEGMENTED

LABEL = "Segmentation"
QUESTION = "Who are our customers?"
KINDS = ("clustering",)
OUTCOME = "no purchase in the window after the cutoff"
PUBLISHED_OUTCOME = None
NEEDS = ("transactions",)
POSITIVE = "inactive"
FAMILIES = None
"""Every feature family; most columns are carried, to describe the segments."""
SHOWN = (*SEGMENTED, "order_channel", "order_country")
"""The columns that are clustered: numbers and, by methods that read texts, where a customer buys."""
TRUTH = "type"
"""A column of the truth table `customers`."""
EFFECT = "true_offer_effect"
"""A function of simulate/oracle.py: what an offer at the cutoff would change for each customer."""

population, first_seen, outcomes = _buying.population, _buying.first_seen, _buying.outcomes
