"""Season: peaks are found and no noise, windows that training does not know are named, cohorts counted."""

from __future__ import annotations

import pandas as pd
import pytest

from crmlab.data import own_data
from crmlab.errors import NotApplicable
from crmlab.findings.trust import season
from crmlab.history.peaks import peaks_within, same_season
from crmlab.seeds import generator


def orders(path, *, peaks: bool) -> None:
    """Write two years of orders: 30 a week at random days, and in a week of November far more."""
    rng, lines = generator(5, "season"), []
    for week in range(104):
        monday = pd.Timestamp("2022-01-03") + pd.Timedelta(weeks=week)
        is_peak = peaks and monday.month == 11 and 21 <= monday.day <= 27
        for _ in range(rng.poisson(30) + 90 * is_peak):
            day = monday + pd.Timedelta(days=int(rng.integers(7)))
            # in a peak come people who were never seen before, and few come back
            who = f"n{len(lines)}" if is_peak else f"c{rng.integers(300)}"
            lines.append((who, day.date().isoformat(), 5.0))
    frame = pd.DataFrame(lines, columns=["customer", "timestamp", "amount"])
    frame.to_csv(path, index=False)


@pytest.fixture
def asked(project, make):
    """Return a function from whether there are peaks, and from cutoffs, to a comparison on such data."""

    def compared(peaks, test="2023-11-01", horizon=60):
        orders(project / "orders.csv", peaks=peaks)
        own_data.from_csv("mine", project / "orders.csv")
        problem = make.rolling(n=20)
        shift = pd.Timestamp(test) - pd.Timestamp("2024-07-01")
        rows = problem.rows.assign(origin=problem.rows["origin"] + shift)
        facts = problem.facts | {"dataset": "mine", "horizon_days": horizon}
        facts["folds"] = [
            f | {"cutoff": str((pd.Timestamp(f["cutoff"]) + shift).date())} for f in facts["folds"]
        ]
        found = make.answered(problem, "same", answer=lambda f, s: 0.5)
        posed = type(problem)(**{**vars(problem), "rows": rows, "facts": facts})
        return type("Compared", (), {"problem": posed, "runs": [found]})()

    return compared


def test_a_peak_that_training_lacks_is_warned_of(asked, keeps_contract):
    found = season.find(asked(True))
    keeps_contract(found)
    weeks = found.table.loc[found.table["is_peak"], "week"]
    assert [str(w.date()) for w in weeks] == ["2022-11-21", "2023-11-27"]
    # training asked for what came after 2023-05-03 and 2023-08-02
    assert len(found.lacking["2023-11-01"]) >= 1
    assert found.sentences[0].startswith("The label window from 2023-11-01 holds a peak of the year")
    peak, other = found.cohorts["again"] / found.cohorts["customers"]
    assert peak < 0.05 < 0.3 < other
    assert any(s.startswith("Of 90") or "customers won in a peak" in s for s in found.sentences)


def test_a_window_without_the_peak_is_not(asked):
    found = season.find(asked(True, test="2023-09-01"))
    assert found.lacking["2023-09-01"] == ()
    assert not any("holds a peak" in said for said in found.sentences)


def test_noise_is_no_peak(asked, keeps_contract):
    found = season.find(asked(False))
    keeps_contract(found)
    assert found.sentences == (
        "No week stands out of the weeks around it: the data show no peak of the year.",
    )


def test_a_peak_comes_again_next_year_and_is_known_by_its_time_of_year():
    peaks = pd.Series(pd.to_datetime(["2022-11-21"]))
    (day,) = peaks_within(peaks, pd.Timestamp("2024-11-01"), pd.Timestamp("2024-12-01"))
    assert abs((day - pd.Timestamp("2024-11-21")).days) <= 1
    assert peaks_within(peaks, pd.Timestamp("2024-02-01"), pd.Timestamp("2024-05-01")) == []
    assert same_season(pd.Timestamp("2023-12-30"), [pd.Timestamp("2022-01-03")])
    assert not same_season(pd.Timestamp("2023-12-30"), [pd.Timestamp("2022-06-01")])


def test_a_random_split_has_no_season(make):
    compared = type("Compared", (), {"problem": make.resampled()})()
    with pytest.raises(NotApplicable, match="purchases in time"):
        season.find(compared)
