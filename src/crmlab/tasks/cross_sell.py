"""Cross-sell: what will a customer buy next, and what shall we offer?

Everyone with a basket before the cutoff is asked about; judged are those who bought again, by what the first
basket after it held (or, by the protocol `last_basket`, the last basket of all).
"""

from crmlab.declare.task import Task
from crmlab.history import buying
from crmlab.history.basket_events import basket_events

TASK = Task(
    label="Cross-sell",
    question="What will a customer buy next?",
    kinds=("recommendation",),
    outcome="the items of the first basket in the label window",
    published_outcome="the items of each customer's last basket",
    positive="bought",
    needs=("transactions",),
    families=(),
    population=buying.population,
    first_seen=buying.first_seen,
    outcomes=buying.bought_in,
    history=basket_events,
)
