"""What can be asked of a shop with orders alone, of one with everything, and of rows with an outcome."""

from __future__ import annotations

import shutil

import pytest
import whole_shop

from crmlab import registry, store
from crmlab.data.own_data import from_csv
from crmlab.data.own_prices import OwnPrices
from crmlab.data.own_tables import Asked, Files, from_labelled, further
from crmlab.findings.shop.ready import find
from crmlab.maths.detectable import rate_difference
from crmlab.problems import chosen, on_demand

TASKS = ["acquisition", "churn", "cross_sell", "retention", "segmentation", "value"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A project with one shop of all tables, and one of orders alone."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(registry.PACKAGE.parents[1] / store.PARAMS, folder / store.PARAMS)
    patch = pytest.MonkeyPatch()
    patch.chdir(folder)
    patch.delenv("DVC_ROOT", raising=False)
    files = whole_shop.write(folder)
    orders = files.pop("orders")
    from_csv("whole", orders, further=further(Files(files)))
    from_csv("plain", orders, prices=OwnPrices(0.35, 0.8))
    yield folder
    patch.undo()


@pytest.fixture(scope="module")
def whole(shop):
    """What can be asked of the shop of all tables."""
    return find("whole")


def test_of_a_shop_with_all_tables_every_question_can_be_asked(whole, keeps_contract):
    found = whole
    keeps_contract(found)
    table = found.table.set_index("task")
    assert list(table.index) == TASKS
    assert table["can_be_asked"].all()
    assert (table["customers"] > 0).all()
    assert found.begin == ()
    churn = table.loc["churn"]
    assert churn["least_rate"] == pytest.approx(rate_difference(int(churn["customers"]), churn["base_rate"]))
    assert found.sentences[0] == "6 of 6 questions can be asked of whole."


def test_the_prices_of_the_shop_are_said(shop, whole):
    assert "The shop's own prices: margin 35% of revenue, a contact 0.80." in find("plain").sentences
    assert not [sentence for sentence in whole.sentences if "prices" in sentence]


def test_of_orders_alone_each_question_that_cannot_be_asked_has_its_reason(shop):
    found = find("plain")
    table = found.table.set_index("task")
    assert table[~table["can_be_asked"]]["because"].to_dict() == {
        "acquisition": "there is no table of sessions",
        "retention": "there is no table of memberships",
    }
    assert table.loc["churn", "missing"] == (
        *("contacts", "customers", "events", "fulfilment", "memberships", "products", "reviews"),
        *("sessions", "tickets"),
    )
    assert "Which members leave, and when? cannot: there is no table of memberships." in found.sentences
    assert [what.split()[0] for what in found.begin] == ["products", "customers", "sessions"]
    assert found.head().loc["Which members leave, and when?", "Can be asked"].startswith("no: there is no")


@pytest.mark.parametrize("task", TASKS)
def test_what_is_said_to_be_asked_is_posed_alike(whole, task):
    row = whole.table.set_index("task").loc[task]
    problem = on_demand.posed(task, "whole")
    fold = problem.last_fold()
    assert len(fold.test_row_ids) == row["customers"]
    assert (fold.cutoff or "") == row["cutoff"]
    solution = problem.solution.iloc[fold.test_row_ids]
    outcome = solution["outcome"] if "outcome" in solution else (solution["bought"] != "").astype(int)
    # a basket problem knows of goods alone
    assert task == "cross_sell" or outcome.sum() == row["events"]


def test_a_problem_on_own_data_says_who_and_what_is_not_in_it(shop):
    problem = on_demand.posed("churn", "whole")
    said = chosen.sentences(problem)
    n = len(problem.last_fold().test_row_ids)
    assert said[0].startswith(f"Asked about: {n:,} customers known before {problem.last_fold().cutoff}")
    assert said[1].startswith("Left truncation: the data begin on 2023-01-")
    assert said[-1].endswith("in params.local.yaml, which git ignores.")


def test_visitors_are_asked_about_under_one_name_before_and_after_the_sign_in(shop):
    problem = on_demand.posed("acquisition", "whole")
    assert problem.rows["customer"].str.startswith("visitor:").all()
    assert problem.facts["families"] == ["browsing"]
    won = problem.solution["outcome"] == 1
    # who looked before the first order is won; who never signs in is not
    assert set(problem.rows["customer"][won.to_numpy()].str[8]) == {"v"}
    assert {"n", "v"} >= set(problem.rows["customer"][~won.to_numpy()].str[8])
    assert 0 < won.mean() < 1


def test_local_settings_pose_a_question_in_another_way(shop):
    (shop / "params.local.yaml").write_text(
        "whole:\n  churn: {horizon_days: 45, test_cutoffs: ['2024-07-01'], train_cutoffs: []}\n"
    )
    problem = on_demand.posed("churn", "whole")
    assert problem.facts["horizon_days"] == 45
    assert problem.last_fold().cutoff == "2024-07-01"
    spec = on_demand.own_spec("whole", "churn")
    assert (spec["horizon_days"], spec["test_cutoffs"]) == (45, ["2024-07-01"])
    (shop / "params.local.yaml").unlink()


def test_rows_with_an_outcome_can_be_asked_what_was_published_of_them(shop):
    lines = ["who,age,left", *(f"p{i // 2},{20 + i},{'yes' if i % 3 else 'no'}" for i in range(60))]
    (shop / "rows.csv").write_text("\n".join(lines) + "\n")
    from_labelled("rows", shop / "rows.csv", Asked("left", "who"))
    table = find("rows").table.set_index("task")
    assert [*table.index[table["can_be_asked"]]] == ["acquisition", "churn"]
    assert table.loc["churn", ["customers", "events"]].tolist() == [60, 40]
