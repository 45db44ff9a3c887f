"""The other side of `btyd`: the package lifetimes fits (x, t_x, T) of a file; run in its own environment."""

from __future__ import annotations

import json
import sys
import warnings

import lifetimes
import numpy as np
from _in_a_row import in_a_row

FITTERS = {"BG/NBD": lifetimes.BetaGeoFitter, "Pareto/NBD": lifetimes.ParetoNBDFitter}


def main(path: str, model: str, at_least: str) -> None:
    """Print the CPU seconds of fits in a row and the parameters, as JSON."""
    customers = np.load(path)
    past = customers["x"], customers["t_x"], customers["T"]
    seconds = in_a_row(lambda: FITTERS[model]().fit(*past), float(at_least))
    fitted = FITTERS[model]().fit(*past)
    print(json.dumps({"seconds": seconds, "parameters": [float(v) for v in fitted.params_]}))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
