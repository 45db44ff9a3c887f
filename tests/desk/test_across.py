"""Across problems: the roster and the problems of params.yaml are read, never a folder's content."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from crmlab import store
from crmlab.comparison import committed
from crmlab.comparison.committed import FORMAT
from crmlab.desk import across, board
from crmlab.errors import NotApplicable
from crmlab.plots import cost, overview
from crmlab.store.seal import sealed


def record(name, dataset, values, *, champion, real=False, digest="d"):
    """Return a committed score by AUC; values: {method: value or None}."""
    controls = {"prevalence": "chance", "hiatus": "status_quo"}
    methods = {
        f"classification/{m}": {
            "label": m.title(),
            "control": controls.get(m),
            "status": "ok" if v is not None else "not_applicable",
            "scores": {"auc": {"value": v, "lower": v - 0.01, "upper": v + 0.01}} if v is not None else {},
        }
        for m, v in values.items()
    }
    content = {
        "format": FORMAT,
        "problem": name,
        "dataset": dataset,
        "primary": "auc",
        "problem_digest": digest,
        "metrics": {"auc": {"label": "AUC"}},
        "methods": methods,
        "verdict": {
            "champion": f"classification/{champion}",
            "word": "better" if real else "undecided",
            "lead_is_real": real,
            "could_be_best": [f"classification/{champion}", "classification/logit"],
        },
        "summary": {
            "value": 0.9,
            "lower": 0.8,
            "upper": 0.95,
            "gain": 0.2,
            "gain.lower": 0.1,
            "gain.upper": 0.3,
        },
    }
    return sealed(content)


@pytest.fixture
def scores(project, monkeypatch):
    """Three problems on two data sets, one of them without scores; a left-over score that nobody names."""
    methods = {"classification": {m: {} for m in ("prevalence", "hiatus", "logit", "forest")}}
    task = SimpleNamespace(methods=methods, problems={"shop": {}, "shop_late": {}, "telco": {}, "unmade": {}})
    settings = SimpleNamespace(tasks={"churn": task}, task=lambda name: task)
    for place in (across, committed):
        monkeypatch.setattr(place, "settings", lambda: settings)
    three = {
        "shop": record(
            "shop",
            "shop",
            {"forest": 0.9, "logit": 0.8, "hiatus": 0.7, "prevalence": 0.5},
            champion="forest",
            real=True,
        ),
        "shop_late": record(
            "shop_late",
            "shop",
            {"forest": 0.7, "logit": 0.8, "hiatus": 0.6, "prevalence": 0.5},
            champion="logit",
        ),
        "telco": record(
            "telco",
            "telco",
            {"forest": 0.7, "logit": 0.8, "hiatus": None, "prevalence": 0.5},
            champion="logit",
        ),
        "left_over": record("left_over", "old", {"forest": 1.0}, champion="forest"),
    }
    for name, content in three.items():
        store.write_json(store.scores_file("churn", name), content)


def test_only_named_problems_are_read(scores):
    assert list(across.records("churn")) == ["shop", "shop_late", "telco"]


def test_matrix_marks_champions_and_keeps_the_roster_order(scores):
    table = across.matrix("churn")
    assert list(table) == ["Prevalence", "Hiatus", "Logit", "Forest"]
    assert table.loc["shop", "Forest"] == "0.900 ★★"
    assert table.loc["telco", "Logit"] == "0.800 ★"
    assert table.loc["telco", "Hiatus"] == "not applicable"


def test_what_holds_where_stands_side_by_side(scores):
    held = across.holds("churn")
    assert held.index.tolist() == ["shop", "shop_late", "telco"]
    assert held["Best"].tolist() == ["Forest", "Logit", "Logit"]
    assert held["Answer"].tolist() == ["better", "undecided", "undecided"]
    assert held["Gain over the status quo"].tolist() == ["0.200 [0.100, 0.300]"] * 3
    assert held["Could be best"].tolist() == [2, 2, 2]


def test_missing_and_stale_scores_are_named(scores):
    store.write_json(store.facts_file("churn", "shop"), {"digest": "d"})
    store.write_json(store.facts_file("churn", "telco"), {"digest": "another"})
    absent = across.absent().set_index("Problem")
    assert absent["Why"].to_dict() == {
        "telco": "scores of an earlier state of the problem",
        "unmade": "no scores yet",
    }
    assert absent.loc["unmade", "Make it with"] == "dvc repro comparison@churn-unmade"


def test_the_summary_is_computed_and_careful(scores):
    said = across.summary()
    assert "best by AUC is Forest on shop; Logit on shop_late, telco" in said
    assert "The answer is better on shop; undecided on shop_late, telco." in said
    assert "3 problems on 2 independent data sets" in said
    # two-sided Wilcoxon with 2 pairs: 2 / 2² = .5
    assert "the smallest p that a signed-rank test can have is 0.5" in said
    assert "not independent" in said


def test_without_scores_nothing_is_claimed(scores):
    for name in ("shop", "shop_late", "telco"):
        store.scores_file("churn", name).unlink()
    assert across.summary() == "**Churn**: no problem has scores yet."
    assert across.holds("churn").empty
    with pytest.raises(NotApplicable, match="no problem of churn has scores yet"):
        overview.draw("churn")


def test_the_overview_shows_every_problem(scores):
    figure = overview.draw("churn")
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["shop", "shop_late", "telco"]
    rings = [ln for ln in figure.axes[0].get_lines() if ln.get_markerfacecolor() == "none"]
    assert [(r.get_xdata()[0], r.get_color()) for r in rings] == [
        (0.9, "black"),
        (0.8, "#B0B0B0"),
        (0.8, "#B0B0B0"),
    ]
    assert figure.png() == overview.draw("churn").png()


def test_more_methods_than_colours_are_told_apart_by_their_marks():
    controls = {"classification/hiatus": "status_quo"}
    names = [f"classification/m{i}" for i in range(20)] + [*controls]
    looks = overview.looks("churn", {"shop": {"methods": {n: {"control": controls.get(n)} for n in names}}})
    assert len({looks[name] for name in names}) == 21
    assert looks["classification/hiatus"][1] == "|"


def test_costs_are_those_of_the_runs_that_are_kept_here(scores, monkeypatch):
    with pytest.raises(NotApplicable, match="no run of churn is kept"):
        cost.draw("churn")
    took = {"cpu_seconds": 6.0, "peak_memory_mb": 200.0, "fits": 3}
    monkeypatch.setattr(committed, "cost_of", lambda method: took if method["label"] == "Forest" else None)
    seconds, memory = cost.draw("churn").axes
    marks = [line for line in seconds.get_lines() if line.get_label() == "Forest"]
    assert marks
    assert {line.get_xdata()[0] for line in marks} == {2.0}
    assert max(line.get_ydata()[0] for line in marks) <= 0
    assert {line.get_xdata()[0] for line in memory.get_lines() if line.get_label() == "Forest"} == {200.0}


def test_the_cost_of_a_kept_run_is_read_from_it(scores):
    assert committed.cost_of({"run_key": None}) is None
    assert committed.cost_of({"run_key": "abc"}) is None
    store.write_json(store.run_folder("abc") / "run.json", {"cost": {"cpu_seconds": 1.0}})
    assert committed.cost_of({"run_key": "abc"}) == {"cpu_seconds": 1.0}


def test_whoever_is_within_the_margin_is_named_as_equivalent():
    methods = {m: {"label": m.title()} for m in ("forest", "logit", "hiatus", "tree")}
    against = {"forest": "equivalent", "logit": "real but less than matters", "tree": "better"}
    verdict = {"word": "equivalent", "against": against, "absent": []}
    assert board._lead(verdict, methods) == "equivalent: Forest; Logit"
    verdict |= {"word": "real but less than matters", "against": {"logit": "real but less than matters"}}
    assert board._lead(verdict, methods) == "real but less than matters: Logit"
