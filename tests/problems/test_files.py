"""Problems as files: read back whole, and refused where a frame was changed; with baskets or without."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from crmlab import store
from crmlab.errors import DataError
from crmlab.problems import files
from crmlab.problems.problem import FRAMES, HISTORY


@pytest.fixture
def plain(project, make):
    return make.rolling(n=20)


@pytest.fixture
def baskets(plain):
    """A problem with the fourth frame: two baskets of each customer."""
    people = sorted(plain.rows["customer"].unique())
    events = [(c, pd.Timestamp(day), "purchase", f"{c}-{day}") for c in people for day in DAYS]
    history = pd.DataFrame(events, columns=["customer", "at", "event", "basket"])
    frames = {f: getattr(plain, f) for f in FRAMES} | {HISTORY: history.astype({"at": "datetime64[us]"})}
    facts = plain.facts | {"digest": files.digest(frames, plain.facts)}
    return replace(plain, history=frames[HISTORY], facts=facts)


DAYS = ("2024-02-15", "2024-05-15")


def folder(problem):
    return store.problem_folder(problem.task, problem.name)


def test_a_problem_with_baskets_comes_back_whole(baskets):
    files.save(baskets)
    again = files.load(baskets.task, baskets.name)
    for frame in (*FRAMES, HISTORY):
        pd.testing.assert_frame_equal(getattr(again, frame), getattr(baskets, frame))
    assert again.last_fold().history["at"].max() == pd.Timestamp(DAYS[1])
    assert again.fold(0).history["at"].max() == pd.Timestamp(DAYS[0])


def test_the_digest_covers_the_baskets_where_there_are_some(plain, baskets):
    assert baskets.facts["digest"] != plain.facts["digest"]
    assert files.digest({f: getattr(plain, f) for f in FRAMES}, plain.facts) == plain.facts["digest"]


def test_a_problem_without_baskets_has_three_files(plain, baskets):
    files.save(baskets)
    assert sorted(f.name for f in folder(plain).iterdir()) == sorted(
        f"{n}.parquet" for n in (*FRAMES, HISTORY)
    )
    files.save(plain)
    assert sorted(f.name for f in folder(plain).iterdir()) == sorted(f"{n}.parquet" for n in FRAMES)
    assert files.load(plain.task, plain.name).history is None


DAMAGES = {
    "a basket is gone": lambda file: store.write_frame(file, pd.read_parquet(file).iloc[1:]),
    "a basket is earlier": lambda file: store.write_frame(
        file, pd.read_parquet(file).assign(at=lambda f: f["at"] - pd.Timedelta(days=1))
    ),
    "the file is gone": lambda file: file.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_baskets_are_noticed(baskets, damage):
    files.save(baskets)
    damage(folder(baskets) / f"{HISTORY}.parquet")
    with pytest.raises(DataError, match="changed or damaged; run `crmlab problem churn small` again"):
        files.load(baskets.task, baskets.name)


def test_a_history_that_does_not_belong_is_noticed(plain, baskets):
    files.save(plain)
    store.write_frame(folder(plain) / f"{HISTORY}.parquet", baskets.history)
    with pytest.raises(DataError, match="changed or damaged"):
        files.load(plain.task, plain.name)


def test_a_fact_that_was_edited_is_noticed(plain):
    """The digest covers what methods are handed; the seal covers every other fact, too."""
    files.save(plain)
    path = store.facts_file(plain.task, plain.name)
    path.write_text(path.read_text().replace('"base_rate": 0.', '"base_rate": 1.'))
    with pytest.raises(DataError, match=r"small\.json was edited.*run `crmlab problem churn small`"):
        files.load(plain.task, plain.name)
