"""The other side of `btyd`: the package lifetimes fits (x, t_x, T) of a file; run in its own environment."""

from __future__ import annotations

import json
import sys
import time
import warnings

import lifetimes
import numpy as np

FITTERS = {"BG/NBD": lifetimes.BetaGeoFitter, "Pareto/NBD": lifetimes.ParetoNBDFitter}


def main(path: str, model: str, repeats: str) -> None:
    """Print the CPU seconds of every repeat and the parameters, as JSON."""
    customers = np.load(path)
    seconds = []
    for _ in range(int(repeats)):
        fitter = FITTERS[model]()
        began = time.process_time()
        fitter.fit(customers["x"], customers["t_x"], customers["T"])
        seconds.append(time.process_time() - began)
    print(json.dumps({"seconds": seconds, "parameters": [float(v) for v in fitter.params_]}))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
