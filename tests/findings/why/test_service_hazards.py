"""Hazard ratios of service: the planted ones come out, and nothing is cut at the wrong moment."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crmlab import store
from crmlab.errors import NotApplicable
from crmlab.explain import hazards
from crmlab.explain.hazards import Contrast, Recovery
from crmlab.findings.why import service_hazards
from crmlab.findings.why.service_hazards import ServiceHazards
from crmlab.history import service_episodes
from crmlab.history.service_episodes import OTHER, QUICK, RETURNED, SLOW
from crmlab.maths.counting_process import Hazards
from crmlab.simulate.knobs import Shop
from crmlab.simulate.shop import simulate

D = pd.Timedelta(days=1)
BEGIN = pd.Timestamp("2024-01-01")
MEMORY = {"slow_hours": 24.0, "memory_days": 84.0}


def lives_of(simulated):
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
    happened = service_episodes.episodes(simulated.tables, **MEMORY)
    _, table, _ = hazards.ratios(lives_of(simulated), happened, level=0.95)
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
def test_where_customers_differ_the_ratios_of_true_departures_are_drawn_towards_one():
    found = ratios_of(Shop(visitors=60_000))
    # those quick to leave leave first: who is left has the lower hazard (Vaupel, Manton and Stallard 1979)
    assert 1 < found.loc[SLOW, "lower"] < found.loc[SLOW, "upper"] < 3.0
    assert 0.5 < found.loc[QUICK, "ratio"] < found.loc[QUICK, "upper"] < 1


@pytest.mark.parametrize("seed", [12, 13])
def test_without_an_effect_memberships_lie_below_one_and_slow_against_quick_does_not(seed):
    # nothing is planted; a large club whose members leave it almost only when they have left the shop
    club = {"club_share": 0.9, "cancel_alpha": 0.05, "lapsed_cancel_share": 0.4, "ticket_share": 0.5}
    null = Shop(visitors=40_000, slow_hazard_ratio=1.0, recovery_hazard_ratio=1.0, **club)
    tables = simulate(null, seed=seed).tables
    spells = service_episodes.spells_of(tables["memberships"], pd.Timestamp("2025-01-01"))
    happened = service_episodes.episodes(tables, **MEMORY)
    together = happened.assign(kind=happened["kind"].where(happened["kind"] == RETURNED, "ticket"))
    _, table, _ = hazards.ratios(spells, together, level=0.999)
    # who writes a ticket is still there; over twelve such worlds of 60,000 visitors the ratios of tickets
    # are .69 to .70, of returns .99, of slow over quick answers 1.01 (standard errors .02 to .03)
    assert table.set_index("kind").loc["ticket", "upper"] < 1
    found, table, _ = hazards.ratios(spells, happened, level=0.95)
    both = hazards.contrast(found, table, level=0.999)
    assert both.lower < 1 < both.upper


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
    found = service_episodes.episodes(tables, **MEMORY)
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
    found = service_episodes.spans(spells, happened)
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
    saved = hazards.recovery(found, table, **given)
    assert saved.saved == pytest.approx(math.exp(-0.1) - math.exp(-0.6))
    assert saved.worth == pytest.approx(50 * saved.saved)
    # the delta method: derivatives .1 e^-.1 and .6 e^-.6 by the log ratios
    error = 50 * math.hypot(0.1 * math.exp(-0.1) * 0.1, 0.6 * math.exp(-0.6) * 0.2)
    assert saved.upper - saved.lower == pytest.approx(2 * 1.96 * error, rel=0.06)
    assert hazards.recovery(found, table.assign(kind=[OTHER, QUICK]), **given) is None


def test_the_contrast_is_worked_out_by_hand():
    found = Hazards(np.log([3.0, 1.0, 0.5]), np.array([[0.04, 0, 0.01], [0, 1, 0], [0.01, 0, 0.03]]), 0.0)
    table = pd.DataFrame({"kind": [SLOW, OTHER, QUICK]})
    both = hazards.contrast(found, table, level=0.95)
    # .04 + .03 - 2 · .01
    error = 1.95996 * math.sqrt(0.05)
    assert both.ratio == pytest.approx(6)
    assert (both.lower, both.upper) == pytest.approx((6 * math.exp(-error), 6 * math.exp(error)), rel=1e-4)
    assert hazards.contrast(found, table.assign(kind=[SLOW, OTHER, RETURNED]), level=0.95) is None


@pytest.fixture
def said():
    """Return a function from three ratios with intervals, and a recovery's interval, to the sentences."""

    def made(slow, quick, both, worth=(1.0, 9.0)):
        rows = [(kind, *ratio, 20, 900.0) for kind, ratio in ((SLOW, slow), (QUICK, quick))]
        table = pd.DataFrame(rows, columns=["kind", "ratio", "lower", "upper", "events", "days"])
        recovery = Recovery(0.196, 50.0, 5.0, *worth)
        facts = ("small", "2024-07-01", 0.95, 84.0, 24.0, 80, 20)
        return ServiceHazards(*facts, table, Contrast(*both), recovery).sentences

    return made


def test_the_sentences_say_what_lowers_the_ratios_and_what_is_noise(said):
    found = said((1.7, 1.1, 2.8), (0.9, 0.8, 0.99), (1.9, 0.9, 4.0))
    assert "2.5 times the lower one" in found[0]
    assert "how large the difference is stays open" in found[0]
    assert "noise" not in found[1]
    assert "1.90 times as fast as after quick ones" in found[2]
    assert "(95% interval 0.90 to 4.00); a difference is not established" in found[2]
    assert "takes 19.6 percentage points off the probability" in found[3]
    assert found[3].endswith("it is worth 5.00 (95% interval 1.00 to 9.00, which does not include 0).")
    assert "marks a customer who is still active, which by itself lowers the ratios" in found[4]
    assert not any("towards 1" in sentence for sentence in found)
    found = said((1.2, 0.7, 2.1), (0.9, 0.8, 0.99), (1.9, 1.1, 4.0), worth=(-1.0, 9.0))
    assert "3.0 times the lower one: in a single shop of this size such a number is mostly noise" in found[0]
    assert "not established" not in found[2]
    assert "(95% interval -1.00 to 9.00, which includes 0: not established)" in found[3]


@pytest.fixture
def compared(project, make):
    """A comparison in a project whose data set has a small club: half of the slowly answered leave."""
    problem = make.rolling(n=80)
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


def test_a_comparison_gives_ratios_as_known_at_the_last_cutoff(compared, keeps_contract):
    found = service_hazards.find(compared)
    keeps_contract(found)
    assert (found.cutoff, found.memberships, found.events) == ("2024-07-01", 80, 20)
    table = found.table.set_index("kind")
    # all who were answered slowly left, of the others one in seven; nobody satisfied left
    assert table.loc[SLOW, "lower"] > 1
    assert QUICK not in table.index
    assert found.recovery is None
    assert found.contrast is None
    assert found.sentences[0].startswith(
        f"After a slow answer members end their membership {table.loc[SLOW].ratio:.2f}"
    )
    assert "cannot be told" in found.sentences[-2]


def test_without_service_or_dates_it_does_not_apply(compared, make):
    (store.tables_folder("made_up") / "tickets.parquet").unlink()
    with pytest.raises(NotApplicable, match="made_up has no tickets"):
        service_hazards.find(compared)
    compared.problem = make.resampled()
    with pytest.raises(NotApplicable, match="without dates"):
        service_hazards.find(compared)


def test_without_an_end_there_is_no_ratio(compared):
    file = store.tables_folder("made_up") / "memberships.parquet"
    store.write_frame(
        file, pd.read_parquet(file).assign(ended=pd.Series([pd.NaT] * 80, dtype="datetime64[us]"))
    )
    with pytest.raises(NotApplicable, match="no hazard ratios: none of 202 spans"):
        service_hazards.find(compared)
