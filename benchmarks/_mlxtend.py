"""The other side of `mining`: mlxtend's frequent itemsets of the baskets in a file, in CPU seconds."""

from __future__ import annotations

import json
import resource
import sys
import time
from functools import partial

import numpy as np
import pandas as pd
from mlxtend.frequent_patterns import apriori, fpgrowth


def main(file: str, support: str, longest: str, *wanted: str) -> None:
    """Print seconds, peak memory and itemsets of the wanted miners as JSON."""
    data = np.load(file)
    table = np.zeros((len(data["start"]) - 1, int(data["m"])), dtype=bool)
    table[np.repeat(np.arange(len(table)), np.diff(data["start"])), data["item"]] = True
    frame, found = pd.DataFrame(table), {}
    # the plain apriori asks for a table of all pairs × baskets: 50 GB here
    miners = {"fpgrowth": fpgrowth, "apriori": partial(apriori, low_memory=True)}
    for name in wanted:
        mine = miners[name]
        began = time.process_time()
        sets = mine(frame, min_support=float(support), max_len=int(longest))
        seconds = time.process_time() - began
        counts = (sets["support"] * len(frame)).round().astype(int)
        pairs = sorted((sorted(map(int, s)), int(n)) for s, n in zip(sets["itemsets"], counts, strict=True))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        found[name] = {"seconds": seconds, "sets": pairs, "megabytes": memory}
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
