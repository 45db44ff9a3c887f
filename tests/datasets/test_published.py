"""The real data sets against published numbers (REFERENCE: UCI pages, Fader and Hardie 2001, IBM)."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab import registry, store
from crmlab.data import fetch, tables
from crmlab.datasets import cdnow as cdnow_file

pytestmark = pytest.mark.data
REPOSITORY = Path(__file__).parents[2]
MIRROR = os.environ.get("CRMLAB_MIRROR")


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    mirror = (REPOSITORY / (MIRROR or "")).resolve()
    if not (MIRROR and mirror.is_dir()):
        pytest.skip("no mirror of the real data: set CRMLAB_MIRROR")
    folder = tmp_path_factory.mktemp("project")
    (folder / "params.yaml").write_text("seed: 1\n")
    patch = pytest.MonkeyPatch()
    patch.chdir(folder)
    patch.setenv("CRMLAB_MIRROR", str(mirror))
    patch.delenv("DVC_ROOT", raising=False)
    yield folder
    patch.undo()


@pytest.fixture(scope="session")
def made(project):
    """Return a function that makes a data set's tables once and gives its fingerprint."""
    done = {}

    def make(name):
        if name not in done:
            fetch.fetch(name)
            done[name] = tables.make_tables(name)
        return done[name]

    return make


def table(name, table):
    return pd.read_parquet(store.tables_folder(name) / f"{table}.parquet")


@pytest.mark.parametrize("name", registry.names("datasets"))
def test_the_committed_fingerprint_is_met(made, name):
    committed = REPOSITORY / "data" / "tables" / f"{name}.json"
    if not committed.is_file():
        pytest.skip(f"{committed.name} is not committed yet")
    assert made(name) == store.read_json(committed, made_by=f"crmlab tables {name}")


def test_online_retail(made):
    # UCI 352: 541,909 lines, 135,080 without a customer, 4,372 customers
    facts = made("online_retail")["tables"]["transactions"]
    assert facts["rows"] == 541_909
    assert facts["columns"]["customer"] == "string, 135,080 null"
    lines = table("online_retail", "transactions")
    assert lines["customer"].nunique() == 4372
    # 397,884 lines of 4,338 customers with quantity > 0, price > 0 and a customer
    sold = lines[(lines["quantity"] > 0) & (lines["unit_price"] > 0) & lines["customer"].notna()]
    assert (len(sold), sold["customer"].nunique()) == (397_884, 4338)
    flags = made("online_retail")["flags"]
    # the lines of invoices that begin with C, as on UCI's page; the three bad debts cancel to -11,062.06
    assert flags["is_cancellation"]["lines"] == lines["order_id"].str.startswith("C").sum() == 9288
    assert (flags["is_bad_debt"]["lines"], flags["is_bad_debt"]["amount"]) == (3, -11062.06)
    assert flags["is_duplicate"]["lines"] == 5268


@pytest.mark.parametrize(
    ("bought", "taken_back", "quantity"), [("581483", "C581484", 80995), ("541431", "C541433", 74215)]
)
def test_the_largest_cancellations_name_their_lines(made, bought, taken_back, quantity):
    made("online_retail")
    lines = table("online_retail", "transactions").set_index("line_id")
    assert lines.loc[f"{bought}-0001", "quantity"] == quantity
    assert lines.loc[f"{taken_back}-0001", "quantity"] == -quantity
    assert lines.loc[f"{taken_back}-0001", "cancels_line"] == f"{bought}-0001"


def test_most_cancellations_of_goods_find_their_line_and_none_takes_more_than_there_was(made):
    made("online_retail_ii")
    lines = table("online_retail_ii", "transactions").set_index("line_id")
    back = lines[lines["is_cancellation"] & lines["customer"].notna() & ~lines["is_fee"]]
    assert back["cancels_line"].notna().mean() > 0.8
    taken = lines.dropna(subset="cancels_line").groupby("cancels_line")["quantity"].sum()
    assert (lines.loc[taken.index, "quantity"] + taken >= 0).all()


def test_online_retail_ii_has_the_overlap_once(made):
    facts = made("online_retail_ii")["tables"]["transactions"]
    # 525,461 + 541,909 = 1,067,370 lines, less the 22,523 of 2010-12-01..09 that both years hold
    assert facts["rows"] == 525_461 + 541_909 - 22_523
    assert (facts["first"], facts["last"]) == ("2009-12-01 07:45:00", "2011-12-09 12:50:00")
    both, year = (table(n, "transactions") for n in ("online_retail_ii", "online_retail") if made(n))
    second = both[both["timestamp"] >= "2010-12-01"].drop(columns="cancels_line")
    pd.testing.assert_frame_equal(second.reset_index(drop=True), year.drop(columns="cancels_line"))


def test_bank_marketing(made):
    found = made("bank_marketing")
    rows = table("bank_marketing", "labelled")
    assert len(rows) == 41_188
    assert round(100 * rows["outcome"].mean(), 2) == 11.27
    assert rows["row_id"].iloc[[0, -1]].tolist() == ["00001", "41188"]
    assert rows["period"].tolist() == list(range(1, 41_189))
    assert rows["pdays"].isna().sum() == 39_673
    assert rows["default"].isna().sum() == 8597
    assert not (rows == "unknown").any().any()
    assert {"duration", "emp.var.rate", "nr.employed"} <= set(rows)
    assert found["notes"] == {
        "rows_never_contacted_yet_with_an_earlier_outcome": 4110,
        "exact_duplicates": 12,
    }
    assert "duration" in found["barred"]


def test_online_shoppers(made):
    found = made("online_shoppers")
    rows = table("online_shoppers", "labelled")
    assert len(rows) == 12_330
    assert round(100 * rows["outcome"].mean(), 2) == 15.47
    assert sorted(rows["period"].unique()) == [2, 3, 5, 6, 7, 8, 9, 10, 11, 12]
    assert found["notes"] == {"exact_duplicates": 125}
    assert all(
        found["tables"]["labelled"]["columns"][c] == "string" for c in ("TrafficType", "Browser", "Region")
    )


def test_telco_churn(made):
    found = made("telco_churn")
    rows = table("telco_churn", "labelled")
    assert len(rows) == 7043
    assert round(100 * rows["outcome"].mean(), 2) == 26.54
    assert found["notes"] == {"blank_total_charges": 11, "blank_total_charges_with_tenure": 0}
    assert rows["period"].isna().all()
    assert "7590-VHVEG" in set(rows["row_id"])


def test_survival_on_telco_churn_hangs_on_when_following_began(made):
    """What the card says of the share still there after 12 months, by Kaplan and Meier 1958, in two ways."""
    made("telco_churn")
    rows = table("telco_churn", "labelled")

    def share(entry: pd.Series) -> float:
        at_risk = [((rows["tenure"] >= m) & (entry < m)).sum() for m in range(1, 13)]
        left = [((rows["tenure"] == m) & (rows["outcome"] == 1)).sum() for m in range(1, 13)]
        return float(np.prod(1 - np.array(left) / np.array(at_risk)))

    assert share(rows["tenure"] * 0) == pytest.approx(0.843, abs=5e-4)
    assert share(rows["tenure"] - 1) == pytest.approx(0.001, abs=5e-4)


def test_cdnow(made):
    found = made("cdnow")
    assert found["tables"]["transactions"]["rows"] == 69_659
    assert found["tables"]["customers"]["rows"] == 23_570
    assert found["notes"] == {
        "customers_in_published_sample": 2357,
        "lines_of_published_sample": 6919,
        "lines_with_amount_zero": 80,
        "look_alike_lines": 255,
    }
    assert not any(flag["lines"] for flag in found["flags"].values())


def test_the_lines_of_the_cdnow_sample_are_lines_of_the_master(made):
    made("cdnow")
    raw = store.raw_folder("cdnow")
    master = cdnow_file._read(raw / cdnow_file.MASTER, cdnow_file.FIELDS)
    sample = cdnow_file._read(raw / cdnow_file.SAMPLE, ["customer", "number", *cdnow_file.FIELDS[1:]])
    same = master[master["customer"].isin(sample["customer"])].sort_values(cdnow_file.FIELDS)
    expected = sample[cdnow_file.FIELDS].sort_values(cdnow_file.FIELDS)
    pd.testing.assert_frame_equal(same.reset_index(drop=True), expected.reset_index(drop=True))


def test_completejourney(made):
    fingerprint = made("completejourney")
    assert fingerprint["tables"]["transactions"]["rows"] == 1_469_307
    assert fingerprint["notes"]["households"] == 2_469
    assert fingerprint["notes"]["baskets"] == 155_848
    assert fingerprint["notes"]["lines_of_quantity_0"] == 8_869
    assert fingerprint["notes"]["lines_of_amount_0"] == 11_226
    lines = table("completejourney", "transactions")
    assert lines["amount"].astype("float64").sum() == pytest.approx(4_596_039.58, abs=0.005)
    # the shop's own clock: the year's lines lie in the year
    assert {*lines["timestamp"].dt.year} == {2017}
    goods = lines[~lines["is_fee"]]
    assert goods["quantity"].max() < 1_000 < lines["quantity"].max()


def test_olist_sample(made):
    # counted in the published files: 4,000 orders, 23 without items, 3,986 reviews of which 45 came later
    facts = made("olist_sample")
    assert facts["notes"]["orders"] == 4000
    assert facts["notes"]["orders_without_items"] == 23
    assert facts["tables"]["reviews"]["rows"] == 3941
    lines, sent = table("olist_sample", "transactions"), table("olist_sample", "fulfilment")
    goods = lines[~lines["is_fee"]]
    assert goods["quantity"].sum() == 4519
    assert lines["customer"].nunique() == 3998 - 23
    assert sent["delivered"].isna().sum() == 102
    assert (sent["delivered"] > sent["promised"]).sum() == 279
    assert str(lines["amount"].sum()) == "639254.7700"
    assert lines["is_duplicate"].sum() == 0
