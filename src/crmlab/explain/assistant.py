"""The shopping assistant of a shop: made of its purchases up to the last day, and asked for one list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from crmlab import params, registry, store
from crmlab.comparison import committed
from crmlab.errors import CrmlabError, NotApplicable, UsageError, did_you_mean
from crmlab.explain.offerable import adults, barred_items, marked, refusing
from crmlab.explain.shop_assistant import ShopAssistant
from crmlab.history.basket_events import basket_events
from crmlab.history.consents import allowed
from crmlab.history.described_products import described_products, sold_lines
from crmlab.kinds import Context, recommendation
from crmlab.maths.next_basket.completion import together
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
    shop: str, customer: str, *, count: int = 10, method: str | None = None, **asked: Any
) -> Offered:
    """Return what to offer a customer of a shop, from all its baskets up to the last day.

    shop, method: see `prepare`. asked: see crmlab.explain.shop_assistant.ShopAssistant.recommend. Raises
    UsageError for an unknown shop, method or customer ('did you mean'), and NotApplicable where there are no
    baskets.
    """
    if not 1 <= count <= recommendation.COUNT:
        raise UsageError(f"count = {count} must be from 1 to {recommendation.COUNT}")
    assistant, why = prepare(shop, method=method)
    return Offered(customer, assistant.label, why, assistant.recommend(customer, count=count, **asked))


def prepare(shop: str, *, method: str | None = None) -> tuple[ShopAssistant, str]:
    """Return a shop's assistant as of the last day of its data, and how its method was chosen.

    shop: a problem of cross_sell in params.yaml, else a data set, whose items are products. method: by its
    file, such as 'tifu_knn'; default: the one that the committed comparison of the problem has chosen, else
    the status quo. The table `assortment`, where the shop has one, says what may be offered, `consents` and
    `customers` who consented, and how old they are. Raises UsageError for an unknown shop or method ('did you
    mean'), NotApplicable where there are no baskets.
    """
    settings = params.load()
    task = settings.tasks.get(TASK)
    problems = task.problems if task else {}
    spec = problems.get(shop, {"dataset": shop, "by": "product"})
    if shop not in problems and not store.tables_folder(shop).is_dir():
        raise UsageError(f"there is no shop '{shop}'.{did_you_mean(shop, {*problems, *settings.datasets})}")
    name, why = (method, "asked for") if method else _chosen(shop)
    declared, given = registry.find("methods", f"{KIND}/{name}"), _given(task, name)
    connection = store.engine()
    tables = store.open_tables(spec["dataset"], connection)
    history = _history(spec["dataset"], spec["by"], tables, connection)
    context = Context(horizon_days=None, seed=settings.seed, roles={}, history=history)
    model = recommendation.fit(lambda seed: declared(**given, seed=seed), None, None, context)
    purchases, now = recommendation.purchases_of(history), history["at"].max()
    assortment, customers = (_frame(tables, n, connection) for n in ("assortment", "customers"))
    assistant = ShopAssistant(
        shop=spec["dataset"],
        label=declared.label,
        model=model,
        purchases=purchases,
        together=together(purchases),
        products=_products(spec["by"], purchases.items, tables, connection),
        now=now,
        barred=barred_items(assortment, now),
        limited=marked(assortment, "age_limited"),
        adults=adults(customers, now),
        refusing=refusing(_consent(purchases.customers, tables, now, connection)),
    )
    return assistant, why


def _consent(people: Any, tables: Any, now: pd.Timestamp, connection: Any) -> pd.DataFrame | None:
    """Return `customer, consent` of people at the end of a day, None where the shop records no consent."""
    recorded = "consents" in tables or ("customers" in tables and "consent" in tables["customers"].columns)
    if not recorded:
        return None
    tomorrow = (now.normalize() + pd.Timedelta(days=1)).to_pydatetime()
    said = connection.to_pyarrow(allowed(tables, cutoff=tomorrow)).to_pandas()
    return pd.DataFrame({"customer": people}).merge(said, how="left", on="customer")


def _frame(tables: Any, name: str, connection: Any) -> pd.DataFrame | None:
    """Return a canonical table as a frame, None where the shop has none."""
    return connection.to_pyarrow(tables[name]).to_pandas() if name in tables else None


def _products(by: str, items: Any, tables: Any, connection: Any) -> pd.DataFrame:
    """Return `item, category, price, description` of all products; of categories, their names are all."""
    if by == "category":
        named = pd.DataFrame({"item": items.astype(object), "category": items.astype(object)})
        return named.assign(price=float("nan"), description=pd.Series(None, index=named.index, dtype="str"))
    lines = sold_lines(tables, connection, spelling=False)
    return described_products(lines, tables, connection, every=True, spelling=False).drop(
        columns="first_sold"
    )


def _history(dataset: str, by: str, tables: Any, connection: Any) -> pd.DataFrame:
    """Return every purchase of a data set. Raises NotApplicable where there is none."""
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
