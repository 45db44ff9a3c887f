"""Models as files: the same answers again, and no file that was changed or holds a stranger's code."""

from __future__ import annotations

import fractions
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from crmlab import registry
from crmlab.errors import DataError
from crmlab.maths import btyd
from crmlab.serving import model_file
from crmlab.vocabulary import CATEGORICAL, NUMERIC

ROLES = {"days_since_last": NUMERIC, "visits": NUMERIC, "channel": CATEGORICAL}


@pytest.fixture(scope="module")
def logged(make, tmp_path_factory):
    """A fitted model, the rows it was fitted on, and its two files."""
    folder = tmp_path_factory.mktemp("model")
    problem = make.rolling()
    rows = problem.rows[list(ROLES)]
    model = registry.find("methods", "classification/logit")(C=1.0, seed=1)
    model.fit(rows, problem.solution["outcome"].to_numpy())
    facts = {"kind": "classification", "horizon_days": 90, "roles": ROLES, "columns": list(ROLES)}
    facts["sha256"] = model_file.dump(model, folder / "model.skops")
    (folder / "facts.json").write_text(json.dumps(facts))
    return model, rows, folder


def test_a_loaded_model_gives_the_same_answers(logged):
    model, rows, folder = logged
    loaded, facts = model_file.load(folder / "model.skops", folder / "facts.json")
    answers = model_file.answer(loaded, rows.assign(further=1)[["further", *reversed(list(rows))]], facts)
    np.testing.assert_array_equal(answers["score"], model.predict_proba(rows)[:, 1])


def test_a_changed_file_is_refused(logged, tmp_path):
    _, _, folder = logged
    changed = tmp_path / "model.skops"
    changed.write_bytes((folder / "model.skops").read_bytes() + b"\0")
    with pytest.raises(DataError, match=r"model.skops is not the file that was logged"):
        model_file.load(changed, folder / "facts.json")


def test_a_foreign_type_is_refused_when_written_and_when_read(logged, tmp_path):
    import skops.io

    _, _, folder = logged
    path = tmp_path / "model.skops"
    # a function of a module that nobody vouched for
    model = make_pipeline(FunctionTransformer(fractions.Fraction), LogisticRegression())
    with pytest.raises(
        DataError, match=r"model.skops holds the type fractions.Fraction, which crmlab does not"
    ):
        model_file.dump(model, path)
    skops.io.dump(model, path)
    facts = json.loads((folder / "facts.json").read_text()) | {"sha256": model_file.sha256(path)}
    (tmp_path / "facts.json").write_text(json.dumps(facts))
    with pytest.raises(DataError, match=r"fractions\.Fraction"):
        model_file.load(path, tmp_path / "facts.json")


def test_made_up_rows_have_the_shape_of_rows_and_hold_no_customer():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {
            "spend": np.r_[rng.gamma(2, 30, 99), np.nan],
            "empty": np.full(100, np.nan),
            "channel": pd.Series(rng.choice(["web", "shop"], 100), dtype="str"),
            "blank": pd.Series([None] * 100, dtype="str"),
        }
    )
    made = model_file.synthetic_rows(rows, {"channel": CATEGORICAL, "blank": CATEGORICAL})
    assert list(made) == list(rows)
    assert len(made) == 5
    assert made["spend"].is_monotonic_increasing
    assert not made["spend"].isin(rows["spend"]).any()
    assert set(made["channel"]) == {"web", "shop"}
    assert made["empty"].tolist() == [0.0] * 5
    assert set(made["blank"]) == {"unknown"}


@pytest.mark.parametrize("kept", [["recency_days"], ["days_since_last"], ["recency_days", "days_since_last"]])
def test_made_up_customers_have_possible_histories(kept):
    rng = np.random.default_rng(3)
    days = rng.integers(30, 400, 500).astype(float)
    bought = rng.poisson(0.7, 500).astype(float)
    last = np.where(bought > 0, np.ceil(days * rng.random(500)), 0.0)
    rows = pd.DataFrame(
        {"frequency": bought, "T_days": days, "recency_days": last, "days_since_last": days - last}
    )[["frequency", "T_days", *kept]]
    made = model_file.synthetic_rows(rows, {})
    recency = made["recency_days"] if "recency_days" in made else made["T_days"] - made["days_since_last"]
    btyd.check(made["frequency"], recency, made["T_days"])
    assert made["frequency"].nunique() > 1
