"""Hazard ratios of service: the planted ones come out, and nothing is cut at the wrong moment."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crmlab import store
from crmlab.errors import NotApplicable
from crmlab.maths.counting_process import Hazards
from crmlab.simulate.knobs import Shop
from crmlab.simulate.shop import simulate
from crmlab.why import service_hazards
from crmlab.why.service_hazards import OTHER, QUICK, RETURNED, SLOW

D = pd.Timedelta(days=1)
BEGIN = pd.Timestamp("2024-01-01")
MEMORY = {"slow_hours": 24.0, "memory_days": 84.0}


def spells_of(simulated):
    """Return the true lives of a simulated shop's customers: what no shop sees."""
    people, end = simulated.truth["customers"], pd.Timestamp("2025-01-01")
    return pd.DataFrame(
        {
            "customer": people["customer"],
            "begin": people["first_purchase"],
            "end": people["alive_until"].fillna(end),
            "event": people["alive_until"].notna(),
        }
    )


def ratios_of(shop: Shop) -> pd.DataFrame:
    """Return the hazard ratios of the true departures of a simulated shop."""
    simulated = simulate(shop, seed=12)
    happened = service_hazards.episodes(simulated.tables, **MEMORY)
    _, table, _ = service_hazards.ratios(spells_of(simulated), happened, level=0.95)
    return table.set_index("kind")


@pytest.mark.slow
def test_the_planted_ratios_come_out_where_customers_differ_in_nothing_else():
    # all leave, and buy, at nearly the same rate: gammas of shape 200 with the published means; so rarely
    # that two episodes, whose ratios the simulator multiplies, hardly ever run at once
    leaving = {"dropout_shape": 200.0, "dropout_scale_weeks": 200 * 11.669 / 0.606}
    buying = {"purchase_shape": 200.0, "purchase_scale_weeks": 200 * 10.578 / 0.553}
    alike = ratios_of(Shop(visitors=60_000, **leaving, **buying))
    for kind, planted in ((SLOW, 3.0), (QUICK, 0.5), (OTHER, 1.0), (RETURNED, 1.0)):
        row = alike.loc[kind]
        error = (math.log(row["upper"]) - math.log(row["lower"])) / (2 * 1.96)
        assert abs(math.log(row["ratio"] / planted)) < 3 * error, kind


@pytest.mark.slow
def test_where_customers_differ_the_ratios_are_drawn_towards_one():
    found = ratios_of(Shop(visitors=60_000))
    # those quick to leave leave first: who is left has the lower hazard (Vaupel, Manton and Stallard 1979)
    assert 1 < found.loc[SLOW, "lower"] < found.loc[SLOW, "upper"] < 3.0
    assert 0.5 < found.loc[QUICK, "ratio"] < found.loc[QUICK, "upper"] < 1


def ticket(customer, opened, hours, solved_days, satisfaction):
    """Return one ticket; hours None = not answered yet."""
    answered = pd.NaT if hours is None else opened + pd.Timedelta(hours=hours)
    resolved = pd.NaT if hours is None else opened + solved_days * D
    return (customer, opened, answered, resolved, satisfaction)


@pytest.fixture
def tables():
    """Four tickets and a return."""
    columns = ["customer", "timestamp", "first_response_at", "resolved_at", "satisfaction"]
    rows = [
        ticket("a", BEGIN, 30, 3, 5),
        ticket("b", BEGIN, 2, 1, 4),
        ticket("c", BEGIN, 2, 1, None),
        ticket("d", BEGIN, None, None, None),
    ]
    tickets = pd.DataFrame(rows, columns=columns).astype({"satisfaction": "Int64"})
    lines = pd.DataFrame({"customer": ["a", "a", None], "timestamp": [BEGIN + 5 * D] * 3})
    return {"tickets": tickets, "transactions": lines.assign(is_cancellation=[True, True, True])}


def test_an_episode_begins_when_the_customer_could_know(tables):
    found = service_hazards.episodes(tables, **MEMORY)
    expected = [("a", BEGIN + D, SLOW), ("d", BEGIN + D, SLOW), ("b", BEGIN + D, QUICK)]
    expected += [("c", BEGIN + D, OTHER), ("a", BEGIN + 5 * D, RETURNED)]
    assert list(found[["customer", "at", "kind"]].itertuples(index=False, name=None)) == expected
    assert (found["until"] - found["at"] == 84 * D).all()


def test_spells_are_cut_where_an_episode_begins_and_ends():
    spells = pd.DataFrame(
        {"customer": ["a", "b", "c"], "begin": BEGIN, "end": BEGIN + 10 * D, "event": [True, False, True]}
    )
    spells.loc[2, "end"] = BEGIN  # over before it began: not there
    happened = pd.DataFrame(
        {
            "customer": ["a", "a", "b"],
            "at": BEGIN + np.array([2, 4, -3]) * D,
            "until": BEGIN + np.array([6, 40, 3]) * D,
            "kind": [SLOW, RETURNED, SLOW],
        }
    )
    found = service_hazards.spans(spells, happened)
    rows = found[["start", "stop", "event", SLOW, RETURNED]].itertuples(index=False, name=None)
    assert list(rows) == [
        (0, 2, False, 0, 0),
        (2, 4, False, 1, 0),
        (4, 6, False, 1, 1),
        (6, 10, True, 0, 1),
        (0, 3, False, 1, 0),
        (3, 10, False, 0, 0),
    ]


def test_what_a_recovery_saves_is_worked_out_by_hand():
    found = Hazards(np.log([3.0, 0.5]), np.diag([0.04, 0.01]), 0.0)
    table = pd.DataFrame({"kind": [SLOW, QUICK]})
    given = {"rate": 0.01, "value": 50.0, "memory_days": 20.0, "level": 0.95, "seed": 1}
    saved = service_hazards.recovery(found, table, **given)
    assert saved.saved == pytest.approx(math.exp(-0.1) - math.exp(-0.6))
    assert saved.worth == pytest.approx(50 * saved.saved)
    # the delta method: derivatives .1 e^-.1 and .6 e^-.6 by the log ratios
    error = 50 * math.hypot(0.1 * math.exp(-0.1) * 0.1, 0.6 * math.exp(-0.6) * 0.2)
    assert saved.upper - saved.lower == pytest.approx(2 * 1.96 * error, rel=0.06)
    assert service_hazards.recovery(found, table.assign(kind=[OTHER, QUICK]), **given) is None


@pytest.fixture
def compared(project, make):
    """A comparison in a project whose data set has a small club: half of the slowly answered leave."""
    problem = make.rolling(n=80, refits=1)
    folder = store.tables_folder("made_up")
    folder.mkdir(parents=True)
    people = [f"c{i:04d}" for i in range(80)]
    begin, ended = pd.Timestamp("2024-01-01"), pd.Series([pd.NaT] * 80, dtype="datetime64[us]")
    ended[::4] = pd.to_datetime("2024-02-15") + pd.to_timedelta(np.arange(20), unit="D")
    # known too late: an end after the cutoff
    ended[1] = pd.Timestamp("2024-12-01")
    clubs = {
        "membership_id": people,
        "customer": people,
        "started": begin,
        "ended": ended,
        "monthly_fee": 5.0,
    }
    opened = begin + 10 * D
    wait = np.where(np.arange(80) % 8 == 0, 48, 2)
    tickets = {
        "ticket_id": people[:60],
        "customer": people[:60],
        "timestamp": opened,
        "first_response_at": opened + pd.to_timedelta(wait[:60], unit="h"),
        "resolved_at": opened + 3 * D,
        "satisfaction": np.where(np.arange(60) % 2, 5, 2),
    }
    lines = {"line_id": ["l1"], "customer": ["c0001"], "timestamp": [opened], "is_cancellation": [True]}
    for name, columns in {"memberships": clubs, "tickets": tickets, "transactions": lines}.items():
        store.write_frame(folder / f"{name}.parquet", pd.DataFrame(columns))
    economics = {"margin_share": 0.5}
    return SimpleNamespace(
        problem=problem, task="churn", name="small", level=0.9, seed=1, economics=economics
    )


def test_a_comparison_gives_ratios_as_known_at_the_last_cutoff(compared):
    found = service_hazards.of(compared)
    assert (found.cutoff, found.memberships, found.events) == ("2024-07-01", 80, 20)
    table = found.table.set_index("kind")
    # all who were answered slowly left, of the others one in seven; nobody satisfied left
    assert table.loc[SLOW, "lower"] > 1
    assert QUICK not in table.index
    assert found.recovery is None
    assert found.sentences[0].startswith(
        f"After a slow answer members end their membership {table.loc[SLOW].ratio:.2f}"
    )
    assert "cannot be told" in found.sentences[-2]


def test_without_service_or_dates_it_does_not_apply(compared, make):
    (store.tables_folder("made_up") / "tickets.parquet").unlink()
    with pytest.raises(NotApplicable, match="made_up has no tickets"):
        service_hazards.of(compared)
    compared.problem = make.resampled()
    with pytest.raises(NotApplicable, match="without dates"):
        service_hazards.of(compared)


def test_without_an_end_there_is_no_ratio(compared):
    file = store.tables_folder("made_up") / "memberships.parquet"
    store.write_frame(
        file, pd.read_parquet(file).assign(ended=pd.Series([pd.NaT] * 80, dtype="datetime64[us]"))
    )
    with pytest.raises(NotApplicable, match="no hazard ratios: none of 202 spans"):
        service_hazards.of(compared)
