"""A user's own rows with an outcome: numbers are numbers, and nobody is in both parts of a fold."""

from __future__ import annotations

import pandas as pd
import pytest

from crmlab import store
from crmlab.data.own_tables import Asked, from_labelled
from crmlab.errors import CrmlabError
from crmlab.problems.default_windows import auto_spec
from crmlab.problems.pose import pose
from crmlab.vocabulary import NUMERIC, TEST


def rows(count=60):
    """Return the text of a file with two rows per customer."""
    lines = ["id,who,score,zip,balance,plan,Exited"]
    for i in range(count):
        score = "NA" if i % 10 == 0 else str(300 + i)
        plan = ("basic", "pro")[i % 3 == 0]
        exited = ("yes", "no")[(i // 2) % 3 > 0]
        lines.append(f"{i + 1},c{i // 2},{score},{i:05d},{i}.50,{plan},{exited}")
    return "\n".join(lines) + "\n"


def bring(project, text, asked=None, **options):
    (project / "rows.csv").write_text(text, encoding="utf-8")
    return from_labelled("mine", project / "rows.csv", asked or Asked("Exited", "who"), **options)


def read():
    return pd.read_parquet(store.tables_folder("mine") / "labelled.parquet")


def refusal(project, text, asked=None, **options):
    with pytest.raises(CrmlabError) as error:
        bring(project, text, asked, **options)
    assert not store.fingerprint_file("mine").exists()
    return str(error.value)


def test_numbers_are_numbers_and_codes_are_text(project):
    said = bring(project, rows())
    found = read()
    assert found["score"].isna().sum() == 6
    assert found["score"].dropna().tolist()[:2] == [301.0, 302.0]
    assert found["balance"].tolist()[:2] == [0.5, 1.5]
    assert found["zip"].tolist()[:2] == ["00000", "00001"]
    assert found["id"].tolist()[:2] == ["1", "2"]
    assert found["outcome"].sum() == 20
    assert any("score: 6 words such as 'NA' are missing values" in line for line in said)
    assert any("id: another whole number in every row" in line for line in said)


def test_a_slip_among_numbers_is_named_and_may_be_text(project):
    text = rows().replace(",5.50,", ",5.5O,")
    said = refusal(project, text)
    assert "balance '5.5O' is no number among numbers" in said
    assert "(line 7)" in said
    bring(project, text, Asked("Exited", "who", text=("balance",)))
    assert read()["balance"].tolist()[5] == "5.5O"


def test_an_outcome_of_other_words_is_asked_for(project):
    text = rows().replace(",yes", ",gone").replace(",no", ",here")
    assert "Exited has 2 values ('gone', 'here')" in refusal(project, text)
    bring(project, text, Asked("Exited", "who", positive="gone"))
    assert read()["outcome"].sum() == 20


def test_an_outcome_that_is_missing_or_of_three_words_is_refused(project):
    assert "has 3 values" in refusal(project, rows().replace(",yes", ",maybe", 1))
    assert "Exited is empty (line 2)" in refusal(project, rows().replace(",yes", ",", 1))
    assert "no column 'Exitd'" in refusal(project, rows(), Asked("Exitd"))


def test_rows_that_repeat_another_are_counted_and_kept(project):
    text = rows()
    said = bring(project, text + text.splitlines()[-1] + "\n")
    assert len(read()) == 61
    assert any("1 rows repeat another one" in line for line in said)


def test_no_fold_divides_a_customer(project):
    bring(project, rows())
    problem = pose("churn", "mine", auto_spec("mine", "churn"), seed=3)
    assert problem.facts["groups"] == 30
    assert problem.rows["customer"].nunique() == 30
    assert "cluster" not in problem.rows
    assert problem.facts["roles"]["score"] == NUMERIC
    assert len(problem.fold_numbers()) == 10
    owners = problem.rows.set_index("row_id")["customer"]
    for number in problem.fold_numbers():
        mine = problem.folds[problem.folds["fold"] == number]
        parts = mine.groupby(mine["row_id"].map(owners))["part"].nunique()
        assert (parts == 1).all()
    tested = problem.folds[problem.folds["part"] == TEST].groupby("row_id").size()
    assert tested.tolist() == [2] * 60


def test_rows_with_days_are_divided_in_time(project):
    text = rows().replace("id,", "day,", 1)
    lines = text.splitlines()
    dated = [lines[0]] + [
        f"2024-{1 + i // 28:02d}-{1 + i % 28:02d},{line.split(',', 1)[1]}" for i, line in enumerate(lines[1:])
    ]
    bring(project, "\n".join(dated) + "\n", Asked("Exited", period="day"))
    assert read()["period"].iloc[0] == (pd.Timestamp("2024-01-01") - pd.Timestamp(0)).days
    spec = auto_spec("mine", "churn")
    assert spec == {"dataset": "mine", "protocol": "chronological", "train_share": 0.8}
