"""Places, writing by rename, and digests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from crmlab import store
from crmlab.errors import DataError, UsageError


# --- places -------------------------------------------------------------------------------------
def test_the_project_is_found_from_below(project, monkeypatch):
    below = project / "notebooks" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert store.project() == project
    assert store.scores_file("churn", "demo_shop") == project / "experiments/scores/churn/demo_shop.json"


def test_no_project_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"no params.yaml in .* or above it"):
        store.project()


def test_runs_and_tracking_outlive_an_experiment_copy(project, tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "main"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert store.run_folder("k") == tmp_path / "main" / "experiments" / "store" / "k"
    assert store.tracking_uri() == f"sqlite:///{tmp_path / 'main' / 'mlflow.db'}"
    assert store.problem_folder("churn", "x").is_relative_to(project)


def test_a_mirror_is_relative_to_home(project, monkeypatch):
    monkeypatch.delenv("CRMLAB_MIRROR", raising=False)
    assert store.mirror() is None
    monkeypatch.setenv("CRMLAB_MIRROR", "../mirror")
    assert store.mirror() == project.parent / "mirror"


def test_paths_are_shown_as_a_reader_wants_them(project, tmp_path):
    assert store.show(project / "data" / "raw") == "data/raw"
    assert store.show(tmp_path / "elsewhere") == str(tmp_path / "elsewhere")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", "/tmp/x", ".hidden", "a\0b", "x" * 101]
)
def test_a_name_stays_in_its_folder(project, name):
    for place in (store.problem_folder, store.facts_file, store.scores_file, store.executed_notebook):
        with pytest.raises(UsageError, match="is no name: one has letters, digits"):
            place("churn", name)
    with pytest.raises(UsageError, match="is no name"):
        store.tables_folder(name)


# --- writing ------------------------------------------------------------------------------------
def break_off(writing, write) -> None:
    """Begin to write and fail."""
    with writing as part:
        write(part)
        raise RuntimeError("no")


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "new" / "file.txt"
    with store.replacing(target) as part:
        part.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert target.stat().st_mode & 0o777 == 0o644


def test_a_failed_write_keeps_what_was_there(tmp_path):
    target = tmp_path / "file.txt"
    target.write_text("before")
    with pytest.raises(RuntimeError, match="no"):
        break_off(store.replacing(target), lambda part: part.write_text("half"))
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    target = tmp_path / "folder"
    for name in ("one", "two"):
        with store.replacing_folder(target) as part:
            (part / name).touch()
    assert [f.name for f in target.iterdir()] == ["two"]
    with pytest.raises(RuntimeError, match="no"):
        break_off(store.replacing_folder(target), lambda part: (part / "three").touch())
    assert [f.name for f in target.iterdir()] == ["two"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_process_killed_while_it_writes_leaves_the_old_folder(tmp_path):
    target = tmp_path / "folder"
    with store.replacing_folder(target) as part:
        (part / "old").touch()
    code = (
        "import pathlib, time\nfrom crmlab import store\n"
        f"with store.replacing_folder(pathlib.Path({str(target)!r})) as part:\n"
        "    (part / 'new').touch()\n    time.sleep(600)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", code])
    until = time.monotonic() + 60
    while not list(tmp_path.glob(".folder.*.part/new")):
        assert time.monotonic() < until
        time.sleep(0.02)
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    assert [f.name for f in target.iterdir()] == ["old"]


def test_a_lock_is_waited_for_and_freed_by_a_death(project):
    code = (
        "from crmlab import store\nimport time\n"
        "with store.locked('a/b'):\n    print(1, flush=True)\n    time.sleep(600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"1\n"
    lock = str(project / "experiments" / "locks" / "a.b.lock")
    tries = f"from fcntl import *\nflock(open({lock!r}), LOCK_EX | LOCK_NB)"
    assert b"BlockingIOError" in subprocess.run([sys.executable, "-c", tries], capture_output=True).stderr
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with store.locked("a/b"):
        assert (project / "experiments" / "locks" / "a.b.lock").exists()


# --- JSON ---------------------------------------------------------------------------------------
def test_json_is_readable_and_rounded(tmp_path):
    path = tmp_path / "a.json"
    content = {"b": 1 / 3, "a": [np.float64(2e-12 / 3), np.int64(7), True, None], "c": {"x": float("nan")}}
    store.write_json(path, content)
    assert path.read_text() == (
        '{\n "b": 0.333333333,\n "a": [\n  6.66666667e-13,\n  7,\n  true,\n  null\n ],\n'
        ' "c": {\n  "x": null\n }\n}\n'
    )
    assert store.read_json(path, made_by="x")["a"][1] == 7


@pytest.mark.parametrize("value", [float("inf"), -np.inf, np.float32("nan")])
def test_what_json_cannot_say_is_null(value):
    assert store.rounded({"x": value}) == {"x": None}


def test_reading_what_is_not_there_names_the_command(project):
    with pytest.raises(DataError, match=r"facts.json is missing: run `crmlab problem churn x` first"):
        store.read_json(project / "facts.json", made_by="crmlab problem churn x")
    with pytest.raises(DataError, match=r"rows.parquet is missing: run `make it` first"):
        store.read_frame(project / "rows.parquet", made_by="make it")
    (project / "facts.json").write_text('{"a": ')
    with pytest.raises(DataError, match=r"facts.json is not JSON .*: run `make it` again"):
        store.read_json(project / "facts.json", made_by="make it")
    (project / "rows.parquet").write_bytes(b"<html>no such page</html>")
    with pytest.raises(DataError, match=r"rows.parquet cannot be read .*: run `make it` again"):
        store.read_frame(project / "rows.parquet", made_by="make it")


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"[1]", "holds a JSON list, not an object"), (b"\xff{}", "is not JSON"), (b"{}", "lacks 'tables'")],
)
def test_what_is_no_json_object_names_the_command(project, content, says):
    (project / "shop.json").write_bytes(content)
    with pytest.raises(DataError, match=f"shop.json {says}.*: run `make it` again"):
        store.read_json(project / "shop.json", made_by="make it", holding=["tables"])


# --- frames -------------------------------------------------------------------------------------
def frame(**changes) -> pd.DataFrame:
    """Return a frame with a column of every type that problems have."""
    columns = {
        "row_id": np.arange(9, dtype=np.int64),
        "customer": pd.Series([f"c{i}" for i in range(8)] + [None], dtype="str"),
        "origin": pd.Series(pd.to_datetime(["2024-01-01"] * 8 + [None])).astype("datetime64[us]"),
        "spend": np.r_[np.nan, np.linspace(0, 1, 8)],
        "flag": [True, False, True] * 3,
    }
    return pd.DataFrame(columns | changes)


def test_the_same_frame_has_the_same_bytes_and_comes_back(tmp_path):
    paths = tmp_path / "a.parquet", tmp_path / "b.parquet"
    for path in paths:
        store.write_frame(path, frame())
    assert paths[0].read_bytes() == paths[1].read_bytes()
    back = store.read_frame(paths[0], made_by="x")
    pd.testing.assert_frame_equal(back, frame())
    assert store.digest(back) == store.digest(frame())


@pytest.mark.parametrize(
    "changes",
    [
        {"flag": [True, False, True] * 2 + [False] * 3},
        {"spend": np.r_[np.nan, np.nextafter(0, 1), np.linspace(0, 1, 8)[1:]]},
        {"spend": np.r_[0.0, np.linspace(0, 1, 8)]},
        {"customer": pd.Series(["c0"] * 9, dtype="str")},
        {"row_id": np.arange(9, dtype=np.int32)},
        {"further": 1},
    ],
)
def test_any_change_changes_the_digest(changes):
    assert store.digest(frame(**changes)) != store.digest(frame())


def test_the_order_of_rows_and_columns_counts():
    assert store.digest(frame().iloc[::-1].reset_index(drop=True)) != store.digest(frame())
    assert store.digest(frame()[list(frame())[::-1]]) != store.digest(frame())


def test_a_digest_does_not_see_chunks_slices_or_what_lies_under_a_null():
    whole = store.as_arrow(frame())
    parts = pa.concat_tables([whole.slice(0, 4), whole.slice(4)])
    longer = pa.concat_tables([whole, whole]).combine_chunks().slice(9)
    assert store.digest(parts) == store.digest(longer) == store.digest(whole)
    hidden = [
        pa.Array.from_buffers(pa.int64(), 2, [pa.py_buffer(b"\x01"), pa.py_buffer(np.array([1, x]))])
        for x in (2, 3)
    ]
    one, other = (store.digest(pa.table({"a": values})) for values in hidden)
    assert one == other


def test_the_digest_of_content_does_not_see_the_order_of_keys():
    assert store.digest_of({"a": 1, "b": [2]}) == store.digest_of({"b": [2], "a": 1})
    assert store.digest_of({"a": 1}) != store.digest_of({"a": 2})


# --- the engine ---------------------------------------------------------------------------------
def test_tables_that_were_not_made_name_the_command(project):
    with pytest.raises(DataError, match="no tables of 'shop': run `crmlab tables shop` first"):
        store.open_tables("shop", connection=None)


@pytest.mark.parametrize("damage", ["cut", "foreign", "other columns"])
def test_a_damaged_table_names_its_file_and_the_command(project, damage):
    file = store.tables_folder("shop") / "transactions.parquet"
    store.write_frame(file, frame())
    described = {"tables": {"transactions": {"columns": dict.fromkeys(frame(), "")}}}
    store.write_json(store.fingerprint_file("shop"), described)
    assert list(store.open_tables("shop", store.engine())) == ["transactions"]
    if damage == "other columns":
        store.write_frame(file, frame()[["row_id"]])
    else:
        file.write_bytes(file.read_bytes()[:200] if damage == "cut" else b"<html>no such page</html>")
    with pytest.raises(DataError, match=r"transactions.parquet .*: run `crmlab tables shop` again"):
        store.open_tables("shop", store.engine())
