"""Committed scores: a stale key is found and named, and numbers are classed when they come again."""

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from crmlab import params, registry, store
from crmlab.comparison.compare import PIPELINE, compare
from crmlab.comparison.keys import run_key, score_key
from crmlab.data.own_names import LICENCE
from crmlab.desk import board, stale, verify
from crmlab.errors import DataError, UsageError
from crmlab.params.checking import TOP_KEYS
from crmlab.problems import files, pose
from crmlab.store.seal import sealed
from crmlab.vocabulary import OK

PARAMS = Path(__file__).parents[2] / "params.yaml"
SCORES = Path("experiments/scores/churn/telco_churn.json")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a project with one comparison, made and written as the pipeline does."""
    folder = tmp_path_factory.mktemp("made")
    content = yaml.safe_load(PARAMS.read_text())
    churn = content["churn"]
    churn["methods"] = {"classification": {"prevalence": {}, "logit": {"C": 1.0}, "tree": {}}}
    content["problems"] = {
        "churn-telco_churn": {
            "task": "churn",
            "problem": "telco_churn",
            "dataset": "telco_churn",
            "protocol": "cross_validation",
            "folds": 2,
            "repeats": 1,
            "overrides": {},
        }
    }
    churn["metrics"] = ["auc", "churn_profit"]
    churn["economics"] = {price: churn["economics"][price] for price in registry.prices("churn_profit")}
    content["limits"]["workers"] = 1
    content["pages"], content["beside"] = {}, {}
    content = {k: v for k, v in content.items() if k in TOP_KEYS or k == "churn"}
    (folder / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    random = np.random.default_rng(3)
    tenure = random.gamma(2.0, 12.0, 400)
    labelled = pd.DataFrame(
        {
            "row_id": [f"{n:04d}" for n in range(400)],
            "outcome": (random.random(400) < 1 / (1 + tenure / 12)).astype("int64"),
            "period": pd.Series([None] * 400, dtype="Int64"),
            "tenure": tenure,
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DVC_ROOT", raising=False)
        store.write_frame(store.tables_folder("telco_churn") / "labelled.parquet", labelled)
        tables = {"labelled": {"digest": store.digest(labelled)}}
        kept = {"tables": tables, "barred": {}, "span": None}
        store.write_json(store.fingerprint_file("telco_churn"), kept)
        settings = params.load()
        spec = settings.task("churn").spec("telco_churn")
        posed = pose.pose("churn", "telco_churn", spec, seed=settings.seed)
        files.save(posed)
        comparison = compare("churn", "telco_churn")
        assert [r.status for r in comparison.runs] == [OK] * 3
        comparison.save(PIPELINE)
    return folder


@pytest.fixture
def project(made, tmp_path, monkeypatch):
    """Return a copy of the made project, and go there."""
    shutil.copytree(made, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return tmp_path / "project"


def edit(path, change):
    """Apply `change` to the content of a YAML or JSON file (JSON is YAML); a record is sealed again."""
    content = yaml.safe_load(path.read_text())
    change(content)
    content = sealed(content) if "record_digest" in content else content
    text = json.dumps(content) if path.suffix == ".json" else yaml.safe_dump(content, sort_keys=False)
    path.write_text(text)


def test_what_was_just_made_holds(project):
    found = verify.verify_keys()
    assert found.to_dict("records") == [{"problem": "churn/telco_churn", "what": "as committed", "ok": True}]


def test_only_what_is_asked_for_is_recomputed(project):
    store.write_json(project / "experiments/scores/churn/another.json", {})
    assert len(verify.verify_keys()) == 2
    assert verify.verify_keys(["churn/telco_churn"])["problem"].tolist() == ["churn/telco_churn"]
    with pytest.raises(UsageError, match=r"--only: there is no 'churn/telco'\. Did you mean"):
        verify.verify_keys(["churn/telco"])


def test_what_own_data_made_here_is_no_committed_comparison(project):
    store.write_json(store.scores_file("churn", "mine"), {})
    store.write_json(store.fingerprint_file("mine"), {"licence": LICENCE})
    assert verify.verify_keys()["problem"].tolist() == ["churn/telco_churn"]


DAMAGES = {"a list": b"[]", "nothing": b"", "no text": b"\xff\xfe{}", "an empty object": b"{}"}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", ["data/tables/{}.json", "data/problems/churn/{}.json", str(SCORES)])
def test_a_damaged_file_is_a_row_with_its_name(project, file, damage):
    file = file.format("telco_churn")
    (project / file).write_bytes(DAMAGES[damage])
    (found,) = verify.verify_keys().to_dict("records")
    assert not found["ok"]
    assert f"{file} " in found["what"]
    assert "run `" in found["what"]


KEYS = {
    "a parameter": (
        lambda p: p["churn"]["methods"]["classification"]["logit"].update(C=2.0),
        ["classification/logit: C 1.0 → 2.0"],
    ),
    "a price": (
        lambda p: p["churn"]["economics"].update(contact_cost=2.5),
        ["scores: contact_cost 1.0 → 2.5"],
    ),
    "the level": (lambda p: p["intervals"].update(level=0.9), ["scores: level 0.95 → 0.9"]),
    "the metrics": (
        lambda p: p["churn"].update(metrics=["auc", "churn_profit", "brier"]),
        ["scores: metrics auc, churn_profit → auc, churn_profit, brier"],
    ),
    "a margin": (
        lambda p: p["margins"]["auc"].update(amount=0.5),
        ["scores: the replicates, a margin, who answered, or a source file that is gone"],
    ),
    "a method that leaves": (
        lambda p: p["churn"]["methods"]["classification"].pop("tree"),
        ["classification/tree left the roster"],
    ),
    "a method that enters": (
        lambda p: p["churn"]["methods"]["classification"].update(forest={}),
        ["classification/forest is new in the roster"],
    ),
    "how the problem is posed": (
        lambda p: p["problems"]["churn-telco_churn"].update(folds=3),
        ["the problem: params.yaml poses churn-telco_churn differently"],
    ),
}


@pytest.mark.parametrize("moved", KEYS)
def test_a_stale_key_names_the_part_that_moved(project, moved):
    change, expected = KEYS[moved]
    edit(project / "params.yaml", change)
    found = verify.verify_keys()
    assert not found["ok"].any()
    assert found["what"].tolist() == expected


def test_another_seed_moves_every_run_and_the_scores(project):
    edit(project / "params.yaml", lambda p: p.update(seed=1))
    what = verify.verify_keys()["what"].item()
    [runs] = [part for part in what.split("; ") if "classification/" in part]
    methods, change = runs.split(": ")
    assert change == "seed 20261121 → 1"
    assert set(methods.split(", ")) >= {"classification/logit", "classification/tree"}
    assert "scores: seed 20261121 → 1" in what


def test_changed_tables_are_found_from_the_fingerprint(project):
    edit(
        project / "data/tables/telco_churn.json",
        lambda f: f["tables"]["labelled"].update(digest="0"),
    )
    assert verify.verify_keys()["what"].tolist() == [
        "the problem: its seed, features, tables, or a source that poses it"
    ]


def test_the_source_file_that_changed_is_named_with_what_it_moved(project):
    def written_with_others(record):
        record["sources"]["methods/classification/logit.py"] = "another"
        record["sources"]["kinds/classification.py"] = "another"
        for method in record["methods"].values():
            method["run_key"] = "another"
        record["score_key"] = "another"
        record["sources"]["metrics/auc.py"] = "another"

    edit(project / SCORES, written_with_others)
    ranked = ", ".join(json.loads((project / SCORES).read_text())["methods"])
    assert verify.verify_keys()["what"].item().split("; ") == [
        f"kinds/classification.py changed: {ranked}",
        "methods/classification/logit.py changed: classification/logit",
        "scores: metrics/auc.py changed",
    ]


def test_of_many_methods_that_a_file_moved_the_number_is_named():
    assert stale._listed("abc") == "a, b, c"
    assert stale._listed("abcd") == "4 methods"


def test_an_edited_record_does_not_hold(project):
    path = project / SCORES
    path.write_text(path.read_text().replace("has the best", "is the best by", 1))
    for found in (verify.verify_keys().iloc[0], verify.verify_numbers(["churn"]).iloc[0]):
        assert not found["ok"]
        assert "was edited after it was written" in f"{found.get('what')} {found.get('where')}"


def test_scores_made_with_other_libraries_are_not_stale(project):
    def made_elsewhere(record):
        record["environment"]["numpy"] = "1.0.0"
        settings = params.load()
        churn = settings.task("churn")
        for method, run in record["methods"].items():
            run["run_key"] = run_key(
                record["problem_digest"],
                method,
                run["parameters"],
                churn.fitting(record["seed"], in_time=False),
                environment=record["environment"],
            )
        keys = {m: (run["run_key"], run["status"]) for m, run in record["methods"].items()}
        record["score_key"] = score_key(record["problem"], record["problem_digest"], keys, churn, settings)

    edit(project / SCORES, made_elsewhere)
    assert verify.verify_keys()["ok"].all()


def test_scores_without_a_problem_and_problems_without_scores_are_told(project):
    (project / SCORES).rename(project / SCORES.with_name("gone.json"))
    what = dict(verify.verify_keys()[["problem", "what"]].itertuples(index=False))
    assert what == {
        "churn/gone": "its scores are committed, but params.yaml does not have it",
        "churn/telco_churn": "no scores: run `dvc repro comparison@churn-telco_churn`",
    }


# --- numbers -------------------------------------------------------------------------------------
def test_numbers_come_again_exactly_from_the_tables_alone(project):
    shutil.rmtree(project / "experiments/store")
    shutil.rmtree(project / "data/problems/churn/telco_churn")
    before = (project / SCORES).read_bytes()
    found = verify.verify_numbers(["telco_churn"])
    assert found.to_dict("records") == [
        {"problem": "churn/telco_churn", "class": "exact", "worst": 0.0, "where": "", "ok": True}
    ]
    assert (project / SCORES).read_bytes() == before


def test_a_number_that_was_edited_is_found(project, monkeypatch):
    again = json.loads((project / SCORES).read_text())
    monkeypatch.setattr(verify, "_again", lambda *asked: again)
    edit(
        project / SCORES, lambda s: s["methods"]["classification/logit"]["scores"]["auc"].update(value=0.999)
    )
    found = verify.verify_numbers(["churn/telco_churn"]).iloc[0]
    assert (found["class"], found["ok"]) == ("order", False)
    assert found["where"].endswith(" auc value")


WORDS = {
    "verdict chosen": lambda v: v.update(chosen="classification/tree"),
    "verdict lead_is_real": lambda v: v.update(lead_is_real=not v["lead_is_real"]),
    "verdict contenders 9": lambda v: v["contenders"].extend(f"classification/m{i}" for i in range(9)),
    "verdict sentences 1": lambda v: v["sentences"].insert(0, "Nothing is known."),
}


@pytest.mark.parametrize("word", WORDS)
def test_a_word_of_the_verdict_that_does_not_come_again_is_found(project, monkeypatch, word):
    again = json.loads((project / SCORES).read_text())
    monkeypatch.setattr(verify, "_again", lambda *asked: again)
    edit(project / SCORES, lambda s: WORDS[word](s["verdict"]))
    found = verify.verify_numbers(["churn/telco_churn"]).iloc[0]
    assert (found["class"], found["ok"]) == ("order", False)
    assert found["where"].split()[0] == word.split()[0]


def test_only_must_name_something(project):
    with pytest.raises(UsageError, match=r"no 'telco'.*Did you mean 'telco_churn'"):
        verify.verify_numbers(["telco"])


def test_without_data_there_is_nothing_to_verify(project):
    shutil.rmtree(project / "data/tables/telco_churn")
    with pytest.raises(DataError, match="make reproduce"):
        verify.verify_numbers()


BEFORE = {"rank 1": "a", "rank 2": "b", "a auc value": 0.8, "b auc value": 0.7, "a status": "ok"}


@pytest.mark.parametrize(
    ("change", "expected", "worst"),
    [
        ({}, "exact", 0.0),
        ({"a auc value": 0.8 * (1 + 5e-7)}, "numeric", 5e-7),
        ({"a auc value": 0.8 * (1 + 2e-6)}, "order", 2e-6),
        ({"a auc value": None}, "order", math.inf),
        ({"rank 1": "b", "rank 2": "a"}, "different", math.inf),
        ({"a status": "failed"}, "order", math.inf),
        ({"c auc value": 0.5}, "order", math.inf),
    ],
)
def test_the_classes_of_difference(change, expected, worst):
    found = verify.classify(BEFORE, BEFORE | change)
    assert found["class"] == expected
    assert found["worst"] == pytest.approx(worst, rel=1e-5)


# --- the board of everything ---------------------------------------------------------------------
def test_the_board_reads_the_committed_scores(project):
    record = json.loads((project / SCORES).read_text())
    best = record["methods"][record["verdict"]["champion"]]
    (row,) = board.board()
    assert tuple(row) == board.COLUMNS
    assert (row["Question"], row["Problem"], row["Champion"]) == ("churn", "telco_churn", best["label"])
    assert row["Value"] == f"{best['scores']['auc']['value']:.3f}"
    assert row["Lead"].startswith(record["verdict"]["word"])
    table = board.markdown([row]).splitlines()
    assert len(table) == 3
    assert {line.count("|") for line in table} == {len(board.COLUMNS) + 1}


def test_the_rankings_show_every_method_with_its_reason(project):
    failing = {"status": "failed", "reason": "it broke", "scores": {}}
    edit(project / SCORES, lambda s: s["methods"]["classification/tree"].update(failing))
    lines, _ = board.rankings()
    record = json.loads((project / SCORES).read_text())
    assert lines[0] == f"churn/telco_churn: {record['metrics']['auc']['label']}, 95% interval"
    for line, method in zip(lines[1:4], record["methods"].values(), strict=True):
        assert line.split("  ")[1] == method["label"]
    assert sum("it broke" in line for line in lines) == 1
    assert sum("[chance]" in line for line in lines) == 1
    assert lines[-2].startswith("  Lead: ")


def test_the_rankings_name_only_a_notebook_that_is_there(project):
    assert board.rankings()[0][-1] == "  its notebook: run `dvc repro comparison@churn-telco_churn`"
    executed = store.executed_notebook("churn", "telco_churn")
    executed.parent.mkdir(parents=True)
    executed.touch()
    assert board.rankings()[0][-1] == "  experiments/notebooks/churn/telco_churn.ipynb"


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_record_is_a_line_of_the_rankings(project, damage):
    SCORES.write_bytes(DAMAGES[damage])
    _, (line,) = board.rankings()
    assert line.startswith(f"churn/telco_churn: {SCORES} ")


def test_a_value_just_below_zero_is_not_shown_as_minus_zero():
    assert board._number(-0.0001) == "0.000"
    assert board._number(-0.0006) == "-0.001"


def test_a_board_of_nothing_says_what_to_do(project):
    (project / SCORES).unlink()
    with pytest.raises(DataError, match="make reproduce"):
        board.board()
