"""Estimates: which parameters are told, of whom, with which error and in which unit."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from crmlab.errors import NotApplicable
from crmlab.findings.trust import fitted_parameters

PARETO = {
    "parameters": {"r": 0.5, "alpha": 10.0, "s": 0.6, "beta": 12.0},
    "standard_errors": {"r": 0.05, "alpha": 1.0, "s": None, "beta": 4.0},
    "days_per_unit": 7.0,
}
REGULAR = {
    "parameters": {"r": 1.0, "alpha": 2.0, "a": 0.5, "b": 0.5, "k": 2},
    "standard_errors": {"r": 0.1, "alpha": 0.2, "a": 0.1, "b": 0.1},
    "days_per_unit": 7.0,
}
DAILY = {
    "parameters": {"alpha": 1.0, "beta": 2.0, "gamma": 3.0, "delta": 4.0},
    "standard_errors": {"alpha": 0.1, "beta": 0.1, "gamma": 0.1, "delta": 0.1},
    "days_per_unit": 1.0,
}
EXPLAINED = {
    "parameters": {
        "r": 0.5,
        "alpha": 10.0,
        "purchase: source=ads": -0.4,
        "dropout: age_years": 0.1,
        "dropout: age_years=(missing)": 0.2,
    },
    "standard_errors": {
        "r": 0.05,
        "alpha": 1.0,
        "purchase: source=ads": 0.1,
        "dropout: age_years": 0.1,
        "dropout: age_years=(missing)": 0.2,
    },
    "days_per_unit": 7.0,
    "covariates": {
        "columns": {
            "source": {"reference": "search"},
            "age_years": {"mean": 40.0, "standard_deviation": 12.5},
        },
        "left_out": [],
    },
}
SPENDING = {"parameters": {"p": 6.0, "q": 4.0, "gamma": 15.0}, "standard_errors": dict.fromkeys("pq", 1.0)}
SPENDING["standard_errors"]["gamma"] = 2.0
CURVE = {"alpha": 1.0, "beta": 2.0, "alpha_standard_error": 0.5, "beta_standard_error": None}
CURVE |= {"log_likelihood": -9.0}


def ran(method, told=None, *, status="ok", **parameters):
    """Return a run whose fits tell `told` in the last window, and nothing of worth in the one before."""
    details = {} if told is None else {0: {"parameters": {}, "standard_errors": {}}, 2: told}
    kind, label = method.split("/")
    return SimpleNamespace(
        method=method, kind=kind, label=label, status=status, details=details, parameters=parameters
    )


def compared(*runs, level=0.95):
    """Return a comparison of runs, in the order of the board; fold 2 is the last window's first fit."""
    by_method = {r.method: r for r in runs}
    last = SimpleNamespace(number=2, cutoff="2024-04-01")
    return SimpleNamespace(
        problem=SimpleNamespace(last_fold=lambda: last),
        level=level,
        order=lambda: list(by_method),
        run_of=by_method.get,
    )


def test_every_parameter_of_the_last_window_is_told_best_method_first():
    runs = [ran("lifetime/pareto_nbd", PARETO), ran("lifetime/cnbd", REGULAR), ran("classification/logit")]
    found = fitted_parameters.find(compared(*runs))
    assert found.table["method"].tolist() == ["lifetime/pareto_nbd"] * 4 + ["lifetime/cnbd"] * 5
    assert found.table["parameter"].tolist() == ["r", "alpha", "s", "beta", "r", "alpha", "a", "b", "k"]
    assert found.sentences[0] == (
        "9 parameters of 2 methods, as fitted for the last window (cutoff 2024-04-01)."
    )


def test_an_interval_is_of_the_logarithm_or_of_the_coefficient():
    found = fitted_parameters.find(compared(ran("lifetime_covariates/pareto", EXPLAINED, ridge=1.0)))
    rows = found.table.set_index("parameter")
    # .5 over and times exp(1.959964 * .05 / .5) = 1.216522
    assert rows.loc["r", ["lower", "upper"]].tolist() == pytest.approx([0.411008, 0.608261], abs=1e-6)
    assert rows.loc["purchase: source=ads", ["lower", "upper"]].tolist() == pytest.approx(
        [-0.595996, -0.204004], abs=1e-6
    )
    wide = fitted_parameters.find(compared(ran("lifetime/pareto_nbd", PARETO), level=0.5)).table
    # the normal quantile of .75 is .67449
    assert wide["upper"].iloc[0] == pytest.approx(0.5 * np.exp(0.067449))


def test_an_error_without_bound_is_an_interval_without_end():
    flat = PARETO | {"standard_errors": PARETO["standard_errors"] | {"beta": 1e6}}
    row = fitted_parameters.find(compared(ran("lifetime/pareto_nbd", flat))).table.iloc[-1]
    assert (row["lower"], row["upper"]) == (0.0, np.inf)


def test_scales_have_a_unit_and_shapes_have_none():
    runs = [
        ran("lifetime/pareto_nbd", PARETO),
        ran("lifetime/bg_bb", DAILY),
        ran("lifetime_value/spend", SPENDING),
        ran("survival/curve", CURVE),
    ]
    rows = fitted_parameters.find(compared(*runs)).table.set_index(["label", "parameter"])["unit"]
    assert rows["pareto_nbd"].to_dict() == {"r": "", "alpha": "weeks", "s": "", "beta": "weeks"}
    assert set(rows["bg_bb"]) == {""}
    assert rows["spend"].to_dict() == {"p": "", "q": "", "gamma": "currency"}
    assert set(rows["curve"]) == {""}
    daily = PARETO | {"days_per_unit": 1.0}
    assert fitted_parameters.find(compared(ran("lifetime/pareto_nbd", daily))).table["unit"].iloc[1] == "days"


def test_a_coefficient_says_what_it_compares():
    found = fitted_parameters.find(compared(ran("lifetime_covariates/pareto", EXPLAINED, ridge=1.0)))
    assert found.table["unit"].tolist()[2:] == [
        "log of a factor, against search",
        "log of a factor, per standard deviation (12.5)",
        "log of a factor, against the mean",
    ]
    by_chance, penalty = found.sentences[-2:]
    assert by_chance.startswith("Of 3 coefficients 1 have an interval without 0;")
    assert "about 0 would" in by_chance
    assert "ridge 1" in penalty


def test_without_a_penalty_none_is_told():
    found = fitted_parameters.find(compared(ran("lifetime_covariates/pareto", EXPLAINED, ridge=0.0)))
    assert not any("penalty" in sentence for sentence in found.sentences)


def test_a_parameter_without_an_error_says_why():
    found = fitted_parameters.find(
        compared(ran("lifetime/pareto_nbd", PARETO), ran("lifetime/cnbd", REGULAR))
    )
    rows = found.table.set_index(["label", "parameter"])
    without = rows[rows["standard_error"].isna()]
    assert without["state"].to_dict() == {
        ("pareto_nbd", "s"): fitted_parameters.UNKNOWN,
        ("cnbd", "k"): fitted_parameters.CHOSEN,
    }
    assert without[["lower", "upper"]].isna().all(axis=None)
    assert found.sentences[2:] == (
        "Chosen among a few values and not estimated: k of cnbd.",
        "Without a known error, as the likelihood is flat or the maximum at a bound: s of pareto_nbd.",
    )


def test_a_curve_keeps_its_errors_beside_its_parameters():
    found = fitted_parameters.find(compared(ran("survival/curve", CURVE), ran("survival/cox")))
    assert found.table["parameter"].tolist() == ["alpha", "beta"]
    assert found.table["state"].tolist() == ["", fitted_parameters.UNKNOWN]
    assert "monthly renewals" in found.sentences[-1]


def test_a_failed_fit_has_no_numbers_and_is_named():
    # even a run that kept something of a fit before it failed
    runs = [
        ran("lifetime/pareto_nbd", PARETO),
        ran("lifetime/bg_nbd", REGULAR, status="failed"),
        ran("lifetime_covariates/bg", status="not_applicable"),
        ran("lifetime/nbd", status="not_applicable"),
        ran("classification/logit", status="timed_out"),
    ]
    found = fitted_parameters.find(compared(*runs))
    assert set(found.table["label"]) == {"pareto_nbd"}
    assert "No fit, so no estimates: bg_nbd (failed); bg, nbd (not applicable)." in found.sentences


def test_the_table_for_readers():
    shown = fitted_parameters.find(compared(ran("lifetime/cnbd", REGULAR), level=0.9)).head()
    assert list(shown) == ["Parameter", "Unit", "Estimate", "Standard error", "90% interval"]
    assert shown.index.name == "Method"
    assert shown.iloc[1].tolist() == ["alpha", "weeks", "2", "0.2", "1.697 to 2.358"]
    assert shown.iloc[-1].tolist() == ["k", "", "2", "chosen", ""]


def test_without_fits_it_does_not_apply():
    with pytest.raises(NotApplicable, match=r"no method kept the parameters of a fit$"):
        fitted_parameters.find(compared(ran("classification/logit")))
    with pytest.raises(NotApplicable, match=r"of a fit: nbd \(not applicable\)"):
        fitted_parameters.find(
            compared(ran("classification/logit"), ran("lifetime/nbd", status="not_applicable"))
        )
