"""One shop in many dialects: the same tables, or a question that names the option that answers it."""

import re
import tempfile
from pathlib import Path

import dialects
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from crmlab import store
from crmlab.data.own_data import from_csv
from crmlab.data.reading import Reading
from crmlab.errors import CrmlabError


def refusal(path, said):
    """Return what is said of a file, None where it is read."""
    try:
        from_csv("mine", path, reading=Reading(**said))
    except CrmlabError as error:
        return str(error)
    return None


def read(d, path):
    """Return how many questions had to be answered until the file was read."""
    said, answers = {}, dialects.answers(d)
    for asked in range(4):
        refused = refusal(path, said)
        if refused is None:
            return asked
        named = set(re.findall(r"--[a-z-]+", refused)) & set(answers)
        assert named, f"no option named: {refused} ({d})"
        new = [option for option in named if answers[option].keys() - said.keys()]
        assert new, f"answered and asked again: {refused} ({d})"
        for option in new:
            said |= answers[option]
    raise AssertionError(f"four questions were not enough ({d})")


def same_as_written(d):
    """Tell whether a file was read without an option; what was read is what was written, in any case."""
    d = dialects.possible(d)
    with tempfile.TemporaryDirectory() as folder:
        questions = read(d, dialects.write(d, Path(folder)))
    found = pd.read_parquet(store.tables_folder("mine") / "transactions.parquet")
    wanted = dialects.expected(d)
    found = found.sort_values(["timestamp", "order_id"], ignore_index=True)
    for column in ("customer", "order_id", "product", "description", "quantity"):
        assert found[column].tolist() == wanted[column].tolist(), (column, d)
    assert found["timestamp"].dt.round("s").tolist() == wanted["timestamp"].tolist(), d
    for column in ("unit_price", "amount"):
        assert found[column].astype(float).tolist() == wanted[column].tolist(), (column, d)
    return questions == 0


def shares(examples):
    """Return of how many dialects how many were read without an option."""
    seen = []

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(dialects.dialects())
    def each(d):
        seen.append(same_as_written(d))

    each()
    return len(seen), sum(seen)


@pytest.mark.parametrize("examples", [16, pytest.param(200, marks=pytest.mark.slow)])
def test_one_shop_in_many_dialects(project, examples):
    written, at_once = shares(examples)
    assert written >= examples
    assert at_once >= 0.75 * written
