"""Churn: whom do we lose, and what is that worth?

Contractual data give the outcome as published. In event data nobody says goodbye: a customer has
churned when the label window passes without a purchase.
"""

from crmlab.declare.task import Task
from crmlab.history import buying

TASK = Task(
    label="Churn",
    question="Whom do we lose, and what is that worth?",
    kinds=("classification", "lifetime"),
    outcome="no purchase in the label window",
    published_outcome="the customer left, as published",
    positive="churned",
    needs=("transactions",),
    population=buying.population,
    first_seen=buying.first_seen,
    outcomes=buying.outcomes,
    truth="true_churn_probability",
)
