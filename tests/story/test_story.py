"""Tables and prose of the notebooks say what the comparison and the data set hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crmlab import params, store, story
from crmlab.comparison.compare import judged
from crmlab.comparison.run import Run
from crmlab.errors import NotApplicable, UsageError
from crmlab.findings.why import tree_rules
from crmlab.story import caveats
from crmlab.vocabulary import CHANCE, NOT_APPLICABLE, ORACLE

WINDOWS = [
    {
        "window": n,
        "cutoff": cutoff,
        "train_cutoffs": ["2024-01-01"],
        "n_train": 60,
        "n_test": 60,
        "base_rate_train": 0.5,
        "base_rate_test": 0.4,
    }
    for n, cutoff in enumerate(("2024-04-01", "2024-07-01"))
]
FACTS = {
    "dataset": "cdnow",
    "label": "no purchase in the label window",
    "positive": "churned",
    "n_rows": 180,
    "n_customers": 60,
    "base_rate": 0.45,
    "gap_days": 0,
    "windows": WINDOWS,
    "origins": [{"cutoff": "2024-07-01", "first_seen_after_cutoff": 7}],
    "spec": {},
}


@pytest.fixture(scope="module")
def comparison(make):
    """A comparison of a good method, chance, and one that does not apply."""
    problem = make.rolling()
    problem = replace(problem, facts=problem.facts | FACTS)
    runs = [
        make.answered(problem, "logit", label="Logistic regression", answer=lambda f, s: s["outcome"] * 0.8),
        make.answered(problem, "prevalence", label="Base rate", control=CHANCE, answer=lambda f, s: 0.5),
        Run("lifetime/bg_nbd", "BG/NBD", None, {}, "b", NOT_APPLICABLE, "no history; " + "much more " * 30),
    ]
    part = params.Task("churn", ("auc", "brier"), "auc", {}, 0, {}, {})
    settings = params.Params(1, 1, 60.0, 0.95, 50, (), {"churn": part})
    return judged(problem, runs, part, settings)


# --- the comparison -----------------------------------------------------------------------------
def test_facts_name_the_protocol_and_what_varies(comparison):
    table = story.facts(comparison).iloc[:, 0]
    assert table["Who"] == "60 customers in 180 rows"
    assert table["Outcome (went silent = 1)"] == "no purchase in the label window"
    assert table["Base rate"] == "45.0%"
    assert table["Protocol"].startswith("rolling: 2 test origins, labels from the 90 days after each")
    assert table["What the intervals vary"] == "test customers, as blocks across origins"
    assert table["Columns"] == "2 numeric, 1 categorical"


def test_where_metrics_are_of_revenue_the_facts_say_what_the_money_is(comparison):
    assert "Money" not in story.facts(comparison).index
    told = story.facts(replace(comparison, metrics=("auc", "mae"))).iloc[:, 0]["Money"]
    assert told == "revenue in USD: net spend in the label window, without what the goods cost"


@pytest.mark.parametrize(
    ("protocol", "spec", "said"),
    [
        ("chronological", {"train_share": 0.8}, "chronological: the first 80% of rows train"),
        ("cross_validation", {"folds": 5, "repeats": 4}, "cross-validation: 5 folds, 4 times"),
        ("cross_validation", {"folds": 5}, "cross-validation: 5 folds, 1 times"),
        ("blocks", {"windows": 2}, "rolling blocks: 2 test blocks, each after training on all rows before"),
    ],
)
def test_each_protocol_has_its_words(comparison, protocol, spec, said):
    changed = comparison.problem.facts | {"protocol": protocol, "spec": spec}
    posed = replace(comparison, problem=replace(comparison.problem, facts=changed))
    assert story.facts(posed).iloc[:, 0]["Protocol"].startswith(said)


STACKED = {
    "spec": {"followed_until": "2024-09-01", "test_cutoffs": ["2024-04-01", "2024-07-01"]},
    "folds": [{"fold": 0, "window": 0}],
    "windows": [
        WINDOWS[0]
        | {
            "test_cutoffs": ["2024-04-01", "2024-07-01"],
            "n_censored_train": 0,
            "n_censored_test": 24,
            "followed_share": 0.4,
        }
    ],
    "origins": [
        {"cutoff": "2024-01-01", "followed_days": 90, "n_censored": 0, "first_seen_after_cutoff": 9},
        {"cutoff": "2024-04-01", "followed_days": 90, "n_censored": 0, "first_seen_after_cutoff": 8},
        {"cutoff": "2024-07-01", "followed_days": 62, "n_censored": 24, "first_seen_after_cutoff": 7},
    ],
}


def test_stacked_landmarks_say_how_many_were_censored_and_when(comparison):
    posed = replace(comparison, problem=replace(comparison.problem, facts=comparison.problem.facts | STACKED))
    table = story.facts(posed).iloc[:, 0]
    assert table["Protocol"] == (
        "stacked landmarks: 2 test origins make one window, labels from at most 90 days after each"
    )
    assert table["Follow-up, test rows"] == (
        "to the horizon or 2024-09-01, whichever comes first: 24 of 60 rows are censored (40%): "
        "24 after 62 days (2024-07-01)"
    )
    assert table["Follow-up, train rows"].endswith(
        "2024-04-01, whichever comes first: 0 of 60 rows are censored (0%)"
    )
    assert story.windows(posed)["Cutoff"].tolist() == ["2024-04-01 to 2024-07-01"]
    assert story.windows(posed)["Censored, test"].tolist() == [24]
    assert "Follow-up, test rows" not in story.facts(comparison).index


def test_caveats_of_censoring_say_what_stands_in_and_what_is_not_told(comparison):
    said = said_of(comparison, **STACKED)
    assert "24 of 60 test rows are censored: their landmarks come less than 90 days before 2024-09-01" in said
    assert "the horizon is 40%, so that each row known there stands for 2.5" in said
    assert "one window of stacked landmarks" in said
    assert "Not told" not in said
    assert "most stay flat" not in said
    short = [w | {"base_rate_train": None} for w in STACKED["windows"]]
    assert "No train row was followed for all 90 days" in said_of(comparison, **STACKED | {"windows": short})
    blank = comparison.scores.values.assign(value=lambda v: v["value"].where(v["metric"] != "brier"))
    untold = replace(comparison, scores=replace(comparison.scores, values=blank))
    assert "needs the outcome of every test row at the horizon: Brier score." in said_of(untold, **STACKED)


def test_windows_of_a_cross_validation_are_summed_up(comparison):
    assert story.windows(comparison)["Cutoff"].tolist() == ["2024-04-01", "2024-07-01"]
    changed = comparison.problem.facts | {"protocol": "cross_validation"}
    table = story.windows(replace(comparison, problem=replace(comparison.problem, facts=changed)))
    assert table.index.tolist() == ["min", "max"]
    assert table["Test rows"].tolist() == [60, 60]
    assert "Cutoff" not in table


def test_windows_of_blocks_name_their_periods(comparison):
    spans = [[11, 11], [20_594, 22_653]]
    blocks = [w | {"test_periods": span} for w, span in zip(WINDOWS, spans, strict=True)]
    changed = comparison.problem.facts | {"protocol": "blocks", "windows": blocks}
    table = story.windows(replace(comparison, problem=replace(comparison.problem, facts=changed)))
    assert table["Test periods"].tolist() == ["11", "20,594 to 22,653"]
    assert "Cutoff" not in table


def test_the_field_shows_every_method_with_its_source(comparison):
    field = story.field(comparison)
    assert field.index.tolist() == ["Logistic regression", "Base rate", "BG/NBD", "Oracle (the truth)"]
    assert field.loc["Logistic regression", "Source"] == "Cox 1958"
    assert field.loc["Oracle (the truth)", "Source"] == "the data set's truth"
    assert field.loc["BG/NBD", "State"] == "not applicable"


def test_the_ranking_keeps_the_order_and_shortens_notes(comparison):
    ranking = story.ranking(comparison)
    assert ranking.index.tolist() == [comparison.run_of(m).label for m in comparison.order()]
    assert ranking.loc["Logistic regression", "AUC"] == "1.000\u00a0[1.000,\u00a01.000]"
    assert ranking.loc["BG/NBD", "AUC"] == ""
    assert len(ranking.loc["BG/NBD", "Note"]) <= story.LONGEST
    assert ranking.loc["BG/NBD", "Note"].startswith("no history; much more")


def test_leads_say_how_sure_each_is(comparison):
    leads = story.leads(comparison)
    assert leads.loc["Base rate", "Lead"] == 0.5
    assert leads.loc["Base rate", "p"] < 0.05
    assert leads.loc["Base rate", "Answer"] == ""  # an end of the scale is no rival
    none = {m: p.iloc[:0] for m, p in comparison.scores.pairs.items()}
    assert story.leads(replace(comparison, scores=replace(comparison.scores, pairs=none))).empty


def test_the_verdict_is_the_computed_one(comparison):
    shown = story.verdict(comparison)._repr_markdown_()
    first, *rest = comparison.verdict.sentences
    assert shown.startswith(f"**{first}**")
    assert all(sentence in shown for sentence in rest)


def test_a_table_is_shown_whole():
    long = "a long text " * 20
    assert long.strip() in story.Table({"text": [long.strip()]})._repr_html_()


def test_a_picture_that_does_not_apply_says_why(comparison):
    assert story.picture("board", comparison).title == "Churn · small: AUC"
    assert story.picture("migration", comparison).startswith("*No picture of migration: ")
    with pytest.raises(UsageError, match="no plot is called 'bord'"):
        story.picture("bord", comparison)


def test_what_does_not_apply_is_a_reason_all_the_way(comparison):
    def fails(subject):
        raise NotApplicable("there is no list")

    found = story.found(fails, comparison)
    assert not found
    for shown in (story.say(found), story.show(found), story.table(found and found.head())):
        assert shown == "*There is no list.*"
    assert story.picture("importance", found) == "*There is no list.*"
    assert story.say("why/patterns", comparison, found) == "*There is no list.*"
    assert story.found(len, [1, 2]) == 2


def test_a_finding_is_shown_by_its_module_its_name_or_itself(comparison):
    result = story.found("why/tree_rules", comparison)
    first, *rest = result.sentences
    for shown in (story.say(tree_rules, comparison), story.say(result)):
        assert shown == "\n\n".join([f"**{first}**", *rest])
    whole = story.show("why/tree_rules", comparison)._repr_markdown_()
    assert whole == story.show(result)._repr_markdown_()
    assert whole.startswith(f"**{first}**")
    assert ">Precision, train</th>" in whole
    assert "\n\n" not in whole[whole.index("<table") :]
    with pytest.raises(UsageError, match="no finding is called 'why/three_rules'"):
        story.show("why/three_rules", comparison)


def test_rules_are_shown_with_what_they_did_in_the_test_period(comparison):
    shown = story.found(tree_rules, comparison).head()
    assert shown.index.name == "Rule"
    assert shown.index.str.contains("days_since_last").any()
    counts = shown["Customers"].str.replace(",", "").astype(int)
    assert counts.sum() == comparison.problem.facts["folds"][-1]["n_test"]  # the leaves of one tree
    assert shown["Precision, train"].str.match(r"\d+\.\d% \[\d+\.\d%, \d+\.\d%\]").all()
    solution = comparison.problem.solution.assign(outcome=1)
    same = replace(comparison, problem=replace(comparison.problem, solution=solution))
    assert "hold one class" in story.show(tree_rules, same)


# --- caveats ------------------------------------------------------------------------------------
def said_of(comparison, **facts):
    """Return the caveats with some facts changed, as one text."""
    changed = replace(comparison.problem, facts=comparison.problem.facts | facts)
    return " ".join(caveats.of(replace(comparison, problem=changed)))


def test_caveats_of_a_simulated_rolling_problem(comparison):
    said = said_of(comparison, dataset="demo_shop")
    assert "7 customers were first seen after the last cutoff (2024-07-01)" in said
    assert "only 24 rows of the rarer outcome" in said
    assert "simulated" in said
    # where the truth has no exact form, as of value and retention, the data are simulated all the same
    unknown = comparison.problem.solution.drop(columns="truth")
    untold = replace(comparison, problem=replace(comparison.problem, solution=unknown))
    assert "simulated" in said_of(untold, dataset="demo_shop")
    assert "simulated" not in said_of(untold, dataset="cdnow")
    assert "not ranked: BG/NBD" in said
    assert "base rate moved" not in said


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"protocol": "cross_validation"}, "The split is random"),
        ({"protocol": "cross_validation", "roles": {"period": "carried"}}, "read the calendar"),
        ({"windows": [WINDOWS[0] | {"base_rate_test": 0.9}]}, "moved from training to test: 50.0% to 90.0%"),
        ({"windows": WINDOWS[:1]}, "There is one test origin"),
        (
            {"barred": {"duration": "known only after"}},
            "`duration` was kept from the methods: known only after",
        ),
        ({"families_skipped": ["browsing"]}, "No data for these feature families: browsing"),
        ({"spec": {"population": {"published_sample": True}}}, "Only customers with published_sample = True"),
        (
            {"left_censored_rows": 12, "left_censored_before": "2010-03-01"},
            "12 rows are of customers first seen before 2010-03-01",
        ),
    ],
)
def test_each_fact_has_its_caveat(comparison, facts, sentence):
    assert sentence not in said_of(comparison)
    assert sentence in said_of(comparison, **facts)


# --- data sets ----------------------------------------------------------------------------------
@pytest.fixture
def fingerprint(project):
    """The fingerprint of the data set 'cdnow' in an empty project."""
    columns = {"row_id": "string", "paid": "decimal128(18, 4), 1,200 null"}
    flag = {"lines": 3, "share_of_lines": 0.01, "amount": -5.5, "share_of_gross_revenue": None}
    content = {
        "currency": "USD",
        "tables": {"labelled": {"rows": 5000, "digest": "0123456789abcdef", "columns": columns}},
        "flags": {"is_fee": flag},
        "notes": {"exact_duplicates": 2},
    }
    store.write_json(store.fingerprint_file("cdnow"), content)


def test_tables_and_columns(fingerprint):
    assert story.tables("cdnow").loc["labelled", ["Rows", "Digest"]].tolist() == ["5,000", "0123456789ab"]
    columns = story.columns("cdnow")
    assert columns.loc[("labelled", "paid")].tolist() == ["decimal128(18, 4)", "1,200"]
    assert columns.loc[("labelled", "row_id")].tolist() == ["string", ""]


def test_quality_shows_flags_and_notes(fingerprint):
    quality = story.quality("cdnow")
    assert quality.loc["is_fee"].tolist() == ["3", "1.00%", "-5.50", ""]
    assert quality.loc["exact_duplicates", "Lines"] == "2"


def test_what_was_put_aside_of_own_files_adds_up_to_what_customers_spent(fingerprint):
    file = store.fingerprint_file("cdnow")
    assert story.put_aside("cdnow").startswith("*Only orders of your own")
    rows = [
        ["the file states", 1204, 100.0, ""],
        ["fees", 4, -30.5, "--fee X"],
        ["customers spent", 1200, 69.5, ""],
    ]
    meaning = {"rows": rows, "noticed": [["'guest' stands for nobody", 1, "line", "--somebody guest"]]}
    store.write_json(file, store.read_json(file, made_by="") | {"meaning": meaning})
    table = story.put_aside("cdnow")
    assert list(table.columns) == ["Lines", "Amount, USD", "Otherwise by"]
    assert table.loc["the file states"].tolist() == ["1,204", "100.00", ""]
    assert table.loc["fees"].tolist() == ["4", "-30.50", "--fee X"]
    assert table.loc["noticed: 'guest' stands for nobody"].tolist() == ["1 line", "", "--somebody guest"]


def test_the_card_names_source_and_barred_columns():
    card = story.card("bank_marketing")
    assert card.startswith("**Bank Marketing**")
    assert "`duration` is never a feature" in card
    assert "CC BY 4.0" in card


def test_the_ranking_says_why_a_value_is_missing_and_nothing_else(comparison):
    notes = story.ranking(comparison)["Note"]
    assert notes[notes != ""].index.tolist() == ["BG/NBD"]
    noted = [
        replace(r, details={0: {"note": "on a sample"}}) for r in comparison.runs if r.answers is not None
    ]
    part = params.Task("churn", ("auc",), "auc", {}, 0, {}, {})
    settings = params.Params(1, 1, 60.0, 0.95, 50, (), {"churn": part})
    whole = judged(comparison.problem, [r for r in noted if r.control != ORACLE], part, settings)
    assert "Note" not in story.ranking(whole)
    assert story.field(whole).loc["Logistic regression", "Note"] == "on a sample"


def test_a_metric_that_nobody_has_a_value_of_is_left_out_of_the_ranking(comparison):
    part = params.Task("churn", ("auc", "purchases_rmse", "purchases_bias"), "auc", {}, 0, {}, {})
    settings = params.Params(1, 1, 60.0, 0.95, 50, (), {"churn": part})
    known = comparison.problem
    uncounted = replace(known, solution=known.solution.drop(columns="purchases"))
    counts = replace(comparison.runs[0], answers=comparison.runs[0].answers.assign(expected_purchases=1.0))
    runs = [counts, *comparison.runs[1:3]]
    without = judged(uncounted, runs, part, settings)
    assert list(story.ranking(without)) == ["Control", "AUC", "Note"]
    reasons = without.of_metric("purchases_rmse").set_index("method")["reason"]
    assert reasons[counts.method] == "not defined on these test rows"
    shown = story.ranking(judged(known, runs, part, settings))
    assert shown["Root mean squared error of purchases"].ne("").sum() == 1


# --- beyond chance ------------------------------------------------------------------------------
def test_what_a_method_has_beyond_chance_is_the_difference_with_its_interval(comparison):
    """Outcomes of 0 and 1 are answered by 0 and .8: an AUC of 1 beside .5; each Brier score by hand."""
    table = story.over_chance(comparison, "auc")
    assert table.loc["Logistic regression"].tolist() == ["1.000", "+0.500 [+0.500, +0.500]"]
    pairs = comparison.scores.pairs["brier"].set_index(["a", "b"])
    names = ["classification/logit", "classification/prevalence"]
    sign = 1 if tuple(names) in pairs.index else -1
    pair = pairs.loc[tuple(names[::sign])]
    better = story.over_chance(comparison, "brier")
    low, high = sorted((sign * pair["lower"], sign * pair["upper"]))
    assert low < high < 0
    told = f"{sign * pair['difference']:+.3f} [{low:+.3f}, {high:+.3f}]"
    assert better.loc["Logistic regression", "Beyond Base rate"] == told


def test_without_the_mark_of_chance_nothing_lies_beyond_it(comparison):
    alone = replace(comparison, runs=[r for r in comparison.runs if r.control != CHANCE])
    assert "No method stands beside the mark of chance" in story.over_chance(alone, "auc")
