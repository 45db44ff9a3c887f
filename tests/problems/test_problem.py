"""Problems posed on a small shop of our own: frames, facts, keys, refusals, and what methods see."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from crmlab import registry, store
from crmlab.data.tables import write_tables
from crmlab.declare.dataset import Dataset
from crmlab.errors import DataError, UsageError
from crmlab.problems import default_windows, files, keys, pose, problem
from crmlab.seeds import generator

FEATURES = ["purchases", "rhythm", "basket", "returns", "channels", "service", "profile"]
START = pd.Timestamp("2024-01-01")
SPEC = {
    "dataset": "corner_shop",
    "protocol": "rolling",
    "horizon_days": 60,
    "gap_days": 0,
    "train_cutoffs": ["2024-03-01", "2024-04-01", "2024-05-01"],
    "test_cutoffs": ["2024-06-01", "2024-07-01"],
}


def corner_shop() -> dict[str, pd.DataFrame]:
    """Return 400 customers who buy at their own rates, each from a first day on, over 270 days."""
    rng = generator(1, "corner_shop")
    rates, first = rng.gamma(0.8, 0.03, 400) + 0.002, rng.integers(0, 240, 400)
    days = [np.r_[f, f + np.flatnonzero(rng.random(270 - f) < r)] for r, f in zip(rates, first, strict=True)]
    who = np.repeat([f"c{i:03d}" for i in range(400)], [len(d) for d in days])
    n = len(who)
    ids = [f"o{i:05d}" for i in range(n)]
    lines = pd.DataFrame(
        {
            "line_id": ids,
            "order_id": ids,
            "customer": who,
            "timestamp": (START + pd.to_timedelta(np.concatenate(days), unit="D")).astype("datetime64[us]"),
            "product": pd.array(rng.choice(["p1", "p2", "p3"], n), dtype="str"),
            "quantity": rng.integers(1, 4, n),
            "unit_price": 5.0,
        }
    )
    customers = pd.DataFrame(
        {"customer": [f"c{i:03d}" for i in range(400)], "published_sample": np.arange(400) % 2 == 0}
    )
    return {"transactions": lines.assign(amount=lines["quantity"] * 5.0), "customers": customers}


def labelled() -> dict[str, pd.DataFrame]:
    rng = generator(1, "labelled")
    outcome = rng.integers(0, 2, 100)
    return {
        "labelled": pd.DataFrame(
            {
                "row_id": [f"{i:03d}" for i in range(100)],
                "outcome": outcome,
                "period": np.arange(100),
                "wait": rng.random(100),
                "duration": outcome * 1.0,
                "city": pd.array(np.where(rng.random(100) < 0.1, None, "Oslo"), dtype="str"),
                "phone": [f"+47 {i}" for i in range(100)],
                "fax": pd.array([None] * 100, dtype="str"),
                "open": rng.random(100) < 0.5,
            }
        )
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Make a project with two small data sets."""
    here, back = tmp_path_factory.mktemp("project"), Path.cwd()
    (here / "params.yaml").write_text("seed: 1\n")
    os.chdir(here)
    about = {"label": "Corner shop", "cite": "none", "licence": "CC0", "homepage": "none"}
    write_tables("corner_shop", Dataset(**about), corner_shop())
    barred = {"duration": "known too late"}
    write_tables("calls", Dataset(**about, barred=barred), labelled())
    os.chdir(back)
    return here


@pytest.fixture
def in_project(folder, monkeypatch) -> Path:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return folder


ONE_ORIGIN = {"train_cutoffs": [], "test_cutoffs": ["2024-07-01"]}


def posed(task: str = "churn", **changes) -> problem.Problem:
    return pose.pose(task, "corner_shop", {**SPEC, **changes} | {"features": FEATURES}, seed=1)


@pytest.fixture(scope="module")
def churn(folder) -> problem.Problem:
    back = Path.cwd()
    os.chdir(folder)
    try:
        return posed()
    finally:
        os.chdir(back)


# --- frames and facts ---------------------------------------------------------------------------
def test_rows_are_ordered_and_numbered(churn):
    assert churn.rows["row_id"].tolist() == list(range(len(churn.rows)))
    assert churn.solution["row_id"].equals(churn.rows["row_id"])
    order = churn.rows[["origin", "customer"]]
    assert order.equals(order.sort_values(["origin", "customer"], ignore_index=True))
    assert not order.duplicated().any()


def test_outcome_value_and_purchases_are_what_happened_in_the_window(churn):
    lines = corner_shop()["transactions"]
    day = lines["timestamp"].dt.normalize()
    for origin in pd.to_datetime(SPEC["train_cutoffs"] + SPEC["test_cutoffs"]):
        mine = churn.rows["origin"] == origin
        found = churn.solution[mine].set_index(churn.rows.loc[mine, "customer"])
        before = lines[lines["timestamp"] < origin]
        assert set(found.index) == set(before["customer"])
        window = lines[(lines["timestamp"] >= origin) & (day < origin + pd.Timedelta(days=60))]
        window = window[window["customer"].isin(found.index)]
        spent = window.groupby("customer")["amount"].sum().reindex(found.index, fill_value=0)
        bought = window.groupby("customer")["timestamp"].nunique().reindex(found.index, fill_value=0)
        np.testing.assert_array_equal(found["value"], spent)
        np.testing.assert_array_equal(found["purchases"], bought)
        np.testing.assert_array_equal(found["outcome"], (bought == 0).astype(int))


def test_facts_count_who_is_not_there_yet(churn):
    first = corner_shop()["transactions"].groupby("customer")["timestamp"].min()
    for origin in churn.facts["origins"]:
        assert origin["first_seen_after_cutoff"] == (first >= origin["cutoff"]).sum()
        assert origin["n_rows"] + origin["first_seen_after_cutoff"] == 400


def test_facts_say_how_the_problem_was_posed(churn):
    facts = churn.facts
    assert facts["label"] == "no purchase in the label window"
    assert facts["families_skipped"] == ["service"]
    assert facts["base_rate"] == churn.solution["outcome"].mean()
    assert [w["train_cutoffs"] for w in facts["windows"]] == [
        ["2024-03-01", "2024-04-01"],
        ["2024-03-01", "2024-04-01", "2024-05-01"],
    ]
    assert facts["roles"]["frequency"] == "numeric"
    assert "published_sample" not in facts["roles"]


def test_left_censored_rows_are_marked_by_their_first_purchase(in_project):
    found = posed(**ONE_ORIGIN, left_censored_before="2024-02-01")
    first = corner_shop()["transactions"].groupby("customer")["timestamp"].min()
    expected = found.rows["customer"].map(first) < pd.Timestamp("2024-02-01")
    assert found.rows["left_censored"].tolist() == expected.tolist()
    assert found.facts["left_censored_rows"] == expected.sum() > 0
    assert found.facts["roles"]["left_censored"] == "carried"


def test_population_keeps_the_customers_it_names(in_project):
    found = posed(**ONE_ORIGIN, population={"published_sample": True})
    assert (found.rows["customer"].str[1:].astype(int) % 2 == 0).all()


def test_segmentation_offers_few_columns_and_carries_the_rest(in_project):
    roles = posed("segmentation", **ONE_ORIGIN).facts["roles"]
    assert [c for c, role in roles.items() if role == "numeric"] == [
        *("frequency", "total_spend", "T_days", "days_since_last", "monetary_value"),
        *("gap_mean_days", "products", "basket_units"),
    ]
    assert roles["recency_days"] == "carried"


def test_a_labelled_table_keeps_barred_and_empty_columns_out(in_project):
    spec = {"dataset": "calls", "protocol": "chronological", "train_share": 0.8}
    found = pose.pose("acquisition", "calls", spec | {"features": FEATURES}, seed=1)
    assert found.facts["roles"] == {
        "period": "carried",
        "wait": "numeric",
        "city": "categorical",
        "phone": "carried",  # another value in every row: an id
        "open": "numeric",
    }
    assert found.facts["barred"] == {"duration": "known too late"}
    assert found.facts["empty_columns"] == ["fax"]
    assert found.facts["windows"][0]["n_train"] == 80
    files.save(found)
    assert files.load("acquisition", "calls").rows.equals(found.rows)


# --- what methods see ---------------------------------------------------------------------------
def test_a_fold_holds_nothing_of_the_test_rows_solution(churn):
    for number in churn.fold_numbers():
        fold = churn.fold(number)
        test = fold.test_row_ids
        secret = churn.solution.copy()
        secret.loc[test, ["outcome", "value", "purchases"]] = -1
        hidden = problem.Problem("churn", "x", {}, churn.rows, churn.folds, secret, churn.facts).fold(number)
        assert hidden.train_rows.equals(fold.train_rows)
        assert hidden.test_rows.equals(fold.test_rows)
        pd.testing.assert_frame_equal(hidden.train_outcomes, fold.train_outcomes)
        assert not {"truth", "effect"} & {*fold.train_outcomes}
        assert not {"outcome", "value", "purchases", "truth"} & {*fold.train_rows, *fold.test_rows}
        assert not np.isin(test, fold.train_rows["row_id"]).any()
        assert len(fold.train_rows) == len(fold.train_outcomes)


def test_an_unknown_fold(churn):
    with pytest.raises(UsageError, match="has no fold 9: it has 2"):
        churn.fold(9)


def test_permuted_labels_give_chance_and_true_ones_do_not(churn):
    fold = churn.fold(churn.fold_numbers()[-1])
    columns = ["frequency", "recency_days", "T_days", "days_since_last", "total_spend"]
    scaler = StandardScaler().fit(fold.train_rows[columns])
    test, train = (scaler.transform(rows[columns]) for rows in (fold.test_rows, fold.train_rows))
    truth = churn.solution["outcome"].to_numpy()[fold.test_row_ids]
    rng = generator(1, "permuted")

    def auc(labels: np.ndarray) -> float:
        return roc_auc_score(truth, LogisticRegression().fit(train, labels).predict_proba(test)[:, 1])

    # permuted labels point in a random direction: over many, below and above .5 must balance
    known = fold.train_outcomes["outcome"].to_numpy()
    permuted = [auc(rng.permutation(known)) for _ in range(40)]
    standard_error = np.std(permuted, ddof=1) / np.sqrt(len(permuted))
    assert abs(np.mean(permuted) - 0.5) < 4 * standard_error
    assert auc(known) > 0.65


# --- keeping ------------------------------------------------------------------------------------
def test_a_saved_problem_comes_back_whole(in_project, churn):
    files.save(churn)
    again = files.load("churn", "corner_shop")
    for frame in problem.FRAMES:
        pd.testing.assert_frame_equal(getattr(again, frame), getattr(churn, frame))
    assert again.facts["digest"] == churn.facts["digest"]
    assert posed().facts["digest"] == churn.facts["digest"]


def test_a_table_that_is_not_the_one_of_its_fingerprint_is_noticed(in_project):
    file = store.tables_folder("corner_shop") / "transactions.parquet"
    whole = file.read_bytes()
    table = store.read_table(file, made_by="")
    try:
        store.write_frame(file, table.slice(1))
        with pytest.raises(
            DataError, match=r"transactions\.parquet has the digest.*run `crmlab tables corner_shop`"
        ):
            posed()
    finally:
        file.write_bytes(whole)


def test_a_damaged_file_is_noticed(in_project, churn):
    files.save(churn)
    path = store.problem_folder("churn", "corner_shop") / "solution.parquet"
    store.write_frame(path, churn.solution.assign(outcome=1 - churn.solution["outcome"]))
    with pytest.raises(DataError, match="changed or damaged; run `crmlab problem churn corner_shop`"):
        files.load("churn", "corner_shop")
    files.save(churn)
    assert files.load("churn", "corner_shop").rows.equals(churn.rows)


def test_a_missing_problem_says_how_to_make_it(in_project):
    with pytest.raises(DataError, match="run `crmlab problem churn nowhere` first"):
        files.load("churn", "nowhere")


def test_the_key_needs_no_data_and_changes_with_what_makes_the_problem(
    in_project, churn, tmp_path, monkeypatch
):
    fingerprint = json.loads(store.fingerprint_file("corner_shop").read_text())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("seed: 1\n")
    store.write_json(store.fingerprint_file("corner_shop"), fingerprint)

    def key(spec=SPEC, features=FEATURES, seed=1) -> str:
        return keys.problem_key("churn", "corner_shop", spec | {"features": features}, seed=seed)

    assert key() == churn.facts["problem_key"]
    assert key(SPEC | {"overrides": {"logit": {"C": 2.0}}}) == key()
    assert key(seed=2) == key()  # nothing is drawn by it
    others = [key(SPEC | {"horizon_days": 61}), key(features=FEATURES[:-1])]
    fingerprint["tables"]["transactions"]["digest"] = "edited"
    store.write_json(store.fingerprint_file("corner_shop"), fingerprint)
    assert len({key(), churn.facts["problem_key"], *others}) == 4


# --- refusals -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"protocol": "rollin"}, "no protocol 'rollin'.*'rolling'"),
        ({"protocol": "cross_validation", "folds": 5}, "'cross_validation' needs a labelled table"),
        ({"test_cutoffs": []}, "test_cutoffs is empty"),
        ({"test_cutoffs": ["soon"]}, "'soon' is not a date"),
        ({"test_cutoffs": ["2024-09-01"]}, "cutoff 2024-09-01 ends on 2024-10-30, and the data end on"),
        (
            {"train_cutoffs": [], "test_cutoffs": ["2023-12-01"]},
            "no customer in the population at the test cutoff 2023-12-01",
        ),
        ({"horizon_days": 0}, "horizon_days = 0"),
        ({"population": {"publishd_sample": True}}, "no column 'publishd_sample'.*'published_sample'"),
        ({"dataset": "corner_shp"}, "corner_shp"),
    ],
)
def test_a_spec_that_does_not_fit(in_project, changes, message):
    with pytest.raises(UsageError, match=message):
        posed(**changes)


def test_a_task_without_its_table(in_project):
    with pytest.raises(UsageError, match="Acquisition on corner_shop needs the table 'sessions'"):
        posed("acquisition")


def test_segmentation_wants_events(in_project):
    with pytest.raises(UsageError, match="segmentation needs events"):
        pose.pose(
            "segmentation",
            "calls",
            {"dataset": "calls", "protocol": "cross_validation", "folds": 5},
            seed=1,
        )


# --- data sets without a spec -------------------------------------------------------------------
def test_auto_spec_fits_the_span(in_project):
    spec = default_windows.auto_spec("corner_shop", "churn")
    last = corner_shop()["transactions"]["timestamp"].max()
    days = (last - corner_shop()["transactions"]["timestamp"].min()).days + 1
    # its customers come back so often that four weeks, the least, hold three of four gaps
    assert days == 270
    assert spec["horizon_days"] == 28
    test = pd.Timestamp(spec["test_cutoffs"][0])
    assert test + pd.Timedelta(days=spec["horizon_days"]) == last + pd.Timedelta(days=1)
    # 242 days lie before the test cutoff: seven origins, each with four weeks of history at least
    assert len(spec["train_cutoffs"]) == 7
    made = pose.pose("churn", "mine", spec | {"features": ["purchases"]}, seed=1)
    assert made.facts["windows"][0]["n_train"] > 0
    assert default_windows.auto_spec("corner_shop", "segmentation")["train_cutoffs"] == []
    assert default_windows.auto_spec("calls", "churn")["protocol"] == "chronological"


# --- published numbers --------------------------------------------------------------------------
def mirror() -> Path:
    # a mirror, or else what `crmlab fetch cdnow` has put here
    folder = Path(__file__).resolve().parents[2] / (os.environ.get("CRMLAB_MIRROR") or Path("data") / "raw")
    if not (folder / "cdnow" / "CDNOW_master.txt").is_file():
        pytest.skip("no CDNOW files: set CRMLAB_MIRROR or run `crmlab fetch cdnow`")
    return folder


@pytest.mark.data
def test_cdnow_gives_the_published_counts(in_project):
    """Fader, Hardie and Lee (2005), Marketing Science 24(2): the 1/10 sample, 39 + 39 weeks."""
    cdnow = registry.module("datasets", "cdnow")
    raw = mirror() / "cdnow"
    write_tables(
        "cdnow",
        cdnow.DATASET,
        {"transactions": cdnow.transactions(raw), "customers": cdnow.customers(raw)},
    )
    spec = SPEC | {
        "dataset": "cdnow",
        "horizon_days": 273,
        "train_cutoffs": [],
        "test_cutoffs": ["1997-10-01"],
        "population": {"published_sample": True},
    }
    found = pose.pose("churn", "cdnow_39w", spec | {"features": ["purchases"]}, seed=1)
    assert len(found.rows) == 2357
    assert found.rows["frequency"].sum() == 2457
    assert found.solution["purchases"].sum() == 1882
    assert (found.rows["frequency"] > 0).sum() == 946
    weeks = found.rows["T_days"] / 7
    assert weeks.min() == 27
    assert round(weeks.max(), 3) == 38.857
