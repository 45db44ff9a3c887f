"""Policies: the file of the repository holds, mistakes have their line, places are where they should be."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crmlab import store
from crmlab.errors import NotApplicable, UsageError
from crmlab.segments import policies

OURS = Path(__file__).parents[2] / "policies.yaml"
WHOLE = """loyalty: [behavioural]
places:
  - {value: high, recency: high, loyalty: any, policy: keep}
  - {value: any, recency: any, loyalty: any, policy: leave}
"""


def read(text):
    """Write policies.yaml into the current project and load it."""
    store.policies_file().write_text(text)
    return policies.load()


def test_ours_has_a_policy_for_every_place(project):
    shutil.copy(OURS, project)
    found = policies.load()
    assert len(found.by_place) == 27
    assert found.scales == ("emotional", "attitudinal", "behavioural")
    assert all(found.by_place.values())


def test_the_first_line_that_fits_decides(project):
    found = read(WHOLE)
    assert found.of({"value": "high", "recency": "high", "loyalty": "low"}) == "keep"
    assert found.of({"value": "high", "recency": "mid", "loyalty": "low"}) == "leave"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("recency: high", "recency: hihg", r"line 3: recency 'hihg'. Did you mean 'high'"),
        ("value: any", "valu: any", r"line 4: unknown key 'valu'. Did you mean 'value'"),
        (", policy: keep", "", r"line 3: policy is missing"),
        ("[behavioural]", "[habitual]", r"line 1: loyalty 'habitual'"),
        ("value: any", "value: low", r"line 3: no line meets {value: mid, recency: low, loyalty: low}"),
        ("recency: high", "recency: any", None),
        ("value: high, recency: high", "value: any, recency: any", r"line 4: the lines above meet every"),
        ("{value: high", "{value: high, [", r"policies.yaml is not YAML"),
        ("places:", "place:", r"line 2: unknown key 'place'. Did you mean 'places'"),
        (WHOLE, "", r"policies.yaml: must hold loyalty, places"),
        ("[behavioural]", "behavioural", r"`loyalty` and `places` must be lists"),
    ],
)
def test_a_mistake_is_told_with_its_line(project, old, new, says):
    text = WHOLE.replace(old, new)
    assert text != WHOLE
    if says is None:
        assert read(text).of({"value": "high", "recency": "low", "loyalty": "low"}) == "keep"
        return
    with pytest.raises(UsageError, match=says):
        read(text)


def test_without_a_file_the_table_says_so(segmented):
    table = policies.policy_table(segmented(30, 30), policies.load())
    assert set(table["policy"]) == {policies.NO_FILE}


def test_a_segment_lies_where_its_middle_customer_lies(segmented):
    assigned = segmented(40, 40, 40)
    found = policies.places(assigned, read(WHOLE))
    # the groups spend 100, 200, 300 and bought 300, 200, 100 days ago: exactly the thirds
    assert found["value"].tolist() == ["high", "mid", "low"]
    assert found["recency"].tolist() == ["high", "mid", "low"]
    table = policies.policy_table(assigned, policies.load())
    assert table["policy"].tolist() == ["keep", "leave", "leave"]
    assert table["customers"].tolist() == [40, 40, 40]


def test_a_scale_that_few_have_is_passed_over(segmented):
    rated = np.where(np.arange(60) < 20, np.arange(60) % 5, np.nan)
    both = read(WHOLE.replace("[behavioural]", "[attitudinal, behavioural]"))
    found = policies.places(segmented(30, 30, rating_mean=rated), both)
    assert set(found["loyalty_scale"]) == {"behavioural"}
    rated = np.arange(60) % 5 + 0.0
    found = policies.places(segmented(30, 30, rating_mean=rated), both)
    assert set(found["loyalty_scale"]) == {"attitudinal"}
    found = policies.places(segmented(30, 30), read(WHOLE.replace("[behavioural]", "[emotional]")))
    assert set(found["loyalty_scale"]) == {""}
    assert set(found["loyalty"]) == {"mid"}


def test_reach_is_the_share_with_consent(segmented):
    consent = np.concatenate([np.repeat([1.0, 0.0], [30, 10]), np.ones(40)])
    table = policies.policy_table(segmented(40, 40, consent=consent), read(WHOLE))
    assert table["reach"].tolist() == [1.0, 0.75]
    assert table["reach_lower"][1] < 0.75 < table["reach_upper"][1]


def test_a_small_segment_keeps_its_size_to_itself(segmented):
    table = policies.policy_table(segmented(5, 40, 60), read(WHOLE))
    # segment 2 has 5 customers; with the other two sizes it could be had, so 40 is hidden as well
    assert table["customers"].isna().tolist() == [False, True, True]
    assert table["share"].isna().tolist() == [False, True, True]
    assert table["reach"].isna().tolist() == [False, True, True]


def test_a_place_needs_its_columns(segmented):
    assigned = segmented(30, 30)
    del assigned.rows["total_spend"]
    with pytest.raises(NotApplicable, match="needs the column total_spend"):
        policies.places(assigned, policies.load())


def test_answers_get_the_policy_of_today(project):
    answers = pd.DataFrame({"segment": [1, 0], "name": ["b", "a"], "margin": [0.1, 0.2]})
    facts = {
        "0": {"name": "a", "value": "high", "recency": "high", "loyalty": "mid"},
        "1": {"name": "b", "value": "low", "recency": "high", "loyalty": "mid"},
    }
    read(WHOLE)
    found = policies.with_policy(answers, facts)
    assert list(found) == ["segment", "name", "policy", "margin"]
    assert found["policy"].tolist() == ["leave", "keep"]
    assert list(policies.with_policy(answers, {"0": {"name": "a"}})) == list(answers)
