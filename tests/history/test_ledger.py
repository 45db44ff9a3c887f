"""The ledger gives what the feature families define: equal bit for bit, at every cutoff."""

from __future__ import annotations

import datetime as dt
import shutil

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmlab import registry, store
from crmlab.data.cleaning import Rules, flag
from crmlab.data.tables import write_tables
from crmlab.declare.dataset import Dataset
from crmlab.history.gather import as_known, gather
from crmlab.history.ledger import beside, build, extend, held, open_ledger
from crmlab.history.ledger.beside import Beside

START = dt.datetime(2024, 1, 1)
DAYS = 400
FAMILIES = sorted(held.HELD)
SHOP = Dataset(label="Shop", cite="Nobody", licence="CC0", homepage="")
RULES = Rules(cancellation_prefix="C", bad_debt_prefix="A", merchandise=r"p\d")


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").write_text("seed: 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return tmp_path


def moments(rng, n, *, share=1.0, days=DAYS):
    """Return n times within the days, a share of them there at all."""
    seconds = rng.integers(0, days * 86400, n)
    times = pd.Series(pd.Timestamp(START) + pd.to_timedelta(seconds, unit="s")).astype("datetime64[us]")
    return times.where(pd.Series(rng.random(n) < share))


def lines(rng, n, people):
    """Return order lines: orders over several days, cancellations of every kind, late ratings."""
    order = rng.integers(0, max(n // 3, 1), n)
    days = rng.integers(0, DAYS, max(n // 3, 1))[order] + rng.integers(0, 2, n) * rng.integers(0, 30, n)
    owner = rng.integers(-1, people, max(n // 3, 1))[order]
    frame = pd.DataFrame(
        {
            "line_id": [f"L{i:05d}" for i in range(n)],
            "order_id": [("C" if rng.random() < 0.1 else "") + f"o{o}" for o in order],
            "customer": pd.array([f"c{o}" if o >= 0 else None for o in owner], dtype="str"),
            "timestamp": pd.Timestamp(START)
            + pd.to_timedelta(days, unit="D")
            + pd.to_timedelta(rng.integers(0, 86400, n), unit="s"),
            "product": pd.array(rng.choice(["p1", "p2", "p3", "POST", None], n), dtype="str"),
            "quantity": rng.choice([1, 1, 2, 5, -1, -2], n),
            "unit_price": rng.choice([0.0, 1.25, 3.1, 3.1], n),
            "channel": pd.array(rng.choice(["web", "app", "shop", None], n), dtype="str"),
            "country": pd.array(rng.choice(["GB", "DE"], n), dtype="str"),
            "rating": pd.array(rng.choice([1, 3, 5], n), dtype="Int64"),
        }
    )
    frame["amount"] = frame["quantity"] * frame["unit_price"]
    frame["rated_at"] = frame["timestamp"] + pd.to_timedelta(rng.integers(-5, 60, n), unit="D")
    frame.loc[rng.random(n) < 0.5, "rated_at"] = pd.NaT
    frame.loc[frame["rated_at"].isna(), "rating"] = pd.NA
    return frame


def others(rng, n, people):
    """Return the other tables, with facts that arrive late, and some that arrive before their event."""
    who = pd.Series([f"c{i}" for i in rng.integers(0, people, n)], dtype="str")
    at = moments(rng, n)
    number = pd.Series(range(n)).astype("str")

    def later(share):
        return (at + pd.to_timedelta(rng.integers(-2, 90, n), unit="D")).where(
            pd.Series(rng.random(n) < share)
        )

    resolved = later(0.6)
    return {
        "products": pd.DataFrame(
            {"product": ["p1", "p2", "p3"], "category": ["toys", "books", "toys"]}, dtype="str"
        ),
        "sessions": pd.DataFrame(
            {
                "session_id": "s" + number,
                "customer": who,
                "timestamp": at,
                "pages": rng.integers(1, 9, n),
                "duration_seconds": rng.random(n) * 100,
                "carted": rng.random(n) < 0.5,
                "order_id": pd.Series(np.where(rng.random(n) < 0.3, "o", None), dtype="str"),
                "source": pd.Series(rng.choice(["search", None], n), dtype="str"),
            }
        ),
        "contacts": pd.DataFrame(
            {
                "contact_id": "k" + number,
                "customer": who,
                "timestamp": at,
                "campaign": "m",
                "channel": "email",
                "treatment": rng.integers(0, 2, n),
                "unit_cost": 0.1,
                "replied_at": later(0.5),
            }
        ),
        "tickets": pd.DataFrame(
            {
                "ticket_id": "t" + number,
                "customer": who,
                "timestamp": at,
                "topic": "x",
                "first_response_at": later(0.7),
                "resolved_at": resolved,
                "satisfaction": pd.array(rng.integers(1, 6, n), dtype="Int64").copy(),
            }
        ).assign(satisfaction=lambda t: t["satisfaction"].where(resolved.notna())),
        "memberships": pd.DataFrame(
            {
                "membership_id": "m" + number,
                "customer": who,
                "started": at,
                "ended": later(0.5),
                "monthly_fee": rng.choice([4.99, 9.99, 0.333], n),
            }
        ),
    }


def written(rng, n=150, people=6, name="shop", *, brought=False):
    """Write a shop's tables and return its name."""
    sold = flag(lines(rng, n, people), RULES)
    if brought:  # the data set says itself what a line takes back, by whomever and whenever
        named = pd.Series(rng.choice(sold["line_id"], n), dtype="str")
        sold["cancels_line"] = named.where(sold["is_cancellation"] & pd.Series(rng.random(n) < 0.8))
    tables = {"transactions": sold, **others(rng, n // 5, people)}
    write_tables(name, SHOP, tables, rules=RULES)
    return name


def assert_equal_at(dataset, cutoffs, families=FAMILIES):
    """Compare every family of the ledger with the family itself, for everybody, at each cutoff."""
    ledger, engine = open_ledger(dataset), store.engine()
    tables = store.open_tables(dataset, engine)
    there = [f for f in families if {*registry.find("features", f).needs} <= {*tables}]
    assert there
    assert all(ledger.has(f) for f in there)
    people = pd.DataFrame({"customer": pd.Series([*sorted(ledger.people), "nobody"], dtype="str")})
    for cutoff in cutoffs:
        known = as_known(tables, cutoff, engine)
        wanted = gather(known, people, engine, cutoff=cutoff, families=there)
        known = beside.as_known(tables, cutoff, Beside(engine, ledger))
        found = beside.gather(known, people, Beside(engine, ledger), cutoff=cutoff, families=there)
        pd.testing.assert_frame_equal(found, wanted, check_exact=True)
        assert store.digest(found) == store.digest(wanted)


# --- generated logs ------------------------------------------------------------------------------
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    brought=st.booleans(),
    days=st.lists(st.integers(0, DAYS + 90), min_size=3, max_size=3),
)
def test_it_is_equal_to_the_families_on_generated_logs(project, seed, brought, days):
    written(np.random.default_rng(seed), brought=brought)
    assert_equal_at("shop", [START + dt.timedelta(days=d) for d in days])


def test_partitions_of_customers_change_nothing(project, monkeypatch):
    monkeypatch.setattr(build, "LINES_AT_ONCE", 20)
    written(np.random.default_rng(1))
    assert_equal_at("shop", [START + dt.timedelta(days=d) for d in (1, 90, 250, DAYS + 90)])


def test_a_shop_with_orders_alone(project):
    frame = lines(np.random.default_rng(2), 60, 4).drop(columns=["channel", "country", "rating", "rated_at"])
    write_tables("shop", SHOP, {"transactions": flag(frame, RULES)}, rules=RULES)
    assert_equal_at("shop", [START + dt.timedelta(days=d) for d in (0, 30, 200)])


# --- the data of the catalogue -------------------------------------------------------------------
@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["demo_shop", "online_retail_ii"])
def test_it_is_equal_to_the_families_at_every_month_of_real_tables(dataset):
    ledger = open_ledger(dataset)
    facts = ledger.asked.facts["transactions"]
    months = pd.date_range(facts["first"][:10], facts["last"][:10], freq="MS")
    assert_equal_at(dataset, [m.to_pydatetime() for m in months])


# --- what it must not do -------------------------------------------------------------------------
def test_a_family_that_was_changed_is_asked_itself(project, monkeypatch):
    written(np.random.default_rng(3))
    ledger = open_ledger("shop")
    assert ledger.has("purchases")
    monkeypatch.setattr(held, "HELD", {**held.HELD, "purchases": "another"})
    assert not ledger.has("purchases")
    assert ledger.has("rhythm")
    assert_equal_at_mixed(ledger)


def assert_equal_at_mixed(ledger):
    """Compare where one family is asked itself and the others are the ledger's."""
    engine, cutoff = store.engine(), START + dt.timedelta(days=200)
    tables = store.open_tables("shop", engine)
    people = pd.DataFrame({"customer": pd.Series(sorted(ledger.people), dtype="str")})
    families = ["rhythm", "purchases", "basket"]
    known = as_known(tables, cutoff, engine)
    wanted = gather(known, people, engine, cutoff=cutoff, families=families)
    known = beside.as_known(tables, cutoff, Beside(engine, ledger))
    found = beside.gather(known, people, Beside(engine, ledger), cutoff=cutoff, families=families)
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_families_are_those_that_it_is_held_equal_to(family):
    """Where this fails, a family was changed: follow it in history/ledger, then enter its digest."""
    assert held.digest_of(family) == held.HELD[family]


def test_one_ledger_serves_all_and_other_tables_get_their_own(project):
    rng = np.random.default_rng(4)
    written(rng)
    open_ledger("shop")
    file = store.ledger_folder("shop") / "purchases.arrow"
    made = file.stat().st_mtime_ns
    open_ledger("shop")
    assert file.stat().st_mtime_ns == made
    written(rng)
    open_ledger("shop")
    assert file.stat().st_mtime_ns != made
    assert_equal_at("shop", [START + dt.timedelta(days=300)])


def test_no_table_of_a_cutoff_stays_registered_in_the_engine(project):
    written(np.random.default_rng(5))
    engine = store.engine()
    tables = store.open_tables("shop", engine)
    there = registered(engine)
    for day in (100, 200, 300):
        cutoff = START + dt.timedelta(days=day)
        known = as_known(tables, cutoff, engine)
        people = engine.to_pyarrow(known["purchase_lines"].select("customer").distinct()).to_pandas()
        gather(known, people, engine, cutoff=cutoff, families=["purchases", "basket"])
        table = ibis.memtable(store.as_arrow(people))
        assert engine.to_pyarrow(table.count()).as_py() == len(people)
    assert registered(engine) == there


def registered(engine):
    """Return the names of the tables and views that an engine holds."""
    return {name for (name,) in engine.con.execute("SELECT view_name FROM duckdb_views()").fetchall()}


# --- a ledger that grows -------------------------------------------------------------------------
@pytest.mark.parametrize("parts", [10_000, 40])
def test_new_rows_at_the_end_extend_it_to_what_would_be_built(project, monkeypatch, parts):
    monkeypatch.setattr(build, "LINES_AT_ONCE", parts)
    rng = np.random.default_rng(7)
    whole = flag(lines(rng, 200, 12), RULES)
    whole["country"] = whole["country"].where(whole["timestamp"] < whole["timestamp"].iloc[180], "AT")
    visits = others(rng, 40, 14)["sessions"].sort_values(["timestamp", "session_id"])
    made = []
    monkeypatch.setattr(extend, "extend", lambda *a, go=extend.extend: made.append(go(*a)))
    for end, seen in ((150, 30), (185, 30), (200, 40)):
        # a rating that arrives later would change an old row: here none does
        tables = {
            "transactions": whole.iloc[:end].drop(columns=["rating", "rated_at"]),
            "sessions": visits[:seen],
        }
        write_tables("shop", SHOP, tables)
        assert_equal_at("shop", [START + dt.timedelta(days=d) for d in (100, 300, DAYS + 90)])
    assert len(made) == 2
    grown = books()
    shutil.rmtree(store.ledger_folder("shop"))
    open_ledger("shop")
    assert set(grown) == set(books())


def books():
    """Return the books of the shop's ledger by name."""
    return {file.name: file for file in store.ledger_folder("shop").glob("*.arrow")}


def test_a_changed_row_makes_it_anew(project, monkeypatch):
    whole = flag(lines(np.random.default_rng(8), 100, 6), RULES)
    write_tables("shop", SHOP, {"transactions": whole.iloc[:90]})
    open_ledger("shop")
    monkeypatch.setattr(extend, "extend", lambda *a: pytest.fail("it was extended"))
    changed = whole.assign(quantity=whole["quantity"].where(whole.index != 3, 7))
    write_tables("shop", SHOP, {"transactions": changed})
    assert_equal_at("shop", [START + dt.timedelta(days=300)])
