"""What was sent: read as it was written or saved again, recorded once, refused where it cannot be meant."""

from __future__ import annotations

import pandas as pd
import pytest
from own_orders import orders

from crmlab import actions
from crmlab.cli import command
from crmlab.data import own_data
from crmlab.errors import DataError, UsageError
from crmlab.history.sent import recorded, resting_on
from crmlab.store import spreadsheet


@pytest.fixture
def shop(project):
    """A project with a user's own orders, of customers like '=c001'."""
    orders(project / "orders.csv", until="2023-03-01")
    own_data.from_csv("mine", project / "orders.csv")
    return project


def listed(path, customers, **columns):
    """Write a list as crmlab does."""
    spreadsheet.write(pd.DataFrame({"customer": customers, **columns}), path)
    return path


def known(project, count):
    """Return the ids of some customers."""
    return sorted(set(pd.read_csv(project / "orders.csv")["customer"]))[:count]


def test_those_to_be_contacted_rest_and_the_held_out_do_not(shop):
    ids = known(shop, 3)
    contact = ["contact", "held out", "over budget"]
    path = listed(shop / "keep.csv", ids, contact=contact, as_of="2023-03-01", list="keep")
    done = actions.record_sent("mine", path)
    assert (done.contacted, done.held_out, done.new, done.name) == (1, 1, 2, "keep")
    assert actions.record_sent("mine", path).new == 0
    assert resting_on("mine", "2023-03-01", days=28) == {ids[0]}
    # the 28th day is the last of the cool-down
    assert resting_on("mine", "2023-03-28", days=28) == {ids[0]}
    assert resting_on("mine", "2023-03-29", days=28) == set()
    assert resting_on("mine", "2023-02-28", days=28) == set()
    assert resting_on("mine", "2023-03-01", days=0) == set()
    assert recorded("mine")["arm"].tolist() == ["contact", "held out"]


def test_a_list_saved_again_by_a_spreadsheet_is_read(shop):
    ids = known(shop, 2)
    path = shop / "mailing.csv"
    path.write_text("customer;name\n" + "".join(f"{i};Mrs. X\n" for i in ids), encoding="utf-8")
    done = actions.record_sent("mine", path, day="2023-03-02")
    assert (done.contacted, done.name, done.day) == (2, "mailing", "2023-03-02")
    assert set(recorded("mine")["customer"]) == set(ids)


def test_the_verb_says_what_it_recorded(shop, monkeypatch, capsys):
    path = listed(shop / "keep.csv", known(shop, 2), contact="contact", as_of="2023-03-01")
    monkeypatch.setattr("sys.argv", ["crmlab", "sent", "mine", str(path), "--on", "2023-03-04"])
    assert command.run() == 0
    assert "mine: 2 contacted on 2023-03-04 by 'keep', 0 held out; 2 of these" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("columns", "day", "says"),
    [
        (
            {"customer": ["nobody"]},
            "2023-03-01",
            "customers that 'mine' does not have: 'nobody'. Nothing was",
        ),
        ({"client": ["x"]}, None, "has no column 'customer': its columns are client"),
        ({"customer": ["=c001"], "contact": ["not worth it"]}, "2023-03-01", "lists nobody for a contact"),
        ({"customer": ["=c001"]}, None, "say on which it was sent, --on DAY"),
        ({"customer": ["=c001"]}, "2023-02-30", "'2023-02-30' is not a day"),
        (
            {"customer": ["=c001"], "as_of": ["2023-03-01"]},
            "2023-02-27",
            "it cannot have been sent on 2023-02-27",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_recorded(shop, columns, day, says):
    path = shop / "list.csv"
    spreadsheet.write(pd.DataFrame(columns), path)
    with pytest.raises(UsageError, match=says.replace("(", r"\(").replace("?", r"\?")):
        actions.record_sent("mine", path, day=day)
    assert recorded("mine").empty


def test_a_file_that_is_none_is_said(shop):
    with pytest.raises(UsageError, match="there is no file"):
        actions.record_sent("mine", shop / "absent.csv")
    (shop / "list.parquet").write_text("no parquet")
    with pytest.raises(DataError, match="cannot be read"):
        actions.record_sent("mine", shop / "list.parquet")


@pytest.mark.parametrize(
    ("columns", "day", "says"),
    [
        ({"as_of": "2023-03-01"}, "2031-01-01", "more than a year after 2023-03-01, the day of the list"),
        ({}, "2031-01-01", "the last day of 'mine'"),
        ({}, "1999-01-01", "lies before"),
    ],
)
def test_a_day_far_from_the_list_or_the_data_is_refused(shop, columns, day, says):
    path = listed(shop / "keep.csv", known(shop, 2), **columns)
    with pytest.raises(UsageError, match=says):
        actions.record_sent("mine", path, day=day)
    assert recorded("mine").empty


def test_a_workbook_is_no_list_and_that_is_said(shop):
    path = shop / "keep.xlsx"
    path.write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(UsageError, match=r"keep\.xlsx is not \.csv or \.parquet: .* save it as CSV"):
        actions.record_sent("mine", path, day="2023-03-02")
