"""The other side of `survival`: scikit-survival's measures on its own example data."""

from __future__ import annotations

import json
import warnings

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sksurv import datasets, metrics
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.util import Surv

DATA = {
    "veterans' lung cancer": datasets.load_veterans_lung_cancer,
    "WHAS 500": datasets.load_whas500,
    "GBSG 2": datasets.load_gbsg2,
}


def main() -> None:
    """Print, per data set and with ties and without, what was measured on what, as JSON."""
    print(json.dumps([measured(name, apart) for name in DATA for apart in (False, True)]))


def measured(name: str, apart: bool) -> dict[str, object]:
    """Return durations, events, risks, survival curves, times, and the peer's four measures of them.

    apart: every censoring is moved a quarter of the unit later, so that none shares its time with an end.
    """
    X, y = DATA[name]()
    event, duration = (y[field].astype(float) for field in y.dtype.names)
    duration = duration + 0.25 * (event == 0) * apart
    outcome = Surv.from_arrays(event > 0, duration)
    X = X.select_dtypes("number").to_numpy(dtype=float)
    model = make_pipeline(StandardScaler(), CoxPHSurvivalAnalysis(alpha=0.1)).fit(X, outcome)
    times = np.quantile(duration[event > 0], [0.1, 0.3, 0.5, 0.7, 0.9]) + 0.1
    curves = np.array([curve(times) for curve in model.predict_survival_function(X)])
    risk = model.predict(X)
    # the cumulative hazard at each time orders the rows as our measure does by survival
    auc, mean_auc = metrics.cumulative_dynamic_auc(outcome, outcome, 1 - curves, times)
    return {
        "data": name,
        "apart": apart,
        "duration": duration.tolist(),
        "event": event.tolist(),
        "risk": risk.tolist(),
        "curves": curves.tolist(),
        "times": times.tolist(),
        "concordance": [float(metrics.concordance_index_ipcw(outcome, outcome, risk)[0])],
        "brier": metrics.brier_score(outcome, outcome, curves, times)[1].tolist(),
        "integrated brier": [float(metrics.integrated_brier_score(outcome, outcome, curves, times))],
        "auc": auc.tolist(),
        "mean auc": [float(mean_auc)],
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
