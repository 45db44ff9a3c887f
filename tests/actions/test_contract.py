"""Every file of actions/: whom it serves, what its list holds, whom it spares, and where it goes."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pandas as pd
import pytest
from small_comparisons import SMALL

from crmlab import actions, params, registry, store
from crmlab.declare.action import Action
from crmlab.errors import NotApplicable, UsageError
from crmlab.store import spreadsheet

NAMES = registry.names("actions")
TASKS = registry.names("tasks")
IN_MONEY = {"score", "probability", "expected_profit", "contact", "reason_1", "reason_2", "reason_3"}
"""The columns of a list that says whom to contact."""


@pytest.fixture(scope="module", params=NAMES)
def case(request, make, tmp_path_factory):
    """Yield an action's name, the small comparison of a task that it serves, and its list."""
    action = registry.find("actions", request.param)
    small = SMALL.get(request.param, SMALL[action.tasks[0]])
    with small(make, tmp_path_factory.mktemp("action")) as comparison:
        yield SimpleNamespace(name=request.param, comparison=comparison, listing=action.make(comparison))


def last_rows(comparison) -> pd.DataFrame:
    """Return the last window's rows by customer."""
    return comparison.problem.last_fold().test_rows.set_index("customer")


def content(folder) -> dict[str, bytes]:
    """Return the files of a folder by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- what is declared ---------------------------------------------------------------------------
@pytest.mark.parametrize("name", NAMES)
def test_an_action_serves_the_tasks_that_name_it(name):
    action = registry.find("actions", name)
    assert isinstance(action, Action)
    assert action.label
    assert action.tasks
    assert set(action.tasks) == {t for t in TASKS if name in actions.of_task(t)}
    assert action.tasks
    assert (action.facts is None) == (action.answered is None)


@pytest.mark.parametrize("task", TASKS)
def test_a_task_names_actions_whose_prices_it_has(task):
    prices = params.load().task(task).economics
    for name, action in actions.of_task(task).items():
        assert set(action.prices) <= set(prices), name


def test_an_action_without_its_prices_makes_no_list(case):
    action = registry.find("actions", case.name)
    for price in action.prices:
        left = {name: value for name, value in case.comparison.economics.items() if name != price}
        poor = type(case.comparison)(**vars(case.comparison) | {"economics": left})
        with pytest.raises(NotApplicable, match=f"the task names no {price}: "):
            action.make(poor)


# --- the list -----------------------------------------------------------------------------------
def test_every_customer_of_the_last_window_is_on_a_list_once(case):
    everybody, listed = set(last_rows(case.comparison).index), case.listing.table["customer"]
    assert listed.is_unique
    assert set(listed) <= everybody
    listings = []
    for action in actions.of_task(case.comparison.task).values():
        with contextlib.suppress(NotApplicable):
            listings.append(action.make(case.comparison))
    assert set().union(*(listing.table["customer"] for listing in listings)) == everybody


def test_its_columns_are_those_of_the_contract(case):
    table = case.listing.table
    if "contact" not in table:
        assert {"segment", "name"} <= set(table)
        assert table["name"].notna().all()
        return
    assert set(table) >= IN_MONEY
    assert table["probability"].between(0, 1).all()
    assert set(table["contact"]) <= set(actions.CONTACTS)
    worth = table[table["contact"].isin(("contact", "over budget"))]
    assert worth["expected_profit"].is_monotonic_decreasing


def test_nobody_without_consent_is_contacted(case):
    table = case.listing.table
    if "contact" in table:
        silent = last_rows(case.comparison)["consent"].loc[table["customer"]].to_numpy() != 1
        assert silent.any()
        assert (table["contact"][silent] == "no consent").all()
        assert (table["contact"][~silent] != "no consent").all()


def test_readers_get_sentences_and_the_top(case):
    assert all(said[0].isupper() and said.endswith(".") for said in case.listing.sentences)
    head = case.listing.head(3)
    assert head.index.tolist() == case.listing.table["customer"].head(3).tolist()
    assert head.columns.str[0].str.isupper().all()


# --- files --------------------------------------------------------------------------------------
def test_a_list_is_written_twice_and_again_the_same(case):
    folder = actions.write(case.comparison, "pipeline")
    task, problem = case.comparison.task, case.comparison.name
    assert folder == store.project() / "experiments" / "actions" / task / problem
    written = content(folder)
    own = {name for name in written if name.split(".")[0] not in actions.of_task(task).keys() - {case.name}}
    assert own == {f"{case.name}.parquet", f"{case.name}.csv", *case.listing.further}
    kept, table = pd.read_parquet(folder / f"{case.name}.parquet"), case.listing.table
    pd.testing.assert_frame_equal(kept[list(table)], table)
    last = case.comparison.problem.last_fold().cutoff
    assert set(kept["as_of"]) == {(pd.Timestamp(last) - pd.Timedelta(days=1)).date().isoformat()}
    assert kept["judged"].iloc[0].endswith(last)
    assert kept["method"].iloc[0] in [r.method for r in case.comparison.runs]
    actions.write(case.comparison, "pipeline", {case.name: case.listing})
    assert content(folder) == written


def test_a_spreadsheet_takes_no_cell_for_a_formula(case):
    folder = actions.write(case.comparison)
    for path in folder.glob("*.csv"):
        texts = pd.read_csv(path).select_dtypes("str").fillna("")
        assert not texts.apply(lambda c: c.str.strip().str.match(r"[=+\-@]")).any(axis=None), path.name


def test_what_fails_on_the_way_leaves_the_old_files_alone(case, monkeypatch):
    folder = actions.write(case.comparison, "pipeline")
    before = content(folder)
    monkeypatch.setattr(spreadsheet, "write", lambda frame, path: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        actions.write(case.comparison, "pipeline")
    assert content(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_where_there_is_no_list_its_reason_takes_the_place_of_an_older_one(case, monkeypatch):
    folder = actions.write(case.comparison, "pipeline")

    def make(comparison):
        raise NotApplicable("nobody is there")

    monkeypatch.setattr(actions, "of_task", lambda task: {case.name: Action("", (task,), make)})
    actions.write(case.comparison, "pipeline")
    assert content(folder) == {f"{case.name}.no_list.txt": b"nobody is there\n"}


def test_a_look_around_does_not_touch_the_pipelines_files(case):
    assert actions.write(case.comparison).is_relative_to(store.scratch_folder())
    with pytest.raises(UsageError, match="'pipelin' must be 'pipeline' or 'scratch'"):
        actions.write(case.comparison, "pipelin")


def test_a_list_of_another_tasks_action_is_refused(case):
    with pytest.raises(UsageError, match=f"the task '{case.comparison.task}' has no action 'kep'"):
        actions.write(case.comparison, made={"kep": case.listing})


@pytest.mark.parametrize("task", [t for t in TASKS if not actions.of_task(t)])
def test_a_task_without_actions_says_so(project, task):
    folder = actions.write(SimpleNamespace(task=task, name="small"), "pipeline")
    assert content(folder) == {"no_list.txt": f"no action serves the task {task}\n".encode()}
