"""Windows in words."""

import pytest

from crmlab.problems.in_words import MOST, alike_in_words, windows_in_words

FACTS = {"horizon_days": 90, "positive": "churned", "label": "no purchase in the label window"}
WINDOW = {"cutoff": "2024-01-02", "n_train": 640, "n_test": 220, "base_rate_train": 0.25}
WINDOW |= {"base_rate_test": 0.5}


def test_a_window_says_who_is_asked_about_and_how_many_the_answer_holds_for():
    assert windows_in_words(FACTS | {"windows": [WINDOW]}) == [
        "From 2024-01-02 over 90 days: 220 customers, 50.0% churned (no purchase in the label window); "
        "methods learn from 640 rows before it (25.0%)"
    ]


@pytest.mark.parametrize(
    ("label", "positive", "rate", "says"),
    [
        ("no purchase in the label window", "churned", 1.0, "nobody of 220 bought"),
        ("no purchase in the label window", "churned", 0.0, "all 220 bought"),
        ("a purchase in the label window", "won", 0.0, "nobody of 220 bought"),
        ("the membership ends within the label window", "left", 0.0, "none of 220 left"),
    ],
)
def test_a_window_in_which_all_did_the_same_says_so(label, positive, rate, says):
    facts = {"horizon_days": 90, "positive": positive, "label": label}
    (last,) = alike_in_words(facts | {"windows": [WINDOW | {"base_rate_test": rate}]})
    assert f"In the window from 2024-01-02 {says}: there no method can be told from another" in last


def test_many_windows_are_counted_and_those_without_a_cutoff_are_none():
    assert windows_in_words(FACTS | {"windows": [WINDOW] * (MOST + 2)})[-1] == "and 2 windows more"
    assert windows_in_words(FACTS | {"windows": [WINDOW | {"cutoff": None}]}) == []
    assert windows_in_words(FACTS) == []
    assert alike_in_words(FACTS | {"windows": [WINDOW]}) == []
