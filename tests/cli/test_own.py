"""Which of a user's own files go together, and which column belongs to which table."""

from __future__ import annotations

import inspect

import pytest

from crmlab import registry
from crmlab.cli import data, own
from crmlab.data.own_tables.fields import TABLES
from crmlab.errors import UsageError

FILE = "file.csv"


def test_every_table_that_a_shop_can_bring_is_an_option():
    options = set(inspect.signature(data.tables).parameters)
    assert set(own.FURTHER) == set(TABLES)
    assert set(own.FURTHER) <= options
    assert set(own.FURTHER) | {"transactions", "labelled"} == set(registry.names("canonical"))


@pytest.mark.parametrize("table", own.FURTHER)
def test_every_column_of_a_table_can_be_brought(table):
    declared = set(registry.find("canonical", table).columns)
    computed = {"events": {"signed_in_at"}, "customers": {"published_sample"}}.get(table, set())
    assert set(TABLES[table]) == declared - computed


def test_files_that_do_not_go_together_are_refused():
    own.check(orders=FILE, labelled=None, outcome=None, further={"events": FILE})
    own.check(orders=None, labelled=FILE, outcome="left", further={})
    with pytest.raises(UsageError, match="--events needs --orders FILE"):
        own.check(orders=None, labelled=None, outcome=None, further={"events": FILE})
    with pytest.raises(UsageError, match="--labelled stands alone"):
        own.check(orders=FILE, labelled=FILE, outcome="left", further={})
    with pytest.raises(UsageError, match="go together"):
        own.check(orders=None, labelled=FILE, outcome=None, further={})


def test_a_column_says_of_which_table_it_is():
    orders, others = own.divided({"customer": "Client", "events.customer": "uid", "events.kind": "what"})
    assert orders == {"customer": "Client"}
    assert others == {"events": {"customer": "uid", "kind": "what"}}
    with pytest.raises(UsageError, match=r"no table 'event'\. Did you mean 'events'"):
        own.divided({"event.customer": "uid"})
