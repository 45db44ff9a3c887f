"""Segmentation: who are our customers?

Segments are made from what was known at the cutoff and judged by what the customers spend next.
"""

from crmlab.declare.task import Task
from crmlab.history import buying
from crmlab.kinds.clustering import SEGMENTED

TASK = Task(
    label="Segmentation",
    question="Who are our customers?",
    kinds=("clustering",),
    outcome="no purchase in the window after the cutoff",
    positive="inactive",
    needs=("transactions",),
    shown=(*SEGMENTED, "order_channel", "order_country"),
    population=buying.population,
    first_seen=buying.first_seen,
    outcomes=buying.outcomes,
    truth="type",
    effect="true_offer_effect",
)
