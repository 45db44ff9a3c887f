"""The shopping assistant: milliseconds for one customer, one basket and one product, after loading."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _results import keep
from _shop_baskets import shop

from crmlab import registry
from crmlab.explain import saved_assistant
from crmlab.explain.shop_assistant import ShopAssistant
from crmlab.maths.next_basket.completion import together
from crmlab.seeds import generator

METHODS = ("personal_frequency", "ease", "repeat_aware", "als", "lightgbm_ranker", "up_cf", "tifu_knn")
ASKED = 100
NOTES = {
    "shop": "customers, products and baskets as in the next-basket benchmark; descriptions of three words",
    "loaded": "saved and loaded again; CPU seconds from the file to the first answer",
    "milliseconds": "CPU of one thread per request for a list of ten with reasons, over the number asked",
    "asked": "different customers, baskets of three products, products",
}


def main(arguments: list[str] | None = None) -> None:
    """Ask and keep the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--products", type=int, default=5_000)
    parser.add_argument("--methods", nargs="+", default=METHODS)
    asked = parser.parse_args(arguments or [])
    purchases = shop(asked.customers, asked.products)
    goes = together(purchases)
    rows = [_row(name, purchases, goes) for name in asked.methods]
    keep("assistant", "The shopping assistant, one request at a time", rows, notes=NOTES)


def _row(name: str, purchases: object, goes: object) -> dict[str, object]:
    """Return how long one assistant takes to load and to answer."""
    rng, words = generator(1, "asked"), [f"w{chr(97 + i)}{chr(97 + j)}" for i in range(20) for j in range(20)]
    described = [" ".join(rng.choice(words, 3)) for _ in range(purchases.m)]
    products = pd.DataFrame({"item": purchases.items.astype(object), "description": described})
    products = products.assign(category=[f"c{i % 40}" for i in range(purchases.m)], price=5.0)
    began = time.process_time()
    model = registry.find("methods", f"recommendation/{name}")(seed=1).fit(purchases)
    fitted = time.process_time() - began
    made = ShopAssistant(
        shop="benchmark",
        label=name,
        model=model,
        purchases=purchases,
        together=goes,
        products=products,
        now=pd.Timestamp("2024-12-31"),
    )
    with tempfile.TemporaryDirectory() as folder:
        saved = saved_assistant.save(made, Path(folder) / "assistant")
        megabytes = sum(f.stat().st_size for f in saved.iterdir()) / 1e6
        began = time.process_time()
        loaded = saved_assistant.load(saved)
        loaded.recommend(purchases.customers[0])
        loading = time.process_time() - began
    customers = rng.choice(purchases.customers, ASKED, replace=False)
    items = rng.choice(purchases.items, (ASKED, 3))
    known = [item for item in items[:, 0] if len(goes.of(int(np.searchsorted(purchases.items, item)))[0])]
    row = {
        "method": name,
        "fit CPU-s": round(fitted, 1),
        "MB": round(megabytes),
        "loaded CPU-s": round(loading, 1),
    }
    for what, of, subjects in (
        ("customer", loaded.recommend, customers),
        ("basket", lambda basket: loaded.complete(list(basket)), items),
        ("goes with", loaded.goes_with, known),
        ("who for", loaded.who_for, items[:, 0]),
    ):
        row |= _milliseconds(what, of, subjects)
    return row


def _milliseconds(what: str, of: object, subjects: object) -> dict[str, object]:
    """Return the median and the 95th percentile of milliseconds for one kind of request."""
    of(subjects[0])  # what is made at the first request
    spent = []
    for subject in subjects:
        began = time.process_time()
        of(subject)
        spent.append(1000 * (time.process_time() - began))
    median, high = np.quantile(spent, [0.5, 0.95])
    return {
        f"{what} ms, p50": round(float(median), 1),
        "p95 of " + f"{what} (n = {len(spent)})": round(float(high), 1),
    }
