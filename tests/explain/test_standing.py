"""Standing: the share of silence that means gone, against simulation, and its edges."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crmlab.comparison.run import Run
from crmlab.explain import standing
from crmlab.methods.lifetime.pareto_nbd import ParetoNBD
from crmlab.vocabulary import FAILED, OK

PARAMETERS = {"r": 0.8, "alpha": 6.0, "s": 0.9, "beta": 15.0}


@pytest.fixture
def compared(monkeypatch):
    """Return a function from the way that the Pareto/NBD's run ended to a comparison with it."""
    model = ParetoNBD()
    model.parameters_ = dict(PARAMETERS)
    monkeypatch.setattr(standing, "load_model", lambda key: model)

    def made(status=OK, horizon=84):
        run = Run(standing.MODEL, "Pareto/NBD", None, {}, "key", status)
        return SimpleNamespace(problem=SimpleNamespace(facts={"horizon_days": horizon}), runs=[run])

    return made


def test_of_the_living_as_many_drop_out_in_silence_as_in_simulation(compared):
    """Who bought three times in 40 weeks, last in week 30, and is alive: drawn from the model's own story."""
    rng, n, T, ahead = np.random.default_rng(1), 1_500_000, 40.0, 12.0
    rate = rng.gamma(PARAMETERS["r"], 1 / PARAMETERS["alpha"], n)
    leaves = rng.exponential(1 / rng.gamma(PARAMETERS["s"], 1 / PARAMETERS["beta"], n))
    # given that they are alive at T, the purchases' number alone tells of the rate
    kept = (rng.poisson(rate * T) == 3) & (leaves > T)
    rate, leaves = rate[kept], leaves[kept]
    bought = rng.poisson(rate * np.minimum(leaves - T, ahead))
    silent, gone = bought == 0, leaves < T + ahead
    rows = pd.DataFrame({"frequency": [3.0], "recency_days": [210.0], "T_days": [280.0]})
    model = standing.load_model("")
    everybody = model.p_zero(rows, 84)
    found = standing.standing_of(compared(), rows, everybody)
    error = np.sqrt(0.25 / kept.sum())
    assert kept.sum() > 10_000
    assert found.p_drops_out[0] == pytest.approx((silent & gone).mean(), abs=4 * error)
    of_living = standing.of_the_living(everybody, found.p_alive)[0]
    assert of_living == pytest.approx(silent.mean(), abs=4 * error)


def test_who_is_surely_not_silent_does_not_drop_out(compared):
    rows = pd.DataFrame({"frequency": [3.0, 0.0], "recency_days": [210.0, 0.0], "T_days": [280.0, 500.0]})
    found = standing.standing_of(compared(), rows, np.array([0.0, 1.0]))
    assert found.p_drops_out[0] == 0
    assert 0 < found.p_drops_out[1] <= 1
    assert found.is_there.tolist() == [True, False]


def test_an_unknown_first_purchase_is_no_sign_of_life(compared):
    rows = pd.DataFrame(
        {"frequency": [3.0], "recency_days": [279.0], "T_days": [280.0], "left_censored": [True]}
    )
    found = standing.standing_of(compared(), rows, np.array([0.1]))
    assert np.isnan(found.p_alive[0])
    assert not found.is_there[0]


def test_without_a_model_a_horizon_or_a_history_nobody_knows(compared):
    rows = pd.DataFrame({"frequency": [3.0], "recency_days": [279.0], "T_days": [280.0]})
    silent = np.array([0.1])
    assert standing.standing_of(compared(status=FAILED), rows, silent) is None
    assert standing.standing_of(compared(horizon=None), rows, silent) is None
    assert standing.standing_of(compared(), rows[["frequency"]], silent) is None


def test_the_silence_of_the_living_by_hand():
    # of ten, four are gone and silent; of the six living three are silent: 7 / 10 and 3 / 6
    assert standing.of_the_living(np.array([0.7, 0.3, 1.0]), np.array([0.6, 0.6, 0.0])).tolist() == [
        pytest.approx(0.5),
        0.0,
        0.0,
    ]
