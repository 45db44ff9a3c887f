"""Two protocols side by side: gaps, orders, and sentences that can come out every way."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import kendalltau

from crmlab import store
from crmlab.comparison.committed import FORMAT
from crmlab.errors import DataError, NotApplicable
from crmlab.findings.claims import two_protocols
from crmlab.findings.claims.two_protocols import KEPT, TURNED, UNSETTLED, contrast
from crmlab.store.seal import sealed


def record(values: dict[str, float], *, half: float = 0.01, protocol: str = "chronological", **more):
    """Return the record of a comparison: every interval reaches `half` to both sides."""
    primary = more.get("primary", "auc")
    methods = {
        name: {
            "label": name.capitalize(),
            "control": {"coin": "chance", "truth": "oracle", "rule": "status_quo"}.get(name),
            "scores": {primary: {"value": v, "lower": v - half, "upper": v + half}},
        }
        for name, v in values.items()
    }
    differences = [
        {"a": a, "b": b, "difference": d, "lower": d - half, "upper": d + half}
        for a, b in combinations(values, 2)
        for d in [values[a] - values[b]]
    ]
    kept = {"task": "acquisition", "problem": protocol, "protocol": protocol, "level": 0.95} | more
    return kept | {"primary": primary, "methods": methods, "differences": differences}


def random_split(values: dict[str, float], **more):
    return record(values, **{"protocol": "cross_validation"} | more)


TIME = {"logit": 0.75, "forest": 0.70, "boosting": 0.62, "rule": 0.55}
RANDOM = {"logit": 0.79, "forest": 0.81, "boosting": 0.85, "rule": 0.60}


# --- numbers ------------------------------------------------------------------------------------
def test_two_intervals_combine():
    # Zou and Donner 2008, by hand: symmetric ones add in squares, 3² + 4² = 5²
    assert two_protocols._difference((10, 7, 13), (4, 0, 8)) == pytest.approx((6, 1, 11))
    found = two_protocols._difference((5, 4, 7), (2, 0, 5))
    assert found == pytest.approx((3, 3 - np.sqrt(1 + 9), 3 + np.sqrt(4 + 4)))


def test_a_gap_is_what_the_second_promises_too_much():
    gaps = contrast(record(TIME), random_split(RANDOM)).methods.set_index("method")
    assert list(gaps.index) == ["logit", "forest", "boosting", "rule"]
    assert gaps["gap"].to_dict() == pytest.approx({m: RANDOM[m] - TIME[m] for m in TIME})
    assert (gaps["gap_upper"] - gaps["gap"]).tolist() == pytest.approx([0.01 * np.sqrt(2)] * 4)


def test_the_head_is_the_methods_for_reading():
    head = contrast(record(TIME), random_split(RANDOM)).head()
    assert list(head.columns) == [
        "One hold-out forward in time",
        "A random split",
        "Better under a random split by",
    ]
    # 0.70, 0.81, and their difference; 0.01 to both sides of each, so 0.01 √2 to both sides of it
    assert head.loc["Forest"].tolist() == [
        "0.700 [0.690, 0.710]",
        "0.810 [0.800, 0.820]",
        "+0.110 [+0.096, +0.124]",
    ]


def test_less_may_be_better():
    brier = {"logit": 0.10, "forest": 0.12}
    found = contrast(
        record(brier, primary="brier"), random_split({"logit": 0.09, "forest": 0.08}, primary="brier")
    )
    assert found.methods["method"].tolist() == ["logit", "forest"]
    assert found.methods["gap"].tolist() == pytest.approx([0.01, 0.04])
    pair = found.pairs.iloc[0]
    assert (pair["a"], pair["b"]) == ("forest", "logit")
    assert (pair["second"], pair["first"]) == pytest.approx((0.01, -0.02))


def test_the_state_of_a_pair_needs_both_intervals():
    states = contrast(record(TIME), random_split(RANDOM)).pairs.set_index(["a", "b"])["state"]
    assert states.loc["boosting", "logit"] == states.loc["boosting", "forest"] == TURNED
    assert states.loc["forest", "logit"] == TURNED
    assert states.loc["logit", "rule"] == KEPT
    wide = contrast(record(TIME, half=0.06), random_split(RANDOM)).pairs.set_index(["a", "b"])["state"]
    assert wide.loc["forest", "logit"] == UNSETTLED
    assert wide.loc["boosting", "logit"] == TURNED


@pytest.mark.parametrize("seed", range(5))
def test_tau_is_kendall_s_and_lies_in_its_set(seed):
    rng = np.random.default_rng(seed)
    names = [f"m{i}" for i in range(7)]
    first, second = (dict(zip(names, rng.uniform(0.5, 0.9, 7), strict=True)) for _ in range(2))
    found = contrast(record(first, half=0.1), random_split(second, half=0.05))
    tau, lower, upper = found.tau
    assert tau == pytest.approx(kendalltau(list(first.values()), list(second.values())).statistic)
    assert -1 <= lower <= tau <= upper <= 1
    # whatever order the true values have inside both sets of intervals, the set holds its tau
    for _ in range(50):
        truths = [
            np.array(list(v.values())) + rng.uniform(-h, h, 7) / 2 for v, h in ((first, 0.1), (second, 0.05))
        ]
        assert lower - 1e-12 <= kendalltau(*truths).statistic <= upper + 1e-12


def test_the_ends_of_the_scale_are_left_out():
    ends = {"coin": 0.5, "truth": 0.99}
    found = contrast(record(TIME | ends), random_split(RANDOM | ends))
    assert set(found.methods["method"]) == set(TIME)
    assert found.methods.set_index("method").loc["rule", "control"] == "status_quo"


def test_a_method_without_a_value_on_one_side_is_left_out():
    absent = random_split(RANDOM)
    absent["methods"]["rule"]["scores"] = {}
    absent["methods"]["forest"]["scores"]["auc"] = {"value": None, "lower": None, "upper": None}
    assert contrast(record(TIME), absent).methods["method"].tolist() == ["logit", "boosting"]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (random_split({"logit": 0.8, "svm": 0.8}), "fewer than two methods"),
        (random_split(RANDOM, primary="brier"), "two metrics"),
        (random_split(RANDOM) | {"differences": []}, "not compared pair by pair on cross_validation"),
    ],
)
def test_what_cannot_stand_side_by_side_says_why(other, message):
    with pytest.raises(NotApplicable, match=message):
        contrast(record(TIME), other)


# --- sentences ----------------------------------------------------------------------------------
def test_an_order_that_does_not_hold():
    order, best, gaps, leads = contrast(record(TIME), random_split(RANDOM)).sentences
    assert order.startswith(
        "The order of the methods under a random split does not hold under one hold-out forward in time: "
        "of 6 pairs 3 are established as the same, 3 as turned round."
    )
    assert "Kendall's tau is 0.00 (set of at least 90% confidence: 0.00 to 0.00)" in order
    assert best.startswith(
        "Boosting is the best under a random split, Logit under one hold-out forward in time"
    )
    assert best.endswith("behind by +0.130 [+0.120, +0.140] under one hold-out forward in time, a real loss.")
    assert "4 of 4 methods look better under a random split" in gaps
    assert "the most Boosting (+0.230" in gaps
    assert "the least Logit (+0.040" in gaps
    assert "most surely that of Boosting over Logit: +0.060" in leads


def test_an_order_that_holds():
    order, best, gaps, leads = contrast(record(TIME), random_split(TIME)).sentences
    assert order.startswith("As far as the intervals tell, the order under a random split holds")
    assert "Kendall's tau is 1.00 (set of at least 90% confidence: 1.00 to 1.00)" in order
    assert best == "Logit is the best under both."
    assert "0 of 4 methods look better" in gaps
    assert "0 look worse" in gaps
    assert leads == "No method's lead over another changes between the two by more than its interval."


def test_an_order_that_is_open():
    order, best, *_ = contrast(record(TIME, half=0.5), random_split(RANDOM)).sentences
    assert order.startswith("Whether the methods keep their order under a random split")
    assert order.endswith("-1.00 to 1.00).")
    assert best.endswith("a loss that is not established.")


def test_sides_of_one_protocol_are_called_by_their_problems():
    found = contrast(random_split(TIME, problem="with_it"), random_split(RANDOM, problem="without_it"))
    assert (found.first, found.second) == ("`with_it`", "`without_it`")
    assert found.problems == ("with_it", "without_it")


# --- from files ---------------------------------------------------------------------------------
def keep(name: str, made: dict, *, digest: str = "same") -> None:
    """Write a problem's scores, and facts with a digest."""
    kept = sealed(made | {"format": FORMAT, "problem": name, "problem_digest": "same"})
    store.write_json(store.scores_file("acquisition", name), kept)
    store.write_json(store.facts_file("acquisition", name), {"digest": digest})


def test_committed_scores_are_read(project, keeps_contract):
    keep("late", record(TIME))
    keep("mixed", random_split(RANDOM))
    found = two_protocols.find("acquisition", "late", "mixed")
    keeps_contract(found)
    assert found.problems == ("late", "mixed")
    assert found.sentences == contrast(record(TIME), random_split(RANDOM)).sentences
    with pytest.raises(NotApplicable, match="no second problem is named to stand beside acquisition/late"):
        two_protocols.find("acquisition", "late", None)


def test_scores_that_are_absent_or_stale_are_refused(project):
    keep("late", record(TIME))
    with pytest.raises(DataError, match="dvc repro comparison@acquisition-mixed"):
        two_protocols.find("acquisition", "late", "mixed")
    keep("mixed", random_split(RANDOM), digest="another")
    with pytest.raises(DataError, match="acquisition/mixed are of an earlier state"):
        two_protocols.find("acquisition", "late", "mixed")
