"""The oracle of recommendation: the lists that follow from the true affinities of a simulated shop.

A list is no column of the solution, so these answers are made here and not by crmlab.comparison.oracle.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlab import registry, store
from crmlab.kinds import Context, recommendation
from crmlab.maths.next_basket.purchases import Purchases, purchases_of
from crmlab.vocabulary import OK, ORACLE

KIND: Final = "recommendation"
LABEL: Final = "Oracle (the truth)"
TRUTH: Final = "crmlab.simulate.next_basket"
"""Imported by name and only where the truth is known: nothing else may know how the shop was drawn."""

NEEDED: Final = ("shop", "customers", "bundles", "sequences")


def key(problem_digest: str) -> str:
    """Return the oracle's run key: it depends on the problem and on the code that knows the truth."""
    return store.digest_of([ORACLE, problem_digest, registry.source_digest(__name__, TRUTH)])[:20]


def runs(problem: Any, roster: Sequence[Any], make: Callable[..., Any]) -> list[Any]:
    """Return the oracle's run, by `make` (the class Run), or none where the truth is not known."""
    answers = true_lists(problem, [entry.method.split("/")[0] for entry in roster])
    if answers is None:
        return []
    return [make(f"{KIND}/{ORACLE}", LABEL, ORACLE, {}, key(problem.facts["digest"]), OK, answers=answers)]


def true_lists(problem: Any, kinds: Sequence[str]) -> pd.DataFrame | None:
    """Return the lists of every fold's test rows by the truth, or None where it is not known.

    kinds: of the methods that are asked. The truth is known of products of a shop that the simulator drew
    with a seed of its own (SEED in the data set's file), whose orders have the planted pairs.
    """
    if KIND not in kinds or problem.spec.get("by", "product") != "product":
        return None
    dataset = problem.facts["dataset"]
    folder = store.truth_folder(dataset)
    files = {name: folder / f"{name}.parquet" for name in NEEDED}
    seed = getattr(registry.module("datasets", dataset), "SEED", None) if folder.is_dir() else None
    if seed is None or not all(file.is_file() for file in files.values()):
        return None
    made_by = f"crmlab tables {dataset}"
    truth = {name: store.read_frame(file, made_by=made_by) for name, file in files.items()}
    sold, known = (
        store.read_frame(store.tables_folder(dataset) / f"{name}.parquet", made_by=made_by)
        for name in ("transactions", "products")
    )
    paid = sold[sold["quantity"] > 0].groupby("order_id")["amount"].sum().astype(float)
    drawn = importlib.import_module(TRUTH).catalogue
    model = TrueAffinities(truth, drawn(truth, known, seed=seed), float(paid.mean()))
    parts = [_of_fold(problem, model, number) for number in problem.fold_numbers()]
    return pd.concat(parts, ignore_index=True)


class TrueAffinities:
    """Scores a product by the true probability that the customer's next basket holds it.

    items_, popularity_: as a recommender has them; ties do not happen.
    """

    def __init__(self, truth: dict[str, pd.DataFrame], products: pd.DataFrame, mean_value: float):
        self.truth, self.products, self.mean_value = truth, products, mean_value
        self.items_ = products["product"].to_numpy(dtype=np.str_)
        self.popularity_ = np.zeros(len(self.items_))

    def scores(self, purchases: Purchases) -> np.ndarray:
        """Return probabilities, (n, m)."""
        return importlib.import_module(TRUTH).true_item_probabilities(
            self.truth,
            self.products,
            purchases.customers.tolist(),
            purchases.last().toarray(),
            mean_value=self.mean_value,
        )


def _of_fold(problem: Any, model: TrueAffinities, number: int) -> pd.DataFrame:
    """Return the lists of one fold's test rows."""
    fold = problem.fold(number)
    context = Context(horizon_days=None, seed=0, roles={}, history=fold.history)
    model.popularity_ = purchases_of(fold.history, items=model.items_).popularity
    lists = recommendation.answer(model, fold.test_rows, context)
    lists.insert(0, "row_id", fold.test_row_ids)
    lists.insert(0, "fold", np.int64(number))
    return lists
