"""Keys say what made a number and nothing else: whatever is added to the package changes no key."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest

from crmlab import params, registry, store
from crmlab.comparison.harness import answer_folds, customers_drawn
from crmlab.kinds import Fitting
from crmlab.vocabulary import CLUSTER, TREATMENT

ROOT = registry.PACKAGE.parent.parent

KEYS = """
import json
from crmlab import params
from crmlab.comparison.keys import environment, run_key
from crmlab.problems.keys import problem_key
settings, surroundings = params.load(), environment()
runs, problems = {}, {}
for task in settings.tasks.values():
    fitting = task.fitting(settings.seed, in_time=True)
    for name, spec in task.problems.items():
        problems[f"{task.name}/{name}"] = problem_key(task.name, name, spec, seed=settings.seed)
        for entry in task.roster(name):
            line = f"{entry.method} {json.dumps(entry.parameters)} for {task.name}"
            if line not in runs:
                made = ["made up", entry.method, entry.parameters, fitting]
                runs[line] = run_key(*made, environment=surroundings)
print(json.dumps({"runs": runs, "problems": problems}))
"""


@pytest.fixture(scope="module")
def package(copy_package):
    """A copy of the package beside the real params.yaml and the committed fingerprints, no raw data."""
    copy = copy_package()
    shutil.copy(ROOT / store.PARAMS, copy.project)
    fingerprints = copy.project / "data" / "tables"
    fingerprints.mkdir(parents=True)
    for file in (ROOT / "data" / "tables").glob("*.json"):
        shutil.copy(file, fingerprints)
    return copy


@pytest.fixture(scope="module")
def before(package):
    """Every run key and every problem key of params.yaml, before anything is added."""
    return package.ask(KEYS)


@pytest.fixture
def changed(package, before):
    """Return a function: the keys that are others once files are written; these are undone after the test.

    Called with {path: text of a new file, or what is made of the text that is there}; paths are relative to
    the package, or to the project where they begin with 'data/'.
    """
    undone = []

    def count(files) -> dict[str, set[str]]:
        for path, content in files.items():
            file = (package.project if path.startswith("data/tables") else package.source) / path
            undone.append((file, file.read_text() if file.exists() else None))
            file.parent.mkdir(exist_ok=True)
            file.write_text(content if isinstance(content, str) else content(file.read_text()))
        after = package.ask(KEYS)
        return {sort: {k for k in keys if after[sort][k] != keys[k]} for sort, keys in before.items()}

    yield count
    for file, text in undone:
        file.unlink() if text is None else file.write_text(text)


def appended(text: str):
    """Return what adds a text to the end of a file."""
    return lambda there: f"{there}\n\n{text}\n"


# --- kinds that are still to come ----------------------------------------------------------------
BASKET_SCORES = '''"""Scores of baskets: `fit(baskets)` and `score(baskets, count)`; it reads events."""
import pandas as pd

TARGET = ()
ANSWER = ("score",)
HISTORY = True


def columns(roles):
    """Return no column but one, by which rows are counted."""
    return ["visits"]


def fit(make, rows, outcomes, context):
    """Fit on the baskets."""
    return make(context.seed).fit(context.history)


def answer(model, rows, context):
    """Return a score of each row."""
    return pd.DataFrame({"score": model.score(context.history, len(rows))})
'''
POPULAR = '''"""Popular items, and a record of what was fed."""
import numpy as np

from crmlab.declare.method import method

FED = []


class Popular:
    """Recommends what most baskets hold."""

    def fit(self, baskets):
        """Count."""
        FED.append(["fit", baskets.astype({"at": "str"}).to_dict("list")])
        return self

    def score(self, baskets, count):
        """Return the same score for everyone."""
        FED.append(["answer", baskets.astype({"at": "str"}).to_dict("list")])
        return np.zeros(count)


@method(label="Popular items")
def popular(seed: int = 0):
    """Return it unfitted."""
    return Popular()
'''
UPLIFT = '''"""Uplift: `fit(X, y, treatment)` and `predict(X)`: what a treatment changes."""
import pandas as pd

from crmlab.vocabulary import CLUSTER, NUMERIC, TREATMENT

TARGET = ("outcome",)
ANSWER = ("score",)


def columns(roles):
    """Return the features with the treatment and who was treated together."""
    return [column for column, role in roles.items() if role in (NUMERIC, TREATMENT, CLUSTER)]


def fit(make, rows, outcomes, context):
    """Fit on the features, with outcome, treatment and cluster apart."""
    roles = {role: column for column, role in context.roles.items()}
    treatment, cluster = rows[roles[TREATMENT]], rows[roles[CLUSTER]]
    features = rows.drop(columns=[treatment.name, cluster.name])
    return make(context.seed).fit(features, outcomes["outcome"], treatment, cluster)


def answer(model, rows, context):
    """Return the difference that the treatment makes."""
    kept = [column for column in rows if context.roles[column] == NUMERIC]
    return pd.DataFrame({"score": model.predict(rows[kept])})
'''
NO_EFFECT = '''"""No effect at all, and a record of what was fed."""
import numpy as np

from crmlab.declare.method import method

FED = []


class NoEffect:
    """Answers that the treatment changes nothing."""

    def fit(self, X, y, treatment, cluster):
        """Learn nothing."""
        fed = {"outcome": y.tolist(), "treatment": treatment.tolist(), "cluster": cluster.tolist()}
        FED.append(["fit", fed | {"columns": list(X), "visits": X["visits"].tolist()}])
        return self

    def predict(self, X):
        """Return no difference."""
        FED.append(["answer", {"columns": list(X)}])
        return np.zeros(len(X))


@method(label="No effect")
def no_effect(seed: int = 0):
    """Return it unfitted."""
    return NoEffect()
'''
FED_BASKETS = {
    "kinds/basket_scores.py": BASKET_SCORES,
    "methods/basket_scores/__init__.py": '"""Ways to recommend."""\n',
    "methods/basket_scores/popular.py": POPULAR,
}
FED_TREATMENTS = {
    "kinds/uplift.py": UPLIFT,
    "methods/uplift/__init__.py": '"""Ways to find whom a treatment changes."""\n',
    "methods/uplift/no_effect.py": NO_EFFECT,
}

# --- what is added ------------------------------------------------------------------------------
FINDING = '''"""Small cells: which groups are too small to be shown."""


def find(subject):
    """Find them."""
    return ()
'''
ACTION = '''"""Whom to remind of a basket."""


def make(comparison):
    """List them."""
    return ()
'''
PLACE = '''
def offers_folder(problem: str) -> Path:
    """The offers of a problem."""
    return project() / "experiments" / "offers" / problem
'''
TABLE = '''"""Vouchers: who was given one."""

from crmlab.declare.table import TEXT, TIME, Column, Table

COLUMNS = {"voucher": Column(TEXT), "customer": Column(TEXT), "given_at": Column(TIME)}
TABLE = Table(COLUMNS, time="given_at")
'''
VERB = '''"""A verb that greets."""

from crmlab.cli import app


@app.command()
def greet() -> None:
    """Greet."""
'''
METRIC = '''"""The mean of all scores."""

from crmlab.declare.metric import metric


@metric(label="Mean score", range=(0.0, 1.0), best=1.0, chance=None)
def mean_score(solution, answers, rows, weights):
    """Return it for each weighting, (B,)."""
    return weights @ answers["score"].to_numpy() / weights.sum(axis=1)
'''
DATASET = '''"""A corner shop."""

from crmlab.declare.dataset import Dataset

DATASET = Dataset(label="Corner shop", cite="none", licence="CC0", homepage="none")
'''
FAMILY = '''"""Vouchers of a customer."""

from crmlab.declare.feature import Feature


def columns(tables, *, cutoff):
    """Return how many lines a customer bought."""
    lines = tables["transactions"]
    return lines.group_by("customer").agg(voucher_lines=lines.count())


FEATURE = Feature(columns, needs=("transactions",), counts=("voucher_lines",))
'''
PROTOCOL = 'PROTOCOLS["by_shop"] = Protocol("by_shop", words="by shop", varies="shops", settings={})'

ADDITIONS = {
    "a finding": {"findings/trust/small_cells.py": FINDING},
    "an action list": {"actions/remind.py": ACTION},
    "a store folder": {"store/experiment_places.py": appended(PLACE)},
    "a canonical table": {"canonical/vouchers.py": TABLE},
    "an error message": {"errors.py": lambda text: text.replace(" There is: ", " There are: ")},
    "a registry folder": {"registry/entries.py": appended('FOLDERS = (*FOLDERS, "rules")')},
    "a verb": {"cli/greeting.py": VERB, "cli/__init__.py": appended("from crmlab.cli import greeting")},
    "a metric": {"metrics/mean_score.py": METRIC},
    "a data set": {
        "datasets/corner_shop.py": DATASET,
        "data/tables/corner_shop.json": (ROOT / "data" / "tables" / "cdnow.json").read_text(),
    },
    "a feature family": {"features/vouchers.py": FAMILY},
    "a protocol": {"params/protocols.py": appended(PROTOCOL)},
    "a kind that is fed baskets": FED_BASKETS,
    "a kind that is fed treatments": FED_TREATMENTS,
}


def test_there_are_keys_to_count(before):
    settings = params.load(ROOT / store.PARAMS)
    entered = {e.method for t in settings.tasks.values() for p in t.problems for e in t.roster(p)}
    assert {line.split()[0] for line in before["runs"]} == entered
    assert len(before["problems"]) == sum(len(t.problems) for t in settings.tasks.values()) > 20


def test_all_additions_together_change_no_key(changed):
    together = {path: content for files in ADDITIONS.values() for path, content in files.items()}
    assert len(together) == sum(map(len, ADDITIONS.values()))
    assert changed(together) == {"runs": set(), "problems": set()}


@pytest.mark.slow
@pytest.mark.parametrize("files", ADDITIONS.values(), ids=ADDITIONS)
def test_an_addition_changes_no_key(changed, files):
    assert changed(files) == {"runs": set(), "problems": set()}


# --- the counts can fail ------------------------------------------------------------------------
def test_a_kind_s_code_changes_the_keys_of_its_runs(before, changed):
    found = changed({"kinds/classification.py": appended("A_WORD = 1")})
    assert found == {
        "runs": {line for line in before["runs"] if line.startswith("classification/")},
        "problems": set(),
    }
    assert 0 < len(found["runs"]) < len(before["runs"])


def test_a_family_s_code_changes_the_keys_of_the_problems_that_use_it(before, changed):
    found = changed({"features/purchases.py": appended("A_WORD = 1")})
    assert found == {"runs": set(), "problems": on_events("purchases")}
    assert 0 < len(found["problems"]) < len(before["problems"])


def test_a_table_s_digest_changes_the_keys_of_the_problems_that_read_it(before, changed):
    def edited(text: str) -> str:
        content = json.loads(text)
        content["tables"]["tickets"]["digest"] = "another"
        return json.dumps(content)

    found = changed({"data/tables/demo_shop.json": edited})
    assert found == {"runs": set(), "problems": on_events("service", dataset="demo_shop")}
    assert 0 < len(found["problems"]) < len(before["problems"])


def test_what_a_table_says_arrives_late_changes_the_keys_of_the_problems_that_read_it(before, changed):
    """When a fact became known decides what a feature may see: that is code behind the number."""

    def later(text: str) -> str:
        assert '"resolved_at": ("satisfaction",)' in text
        return text.replace('"resolved_at": ("satisfaction",)', '"resolved_at": ()')

    found = changed({"canonical/tickets.py": later})
    assert found == {"runs": set(), "problems": on_events("service", dataset="demo_shop")}


def on_events(family: str, *, dataset: str | None = None) -> set[str]:
    """Return the problems on events that have a feature family, perhaps those of one data set."""
    settings = params.load(ROOT / store.PARAMS)
    return {
        f"{task.name}/{name}"
        for task in settings.tasks.values()
        for name, spec in task.problems.items()
        if family in spec.get("features", []) and dataset in (None, spec["dataset"])
        if family in (registry.find("tasks", task.name).families or [family])
    }


# --- what the kinds to come are fed -------------------------------------------------------------
FED = """
import json, pathlib, pickle
from crmlab import registry
from crmlab.comparison.harness import answer_folds
from crmlab.kinds import Fitting
problem = pickle.loads(pathlib.Path("problem.pickle").read_bytes())
answered = answer_folds(problem, "{method}", {{}}, Fitting(1, refits=1))
assert len(answered.answers) == (problem.folds["part"] == "test").sum()
print(json.dumps(registry.module("methods", "{method}").FED))
"""


@pytest.fixture(scope="module")
def fed(copy_package):
    """Return a function: what a method of either kind was fed by the harness, call by call."""
    copy = copy_package()
    for path, text in (FED_BASKETS | FED_TREATMENTS).items():
        (copy.source / path).parent.mkdir(exist_ok=True)
        copy.add(path, text)

    def asked(problem, method: str) -> list[tuple[str, dict]]:
        copy.keep(problem)
        return copy.ask(FED.format(method=method))

    return asked


def with_baskets(problem):
    """Return a problem with five baskets of each customer, the fourth at the last cutoff exactly."""
    days = ["2023-12-01", "2024-02-15", "2024-05-15", "2024-07-01", "2024-08-01"]
    people = sorted(problem.rows["customer"].unique())
    history = pd.DataFrame(
        [(c, pd.Timestamp(day), "purchase", f"{c}-{day}", "tea", 1) for c in people for day in days],
        columns=["customer", "at", "event", "basket", "item", "quantity"],
    )
    return replace(problem, history=history)


@pytest.fixture(scope="module")
def fed_baskets(fed, make):
    """A problem with baskets, and what the method that reads them was fed."""
    problem = with_baskets(make.rolling(n=30))
    return problem, fed(problem, "basket_scores/popular")


def test_a_kind_that_is_fed_baskets_gets_those_before_the_cutoff(fed_baskets):
    problem, calls = fed_baskets
    # each window, and its refit
    assert [verb for verb, _ in calls] == ["fit", "answer"] * 4
    frames = [pd.DataFrame(frame).assign(at=lambda f: pd.to_datetime(f["at"])) for _, frame in calls]
    cutoffs = [pd.Timestamp(fact["cutoff"]) for fact in problem.facts["folds"] for _ in range(2)]
    for place, (fitted, asked, cutoff) in enumerate(zip(frames[::2], frames[1::2], cutoffs, strict=True)):
        assert fitted["at"].max() < cutoff
        whole = problem.history[problem.history["at"] < cutoff]
        assert asked["basket"].tolist() == whole["basket"].tolist()
        if place % 2 == 0:
            assert fitted["basket"].tolist() == whole["basket"].tolist()
    assert [len(f) for f in frames[1::2]] == [60, 60, 90, 90]


def test_a_refit_is_fed_the_baskets_of_the_customers_drawn(fed_baskets):
    problem, (*_, (_, refit), _) = fed_baskets
    owners = problem.last_fold().test_rows["customer"]
    drawn = Counter(
        {c: n for c, n in customers_drawn(problem.rows["customer"], 1, 1).items() if n and c in set(owners)}
    )
    # one drawn again is another customer, with the same three baskets
    expected = {f"{c}#{k}" if k > 1 else c: 3 for c, times in drawn.items() for k in range(1, times + 1)}
    assert Counter(refit["customer"]) == expected
    assert max(drawn.values()) > 1
    assert len(drawn) < 30


def test_a_kind_that_is_fed_treatments_gets_them_with_the_train_rows(fed, make):
    problem = make.rolling(n=30)
    problem.rows["treatment"] = problem.rows["row_id"] % 2
    problem.rows["household"] = problem.rows["row_id"] // 3
    problem.rows["visits"] = problem.rows["row_id"].astype(float)  # tells the rows apart
    problem.facts["roles"] |= {"treatment": TREATMENT, "household": CLUSTER}
    calls = fed(problem, "uplift/no_effect")
    assert [verb for verb, _ in calls] == ["fit", "answer"] * 4
    outcome = problem.solution["outcome"]
    folds = [number for number in problem.fold_numbers() for _ in range(2)]
    for number, (_, fitted) in zip(folds, calls[::2], strict=True):
        rows = [int(row) for row in fitted["visits"]]
        assert set(rows) <= set(problem.fold(number).train_rows["row_id"])
        assert fitted["columns"] == ["visits", "days_since_last"]
        assert fitted["treatment"] == [row % 2 for row in rows]
        assert fitted["cluster"] == [row // 3 for row in rows]
        assert fitted["outcome"] == outcome.iloc[rows].tolist()
    assert all(asked["columns"] == ["visits", "days_since_last"] for _, asked in calls[1::2])


def test_a_kind_that_asks_for_no_baskets_gets_none(make, monkeypatch):
    kind, contexts = registry.module("kinds", "classification"), []
    fit = kind.fit
    monkeypatch.setattr(kind, "fit", lambda *given: contexts.append(given[-1]) or fit(*given))
    answer_folds(with_baskets(make.rolling(n=30)), "classification/prevalence", {}, Fitting(1))
    assert [context.history for context in contexts] == [None] * 2
