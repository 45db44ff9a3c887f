"""Metrics by the names of records: a name carries the parameters, and gives them back."""

import pytest

from crmlab import registry
from crmlab.errors import UsageError

ASKED = [
    ("auc", "auc"),
    ("lift", "lift_10"),
    ({"lift": {}}, "lift_10"),
    ({"lift": {"share": 0.05}}, "lift_5"),
    ({"lift": {"share": 0.07}}, "lift_7"),
    ({"lift": {"share": 0.125}}, "lift_12.5"),
    ({"purchases_capture": {"share": 0.1}}, "purchases_capture_10"),
]


@pytest.mark.parametrize(("asked", "name"), ASKED)
def test_a_name_carries_the_parameters_and_gives_them_back(asked, name):
    assert registry.metric_name(asked) == name
    given = next(iter(asked.values())) if isinstance(asked, dict) else {}
    assert {**registry.metric(name).parameters, **given} == dict(registry.metric(name).parameters)


def test_label_ends_and_chance_follow_the_parameters():
    lift, capture = registry.metric("lift_5"), registry.metric("capture_20")
    assert (lift.label, lift.range, lift.best, lift.chance) == ("Lift at 5 %", (0.0, 20.0), 20.0, 1.0)
    assert lift.higher_is_better
    assert (capture.label, capture.chance(None)) == ("Value captured by the top 20 %", 0.2)


def test_the_file_and_the_prices_are_found_by_the_name_in_records():
    assert registry.metric_file("lift_5") == "lift"
    assert registry.prices("lift_5") == ()
    assert registry.prices("policy_profit") == ("contact_cost", "margin_mean", "accept_rate")
    assert registry.wants_inner("policy_profit")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("lfit", r"there is no 'lfit'.*Did you mean 'lift'"),
        ({"lift": {"shar": 0.1}}, r"'lift' has no parameter 'shar'.*Did you mean 'share'"),
        ({"lift": {"share": 1.0}}, r"share = 1.0 must be above 0 and below 1"),
        ({"lift": {"share": "tenth"}}, r"share = 'tenth' is str, not float"),
        ({"auc": {"share": 0.1}}, r"'auc' has no parameter 'share'"),
        ({"lift": None}, r"is neither a metric nor"),
        ({"lift": {}, "auc": {}}, r"is neither a metric nor"),
        (5, r"5 is neither a metric nor"),
    ],
)
def test_what_cannot_be_meant_is_refused(asked, said):
    with pytest.raises(UsageError, match=said):
        registry.metric_name(asked)


@pytest.mark.parametrize("name", ["lift_x", "lift_5_5", "auc_5", "nothing"])
def test_a_name_that_no_record_gives_is_refused(name):
    with pytest.raises(UsageError, match=f"no metric is called '{name}'"):
        registry.metric(name)
