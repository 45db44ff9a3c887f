"""A kill or a full disk during door or ledger leaves the old tables or the new ones, never a mixture."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pandas as pd
import pytest

from crmlab import store
from crmlab.data import fingerprints
from crmlab.data.own_data import from_csv
from crmlab.history.ledger import build, open_ledger

OLD = "customer,date,amount\n1,2024-01-01,2\n2,2024-01-02,3\n"
NEW = "customer,date,amount\n" + "".join(f"{i % 50},2024-02-{1 + i % 28:02d},{i}.5\n" for i in range(5000))

CHILD = """
import os, signal, sys
from pathlib import Path
import pathlib, shutil
import crmlab.store.files
from crmlab.data.bench import Bench
from crmlab.data.own_data import from_csv
from crmlab.history.ledger import open_ledger
left = [int(sys.argv[1])]
def killing(act):
    def acted(*given, **named):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        done = act(*given, **named)
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return done
    return acted
for where, name in ((shutil, "rmtree"), (pathlib.Path, "replace"), (pathlib.Path, "unlink"),
                    (crmlab.store.files, "_exchanged"), (Bench, "batches")):
    setattr(where, name, killing(getattr(where, name)))
from_csv("mine", Path("new.csv")) if sys.argv[2] == "door" else open_ledger("mine")
print("done")
"""

FULL = """
import resource, signal, sys
from pathlib import Path
import crmlab.data.bench
from crmlab.data.own_data import from_csv
from crmlab.errors import CrmlabError
from crmlab.history.ledger import open_ledger
crmlab.data.bench.MEMORY = sys.argv[3]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
try:
    from_csv("mine", Path("new.csv")) if sys.argv[2] == "door" else open_ledger("mine")
except CrmlabError as error:
    sys.exit(f"refused: {error}")
"""


@pytest.fixture
def project(project):
    (project / "new.csv").write_text(NEW)
    (project / "old.csv").write_text(OLD)
    return project


def child(project, script, *words):
    command = [sys.executable, "-c", script, *map(str, words)]
    return subprocess.run(command, cwd=project, env=os.environ, capture_output=True, text=True)


def lines_there():
    """Return how many lines the tables have, after a check that they are the ones that are described."""
    known = fingerprints.fingerprint("mine")
    fingerprints.check_whole("mine", ["transactions"])
    (name,) = (p.name for p in store.tables_folder("mine").iterdir())
    assert name == "transactions.parquet"
    return known["tables"]["transactions"]["rows"]


@pytest.mark.slow
def test_a_kill_at_any_step_of_the_door_leaves_the_old_tables_or_the_new_ones(project):
    seen = []
    for at in range(1, 60):
        from_csv("mine", project / "old.csv")
        done = child(project, CHILD, at, "door")
        seen.append(lines_there())
        assert seen[-1] in (2, 5000)
        if done.stdout.startswith("done"):
            break
        assert done.returncode == -signal.SIGKILL
    assert done.stdout.startswith("done")
    assert seen.count(2) > 1
    assert seen.count(5000) > 1
    left = {p.name for p in (project / "data/tables").iterdir()}
    assert left == {"mine", "mine.json"}


@pytest.mark.slow
def test_a_kill_at_any_step_of_the_ledger_leaves_one_that_is_right(project):
    from_csv("mine", project / "old.csv")
    open_ledger("mine")
    from_csv("mine", project / "new.csv")
    for at in range(1, 60):
        done = child(project, CHILD, at, "ledger")
        found = build.contents(store.ledger_folder("mine"))
        assert found is not None
        if done.stdout.startswith("done"):
            break
    assert done.stdout.startswith("done")
    assert build.belongs(found, build.asked_of("mine"))
    assert [p.name for p in store.ledger_folder("mine").parent.iterdir()] == ["mine"]
    bought = open_ledger("mine").at(pd.Timestamp("2025-01-01").to_pydatetime(), "purchases")
    assert len(bought) == 50


@pytest.mark.parametrize("room", [1_000, 20_000, 60_000])
@pytest.mark.parametrize("what", ["door", "ledger"])
def test_a_full_disk_leaves_the_old_ones_and_says_so(project, what, room):
    from_csv("mine", project / "old.csv")
    open_ledger("mine")
    if what == "ledger":
        from_csv("mine", project / "new.csv")
    before = json.dumps(build.contents(store.ledger_folder("mine")))
    done = child(project, FULL, room, what, "500MB")
    assert done.returncode == 1
    assert "no room" in done.stderr
    assert lines_there() == (2 if what == "door" else 5000)
    assert json.dumps(build.contents(store.ledger_folder("mine"))) == before
    assert [p.name for p in store.ledger_folder("mine").parent.iterdir()] == ["mine"]


@pytest.mark.parametrize("room", [400_000, 4_000_000])
def test_a_disk_that_is_full_of_what_the_memory_does_not_hold_leaves_the_old_tables(project, room):
    from_csv("mine", project / "old.csv")
    lines = "".join(f"{i % 5000},2024-02-{1 + i % 28:02d},{i}.5\n" for i in range(400_000))
    (project / "new.csv").write_text("customer,date,amount\n" + lines)
    done = child(project, FULL, room, "door", "30MB")
    assert done.returncode == 1
    assert "no room" in done.stderr
    assert lines_there() == 2
