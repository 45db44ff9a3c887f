"""The shopping assistant: what to offer one customer as of the last day of the data, and why."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import pandas as pd

from crmlab import params, registry, store
from crmlab.comparison import committed
from crmlab.errors import CrmlabError, NotApplicable, UsageError, did_you_mean
from crmlab.explain.offer_reasons import OfferReasons
from crmlab.history.basket_events import basket_events
from crmlab.kinds import Context, recommendation
from crmlab.maths.next_basket.texts import items_of
from crmlab.problems.baskets_read import baskets_read
from crmlab.vocabulary import STATUS_QUO

TASK: Final = "cross_sell"
KIND: Final = "recommendation"


@dataclass(frozen=True)
class Offered:
    """A customer's list. method: its label; why: how it was chosen. table: `item, score, reason` by rank."""

    customer: str
    method: str
    why: str
    table: pd.DataFrame


def recommend(
    shop: str, customer: str, *, count: int = 10, method: str | None = None, only_new: bool = False
) -> Offered:
    """Return what to offer a customer of a shop, from all its baskets up to the last day.

    shop: a problem of cross_sell in params.yaml, else a data set, whose items are products. method: by its
    file, such as 'tifu_knn'; default: the one that the committed comparison of the problem has chosen, else
    the status quo. only_new: leave out what the customer bought before. Raises UsageError for an unknown
    shop, method or customer ('did you mean'), and NotApplicable where there are no baskets.
    """
    if not 1 <= count <= recommendation.COUNT:
        raise UsageError(f"count = {count} must be from 1 to {recommendation.COUNT}")
    settings = params.load()
    task = settings.tasks.get(TASK)
    problems = task.problems if task else {}
    spec = problems.get(shop, {"dataset": shop, "by": "product"})
    if shop not in problems and not store.tables_folder(shop).is_dir():
        raise UsageError(f"there is no shop '{shop}'.{did_you_mean(shop, [*problems, *settings.datasets])}")
    history = _history(spec["dataset"], spec["by"])
    known = history["customer"].unique()
    if customer not in known:
        near = get_close_matches(customer, sorted(known)[:100_000], n=3, cutoff=0.5)
        # nobody's id is told who was not nearly asked for
        meant = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise UsageError(f"no customer '{customer}' with purchases in '{spec['dataset']}'.{meant}")
    name, why = (method, "asked for") if method else _chosen(shop)
    declared, given = registry.find("methods", f"{KIND}/{name}"), _given(task, name)
    context = Context(horizon_days=None, seed=settings.seed, roles={}, history=history)
    model = recommendation.fit(lambda seed: declared(**given, seed=seed), None, None, context)
    answer = recommendation.answer(model, pd.DataFrame({"customer": [customer]}), context)
    purchases = recommendation.purchases_of(history)
    reasons = OfferReasons(purchases, history["at"].max())
    mine = {*history.loc[history["customer"] == customer, "item"]} if only_new else set()
    items = items_of(answer["offered"].iloc[0])
    scores = answer[list(recommendation.SCORES)].to_numpy()[0]
    rows = [(i, s, reasons.of(customer, i)) for i, s in zip(items, scores, strict=False) if i not in mine]
    table = pd.DataFrame(rows[:count], columns=["item", "score", "reason"])
    return Offered(customer, declared.label, why, table)


def _history(dataset: str, by: str) -> pd.DataFrame:
    """Return every purchase of a data set. Raises NotApplicable where there is none."""
    connection = store.engine()
    tables = store.open_tables(dataset, connection)
    if "transactions" not in tables:
        raise NotApplicable(f"'{dataset}' has no transactions, so no baskets")
    read = {name: tables[name] for name in baskets_read(tables)}
    found = connection.to_pyarrow(basket_events(read, by=by).order_by("customer", "at", "basket", "item"))
    if not found.num_rows:
        raise NotApplicable(f"'{dataset}' has no purchases of a known customer with a product")
    return found.to_pandas()


def _chosen(problem: str) -> tuple[str, str]:
    """Return the method to use on a problem, by its file, and how it was chosen."""
    try:
        record = committed.read(TASK, problem)
    except CrmlabError:
        record = None
    if record and record["verdict"]["chosen"]:
        return record["verdict"]["chosen"].split("/")[1], f"chosen by the comparison {TASK}/{problem}"
    usual = next(
        name
        for name in registry.names("methods")
        if name.startswith(f"{KIND}/") and registry.find("methods", name).control == STATUS_QUO
    )
    return usual.split("/")[1], "the status quo, as no committed comparison has chosen another"


def _given(task: params.Task | None, name: str) -> dict[str, object]:
    """Return a method's parameters in params.yaml, else its defaults."""
    given = (task.methods.get(KIND, {}) if task else {}).get(name) or {}
    return registry.method_parameters(f"{KIND}/{name}", given)
