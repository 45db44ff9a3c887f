"""Mining of baskets: frequent itemsets beside mlxtend's, and null worlds, in CPU seconds and memory."""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from _environment import environment, said
from _results import keep

from crmlab.maths.mining import swaps
from crmlab.maths.mining.baskets import Baskets, baskets_of
from crmlab.maths.mining.itemsets import Itemsets, frequent
from crmlab.seeds import generator

PACKAGES = ("mlxtend==0.23.4",)
PRODUCTS, SUPPORT, LONGEST, ITEMS = 1_000, 0.002, 3, 9
WORLDS = 100
NOTES = {
    "baskets": f"{PRODUCTS:,} products that sell by Zipf's law, {ITEMS} lines a basket on average "
    "(1 + Poisson), 40 planted triples",
    "itemsets": f"up to {LONGEST} items, support {SUPPORT:.1%}; identical: the same sets and counts",
    "mlxtend": "apriori (low_memory; fpgrowth took 30 times as long) on a boolean table made before",
    "null worlds": f"curveball, {swaps.TRADES} trades a basket from the data each; no pairs are counted",
    "memory": "the most that the process had held by then (resident, MB), the baskets with it",
}


def main(arguments: list[str] | None = None) -> None:
    """Mine, shuffle and compare; keep the table."""
    asked = _options().parse_args(arguments or [])
    rows = [_mined(asked.baskets, asked), *(_mined(n, None) for n in asked.more), _shuffled(asked)]
    keep("mining", "Frequent itemsets beside mlxtend, and null worlds", rows, notes=NOTES)


def shop(n: int, *, seed: int = 1) -> Baskets:
    """Return n baskets."""
    rng = generator(seed, "shop", n)
    share = 1 / (np.arange(PRODUCTS) + 10.0) ** 0.9
    sizes = 1 + rng.poisson(ITEMS - 1, n)
    basket, item = (
        [np.repeat(np.arange(n), sizes)],
        [rng.choice(PRODUCTS, sizes.sum(), p=share / share.sum())],
    )
    for _ in range(40):
        bundle, holders = rng.choice(200, 3, replace=False), np.flatnonzero(rng.random(n) < 0.004)
        basket.append(np.repeat(holders, 3))
        item.append(np.tile(bundle, len(holders)))
    return baskets_of(np.concatenate(basket), np.concatenate(item), n=n, m=PRODUCTS)


def _mined(n: int, asked: argparse.Namespace | None) -> dict[str, object]:
    """Return one row: our seconds, and mlxtend's where asked."""
    made, seconds = shop(n), []
    for _ in range(3):
        began = time.process_time()
        found = frequent(made, support=SUPPORT, longest=LONGEST)
        seconds.append(time.process_time() - began)
    row = _row("itemsets", n, median(seconds), found=f"{len(found):,} sets")
    if asked is None or asked.alone:
        return row
    with tempfile.TemporaryDirectory() as folder:
        python = environment(Path(folder), "mlxtend", PACKAGES)
        if python is None:
            return row
        file = Path(folder) / "baskets.npz"
        np.savez(file, start=made.start, item=made.item, m=made.m)
        theirs = said(python, "_mlxtend.py", str(file), str(SUPPORT), str(LONGEST), *asked.peers)
    best = min(theirs, key=lambda name: theirs[name]["seconds"])
    return row | {
        "mlxtend s": round(theirs[best]["seconds"], 2),
        "its best": best,
        "ratio": round(theirs[best]["seconds"] / median(seconds)),
        "identical": all(one["sets"] == _listed(found) for one in theirs.values()),
    }


def _listed(found: Itemsets) -> list[list[object]]:
    """Return itemsets and counts as mlxtend's come."""
    levels = zip(found.sets, found.counts, strict=True)
    pairs = [(s, n) for sets, counts in levels for s, n in zip(sets.tolist(), counts.tolist(), strict=True)]
    return [list(pair) for pair in sorted(pairs)]


def _shuffled(asked: argparse.Namespace) -> dict[str, object]:
    """Return one row: the seconds of null worlds."""
    made = shop(asked.baskets)
    began = time.process_time()
    kept = all((world.counts == made.counts).all() for world in swaps.worlds(made, asked.worlds, seed=1))
    seconds = time.process_time() - began
    return _row(
        f"{asked.worlds} null worlds", asked.baskets, seconds, found="counts kept" if kept else "WRONG"
    )


def _row(what: str, n: int, seconds: float, *, found: str) -> dict[str, object]:
    """Return a row without a peer."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    row = {
        "what": what,
        "baskets": f"{n:,}",
        "ours s": round(seconds, 3),
        "memory MB": round(memory),
        "found": found,
    }
    return row | dict.fromkeys(("mlxtend s", "its best", "ratio", "identical"), "")


def _options() -> argparse.ArgumentParser:
    """Return what may be asked for."""
    options = argparse.ArgumentParser(prog="python benchmarks mining")
    options.add_argument("--baskets", type=int, default=100_000)
    options.add_argument("--more", type=int, nargs="*", default=[1_000_000])
    options.add_argument("--worlds", type=int, default=WORLDS)
    options.add_argument(
        "--peers", nargs="+", default=["apriori"], help="fpgrowth takes some 350 CPU seconds"
    )
    options.add_argument("--alone", action="store_true", help="without mlxtend")
    return options
