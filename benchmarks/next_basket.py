"""Recommenders at scale: top 10 for all customers, beside the bare library call where there is one."""

from __future__ import annotations

import argparse
import resource
import time
from statistics import median

import numpy as np
from _results import keep
from _shop_baskets import BASKETS, FAVOURITES, ITEMS, shop
from scipy import sparse

from crmlab import registry
from crmlab.maths.next_basket.ranking import top

COUNT = 10
CELLS = 4_000_000
NOTES = {
    "shop": f"{BASKETS} baskets a customer, {ITEMS} items each (1 + Poisson), half of them of {FAVOURITES} "
    "favourites of the customer, the rest by Zipf's law",
    "CPU-s": "of fitting, and of scoring every item and taking the best ten of every customer; once each",
    "library": "implicit: AlternatingLeastSquares, its `fit` and its `recommend` for all customers",
    "memory": "the most that the process had held by then (resident, MB), the purchases with it",
}


def main(arguments: list[str] | None = None) -> None:
    """Fit, list, and keep the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--products", type=int, default=5_000)
    parser.add_argument("--methods", nargs="+")
    asked = parser.parse_args(arguments or [])
    every = [n.split("/")[1] for n in registry.names("methods") if n.startswith("recommendation/")]
    purchases = shop(asked.customers, asked.products)
    rows = [_row(name, purchases) for name in asked.methods or every]
    keep("next_basket", f"Top {COUNT} for every customer", rows, notes=NOTES)


def _row(name: str, purchases: object) -> dict[str, object]:
    """Return the CPU seconds of one method."""
    began = time.process_time()
    model = registry.find("methods", f"recommendation/{name}")(seed=1).fit(purchases)
    fitted = time.process_time() - began
    step = max(1, CELLS // purchases.m)
    for start in range(0, purchases.n, step):
        part = purchases.of(purchases.customers[start : start + step])
        top(np.asarray(model.scores(part), dtype=np.float64), model.popularity_, COUNT)
    spent = time.process_time() - began
    row = {
        "method": name,
        "customers": f"{purchases.n:,}",
        "products": f"{purchases.m:,}",
        "fit CPU-s": round(fitted, 1),
        "lists CPU-s": round(spent - fitted, 1),
        "all CPU-s": round(spent, 1),
        "library CPU-s": "",
        "ratio": "",
        "memory MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    if name == "als":
        theirs = median(_library(purchases) for _ in range(1))
        row |= {"library CPU-s": round(theirs, 1), "ratio": round(spent / theirs, 2)}
    return row


def _library(purchases: object) -> float:
    """Return the CPU seconds of the bare library: fitting, and the lists of all customers."""
    from implicit.cpu.als import AlternatingLeastSquares

    weights = sparse.csr_matrix(purchases.counts)
    weights.data = 1 + 5.0 * weights.data
    began = time.process_time()
    settings = {"factors": 32, "regularization": 10.0, "iterations": 15, "use_cg": False, "num_threads": 1}
    model = AlternatingLeastSquares(**settings, dtype=np.float64, random_state=1)
    model.fit(weights, show_progress=False)
    model.recommend(np.arange(purchases.n), weights, N=COUNT, filter_already_liked_items=False)
    return time.process_time() - began
