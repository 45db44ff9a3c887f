"""Studies: what was committed comes again, world by world, and says what it counts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from crmlab import store, studies
from crmlab.errors import UsageError
from crmlab.seeds import generator
from crmlab.studies import planted_pairs

ROOT = Path(__file__).parents[2]
PICKED = 3
"""Worlds of each study that the slow tier simulates again; which ones changes with every commit. The default
tier takes one of each, and none of a study that says so by DEFAULT_TIER, as its worlds take a minute: it then
looks at a small one."""


def commit() -> str:
    """Return the hash of the commit that is tested, or a fixed word where there is no git."""
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return found.stdout.strip() or "no commit"


def committed(name: str) -> dict:
    """Return the record of a study."""
    path = ROOT / "experiments" / "studies" / f"{name}.json"
    return store.read_json(path, made_by=f"python -m crmlab.studies {name}")


def again(name: str, count: int) -> None:
    """Simulate some worlds of a study again."""
    worlds = committed(name)["worlds"]
    picked = generator(0, commit(), name).choice(len(worlds), count, replace=False)
    for number in picked.tolist():
        found = store.rounded(studies.world(name, number))
        assert found == pytest.approx(worlds[number], rel=1e-6, abs=1e-6), f"world {number}"


def in_default_tier(name: str) -> int:
    """Return how many worlds of a study the default tier simulates again."""
    return getattr(studies.study(name), "DEFAULT_TIER", 1)


@pytest.mark.parametrize("name", [n for n in studies.names() if in_default_tier(n)])
def test_a_world_comes_again(name):
    again(name, in_default_tier(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", studies.names())
def test_more_worlds_come_again(name):
    again(name, PICKED)


def test_planted_pairs_are_found_in_a_small_shop_with_strong_ones():
    found = planted_pairs.run_world(1, **planted_pairs.SMALL)
    assert found["bundles"] >= 10
    assert min(found["free"], found["week"], found["sequences"]) >= 0.5


@pytest.mark.parametrize("name", studies.names())
def test_the_record_follows_from_its_worlds(name):
    kept = committed(name)
    assert [world["world"] for world in kept["worlds"]] == list(range(studies.study(name).WORLDS))
    assert store.rounded(studies.record(name, kept["worlds"])) == kept


@pytest.mark.parametrize("name", studies.names())
def test_what_is_claimed_holds(name):
    for outcome, found in committed(name)["claims"].items():
        assert found["holds"], f"{outcome}: {found['observed_rate']:.1%}"


def test_wilson_by_hand():
    # Newcombe 1998, table I: 81 of 263 by method 3 (score): .2553 to .3662; 0 of 20: 0 to .1611
    assert studies.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert studies.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert studies.wilson(0, 500)[0] == 0
    assert studies.wilson(500, 500)[1] == 1
    assert studies.wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


@pytest.mark.parametrize(
    ("side", "holds"),
    [
        (studies.AT_MOST, [True, True, False]),
        (studies.AT_LEAST, [False, True, True]),
        (studies.EQUAL, [False, True, False]),
    ],
)
def test_a_claim_holds_where_the_interval_allows_it(side, holds):
    claim = studies.Claim("", side, 0.5)
    assert [claim.holds(*interval) for interval in [(0.1, 0.4), (0.4, 0.6), (0.6, 0.9)]] == holds


def test_the_interval_of_a_mean_by_hand():
    # mean .9, standard deviation .1, three values: .9 ± 4.3027 · .1 / √3
    half = 4.302653 * 0.1 / 3**0.5
    assert studies.mean_interval([0.8, 0.9, 1.0]) == pytest.approx((0.9 - half, 0.9 + half), rel=1e-6)


def test_an_unknown_study_asks_did_you_mean():
    with pytest.raises(UsageError, match=r"no study is called 'twin'\. Did you mean 'twins'"):
        studies.study("twin")
