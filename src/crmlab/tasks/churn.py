"""Churn: whom do we lose, and what is that worth?

Contractual data give the outcome as published. In event data nobody says goodbye: a customer has
churned when the label window passes without a purchase.
"""

from crmlab.tasks import _buying

LABEL = "Churn"
QUESTION = "Whom do we lose, and what is that worth?"
KINDS = ("classification", "lifetime")
OUTCOME = "no purchase in the label window"
PUBLISHED_OUTCOME = "the customer left, as published"
NEEDS = ("transactions",)
POSITIVE = "churned"
FAMILIES = None
"""Every feature family."""
SHOWN = None
"""Every numeric and categorical column is offered to methods."""
TRUTH = "true_churn_probability"
"""A function of simulate/oracle.py."""

population, first_seen, outcomes = _buying.population, _buying.first_seen, _buying.outcomes
