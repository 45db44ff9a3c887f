"""The first page names every notebook, what came out, and the data that are here."""

from __future__ import annotations

from crmlab import params, registry, store, story
from crmlab.comparison import committed


def test_every_task_has_its_notebook_question_and_answers():
    table = story.questions()
    tasks = params.load().tasks
    assert list(table.index) == [f"{name}.ipynb" for name in tasks]
    record = committed.read("churn", "demo_shop")
    champion = record["methods"][record["verdict"]["champion"]]["label"]
    assert f"demo_shop: {champion} ({record['verdict']['word']})" in table.loc["churn.ipynb", "Answers"]
    assert table.loc["churn.ipynb", "Question"] == registry.find("tasks", "churn").question


def test_what_was_not_compared_or_is_damaged_is_said_and_hides_nothing(tmp_path, monkeypatch):
    (tmp_path / store.PARAMS).write_text((store.project() / store.PARAMS).read_text())
    monkeypatch.chdir(tmp_path)
    damaged = store.scores_file("churn", "demo_shop")
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{")
    answers = story.questions().loc["churn.ipynb", "Answers"]
    assert "demo_shop: damaged, run `dvc repro" in answers
    assert "cdnow: not compared yet" in answers


def test_data_that_are_not_here_say_how_to_get_them(tmp_path, monkeypatch):
    (tmp_path / store.PARAMS).write_text((store.project() / store.PARAMS).read_text())
    monkeypatch.chdir(tmp_path)
    table = story.shops()
    assert set(registry.names("datasets")) <= set(table.index)
    assert table.loc["cdnow", "State"] == "run `crmlab fetch cdnow`, `crmlab tables cdnow`"
    folder = store.tables_folder("cdnow")
    folder.mkdir(parents=True)
    (folder / "transactions.parquet").touch()
    assert story.shops().loc["cdnow", "State"] == "ready"
