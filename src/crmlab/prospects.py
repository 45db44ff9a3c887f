"""Prospects: whom to contact first, how likely each is won, what that is worth, and why.

The list is of the last window's test rows, scored by the model that is kept. All that turns a score
into a decision (the rate by score, the contact depth) is learned on the inner hold-out of the train
rows. The outcomes of the list's own rows are used for one sentence that looks back; they also had their
part in which method is the champion, so that sentence flatters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from crmlab import registry, spreadsheet, store
from crmlab.compare import PIPELINE, SCRATCH
from crmlab.errors import NotApplicable, UsageError
from crmlab.maths import profit
from crmlab.maths.rates import Rates, rates, wilson
from crmlab.run import Run, load_model
from crmlab.why.reasons import reasons, usual_value

if TYPE_CHECKING:
    from crmlab.compare import Comparison

CONSENT: Final = "consent"
CONTACT, NOT_WORTH_IT, NO_CONSENT = "contact", "not worth it", "no consent"
DECILES: Final = 10
REASONED: Final = 1_000
"""So many, from the top of the list, get reasons: of some methods they take a second for a hundred."""


@dataclass(frozen=True)
class Prospects:
    """The ranked list of a comparison's last window.

    table: one row per prospect, the highest expected profit first: `customer`, `score`,
    `probability` with its interval `lower`, `upper`, `decile` (1 = best), `expected_profit` (currency,
    of a contact), `contact` (contact, not worth it, no consent), `reason_1` to `reason_3`.
    known: what turns scores into decisions (see `facts`). outcome: what happened since, (n,).
    """

    problem: str
    label: str
    positive: str
    cutoff: str | None
    known: Mapping[str, Any]
    has_consent: bool
    table: pd.DataFrame
    outcome: np.ndarray

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say whom to contact, where that comes from, and how it would have come out."""
        return (self._of_contacts(), self._of_depth(), self._of_probability(), self._of_looking_back())

    def head(self, count: int = 15) -> pd.DataFrame:
        """Return the top of the list for readers: numbers in words, reasons in one cell."""
        top = self.table.head(count)
        return pd.DataFrame(
            {
                "Score": top["score"].map("{:.3f}".format),
                "Probability": [_interval(row) for row in top.itertuples()],
                "Decile": top["decile"],
                "Expected profit": top["expected_profit"].map("{:.2f}".format),
                "Contact": top["contact"],
                "Why": ["; ".join(filter(None, row)) for row in top.filter(like="reason_").to_numpy()],
            }
        ).set_axis(top["customer"].rename("Prospect"))

    def _of_contacts(self) -> str:
        """Say how many are to be contacted, and who is not."""
        counts = self.table["contact"].value_counts()
        contacted, unworthy, silent = (counts.get(c, 0) for c in (CONTACT, NOT_WORTH_IT, NO_CONSENT))
        where = f"on {self.cutoff}" if self.cutoff else "of the last window"
        said = (
            f"Of {len(self.table):,} prospects {where}, {contacted:,} are to be contacted and "
            f"{unworthy:,} are not worth it"
        )
        if self.has_consent:
            return f"{said}; {silent:,} gave no consent and are left alone."
        return f"{said}; the data do not say who consented: check that before anybody is contacted."

    def _of_depth(self) -> str:
        """Say where the depth comes from."""
        cost, margin = self.known["contact_cost"], self.known["margin"]
        money = f"a contact costs {cost:g} and brings {margin:g} where the prospect is won"
        if self.known["depth"] is None:
            return f"There is no inner hold-out: contacted is whoever is expected to pay ({money})."
        return (
            f"Contacted are the {self.known['depth']:.1%} with the best scores of {self.label}: the depth "
            f"that earned most on {self.known['n_inner']:,} held-out train rows ({money})."
        )

    def _of_probability(self) -> str:
        """Say what the probability is."""
        if self.known["rates"] is None:
            return "The probability is the score as it is, without an interval."
        return (
            "The probability is the rate among held-out train rows with such a score, with its "
            f"{self.known['level']:.0%} interval; whether it still holds is told by the calibration above."
        )

    def _of_looking_back(self) -> str:
        """Say how many of those to be contacted were won since, beside how many were expected."""
        chosen = (self.table["contact"] == CONTACT).to_numpy()
        if not chosen.any():
            return "Nobody is to be contacted."
        won, size = self.outcome[chosen].sum(), np.array([chosen.sum()])
        lower, upper = (float(end[0]) for end in wilson(np.array([won]), size, level=self.known["level"]))
        expected = self.table.loc[chosen, "probability"].mean()
        held = "inside" if lower <= expected <= upper else "outside"
        return (
            f"Looking back, {won / size[0]:.1%} of them were {self.positive} ({self.known['level']:.0%} "
            f"interval {lower:.1%} to {upper:.1%}); {expected:.1%} were expected, which lies {held}."
        )


def of(comparison: Comparison, *, reasoned: int = REASONED) -> Prospects:
    """Return the ranked list of the champion for the last window's test rows.

    reasoned: how many from the top get reasons. Raises NotApplicable where nobody is to be won (the
    task names no margin), no champion scored them, or scores that are no probabilities cannot be
    turned into ones for want of an inner hold-out; DataError where the model is not in the store.
    """
    run, known = _champion(comparison), facts(comparison)
    fold = comparison.problem.fold(_last(comparison)["fold"])
    own = run.answers[run.answers["fold"] == _last(comparison)["fold"]].set_index("row_id")
    rows = fold.test_rows.assign(score=own.loc[fold.test_row_ids, "score"].to_numpy())
    outcome = comparison.problem.solution["outcome"].to_numpy()[fold.test_row_ids]
    valued = pd.concat([rows["customer"], decided(rows["score"], rows, known)], axis=1)
    order = valued.sort_values(["expected_profit", "score"], ascending=False, kind="stable").index
    told = reasons(load_model(run.key), rows.loc[order[:reasoned], list(known["usual"])], usual(known, rows))
    table = valued.loc[order].join(told)
    table[told.columns] = table[told.columns].fillna("")
    return Prospects(
        problem=comparison.name,
        label=run.label,
        positive=registry.module("tasks", comparison.task).POSITIVE,
        cutoff=fold.cutoff,
        known=known,
        has_consent=CONSENT in rows,
        table=table.reset_index(drop=True),
        outcome=outcome[order.to_numpy()],
    )


def save(comparison: Comparison, output: str = SCRATCH, made: Prospects | None = None) -> Path:
    """Write the list as `prospects.parquet` and, safe for spreadsheets, `prospects.csv`.

    Returns their folder. output: 'pipeline' for the folder that DVC watches, 'scratch' for a look
    around. made: the list, where it was made before. Both files appear or none. Where there is no list
    (see `of`) the folder holds the reason alone, so that no older list is taken for this one. Raises
    UsageError for another word.
    """
    if output not in (PIPELINE, SCRATCH):
        raise UsageError(f"output = {output!r} must be '{PIPELINE}' or '{SCRATCH}'")
    folder = store.prospects_folder(comparison.name, scratch=output == SCRATCH)
    with store.replacing_folder(folder) as part:
        try:
            table = (made or of(comparison)).table
        except NotApplicable as reason:
            (part / "no_list.txt").write_text(f"{reason}\n", encoding="utf-8")
            return folder
        store.write_frame(part / "prospects.parquet", table)
        spreadsheet.write(table, part / "prospects.csv")
    return folder


# --- from a score to a decision -----------------------------------------------------------------
def facts(comparison: Comparison) -> dict[str, Any]:
    """Return, as plain JSON, what turns the champion's scores into decisions; it travels with the model.

    level; rates: the rate by score on the inner hold-out, n_inner: its rows (None and 0 without one);
    margin, contact_cost: currency; depth: the share to contact, contact_from: the lowest score that
    it reaches in the last window (None: nobody); deciles: the lowest score of each there (None:
    empty); usual: of each column the median or most frequent value in training. Raises
    NotApplicable as `of` does.
    """
    run, prices = _champion(comparison), comparison.economics
    if not {"margin_mean", "contact_cost"} <= set(prices):
        raise NotApplicable("the task names no margin and contact cost: nobody is to be won")
    money = {
        "margin": prices.get("accept_rate", 1.0) * prices["margin_mean"],
        "contact_cost": prices["contact_cost"],
    }
    number = _last(comparison)["fold"]
    score = run.answers.loc[run.answers["fold"] == number, "score"]
    outcome, inner = _inner(comparison, run)
    if not len(inner) and not score.between(0, 1).all():
        raise NotApplicable(
            f"the scores of {run.label} are no probabilities, and there is no inner hold-out to take rates "
            "from: set inner_share of the task in params.yaml"
        )
    place = (score.rank(ascending=False) - 0.5) / len(score)  # equal scores share the middle of their places
    depth = profit.best_depth(outcome, inner, **money) if len(inner) else None
    decile = np.floor(DECILES * place).astype(int)
    return {
        "level": comparison.level,
        "n_inner": len(inner),
        "rates": rates(outcome, inner, level=comparison.level).facts() if len(inner) else None,
        **money,
        "depth": depth,
        "contact_from": None if depth is None else _lowest(score[place < depth]),
        "deciles": [_lowest(score[decile == d]) for d in range(DECILES)],
        "usual": _usual(comparison, number, run),
    }


def decided(score: pd.Series, rows: pd.DataFrame, known: Mapping[str, Any]) -> pd.DataFrame:
    """Return score, probability, lower, upper, decile, expected_profit and contact of prospects, (m,) each.

    score: (m,), of `rows`, whose `consent`, where they have it, must be true for a contact. known:
    see `facts`. Decile and contact go by the lowest scores in the last window, so that they do
    not depend on who else is in `rows`.
    """
    values = score.to_numpy(dtype=np.float64)
    nowhere = np.full(len(values), np.nan)
    rate = (values, nowhere, nowhere)
    if known["rates"]:
        rate = Rates.of_facts(known["rates"]).at(values)
    gain = known["margin"] * rate[0] - known["contact_cost"]
    if known["depth"] is None:
        worth = gain > 0
    else:
        worth = values >= (np.inf if known["contact_from"] is None else known["contact_from"])
    decile = np.full(len(values), DECILES)
    for place, lowest in reversed(list(enumerate(known["deciles"], start=1))):
        if lowest is not None:
            decile[values >= lowest] = place
    contact = np.where(worth, CONTACT, NOT_WORTH_IT)
    if CONSENT in rows:
        # who did not say yes is not contacted: an unknown consent is none
        contact[(pd.to_numeric(rows[CONSENT], errors="coerce") != 1).to_numpy()] = NO_CONSENT
    columns = {"score": values} | dict(zip(("probability", "lower", "upper"), rate, strict=True))
    columns |= {"decile": decile, "expected_profit": gain, "contact": contact}
    return pd.DataFrame(columns, index=rows.index)


def answered(score: pd.Series, rows: pd.DataFrame, known: Mapping[str, Any], model: Any) -> pd.DataFrame:
    """Return the list's columns for new prospects, in the order of `rows`.

    score: (m,), of `rows` by the fitted `model`. known: see `facts`.
    """
    rows = rows.reset_index(drop=True)
    told = reasons(model, rows[list(known["usual"])], usual(known, rows))
    return pd.concat([decided(score, rows, known), told], axis=1)


def usual(known: Mapping[str, Any], rows: pd.DataFrame) -> pd.DataFrame:
    """Return the usual prospect as a frame of one row, typed like `rows`: whom reasons compare with."""
    return pd.DataFrame({c: pd.Series([v], dtype=rows[c].dtype) for c, v in known["usual"].items()})


def _champion(comparison: Comparison) -> Run:
    """Return the champion's run. Raises NotApplicable where there is none that answered with scores."""
    if comparison.chosen is None:
        raise NotApplicable(f"{comparison.task}/{comparison.name} has no champion")
    run = comparison.run_of(comparison.chosen)
    if run.answers is None or "score" not in run.answers or run.kind != "classification":
        raise NotApplicable(f"{run.label} gave no scores to rank prospects by")
    return run


def _last(comparison: Comparison) -> Mapping[str, Any]:
    """Return the facts of the last window's first fit, whose model is kept."""
    return max((f for f in comparison.problem.facts["folds"] if f["refit"] == 0), key=lambda f: f["window"])


def _inner(comparison: Comparison, run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Return outcome and score of the last window's inner hold-out rows, (n,) each; n = 0 without one."""
    if run.inner is None:
        return np.empty(0), np.empty(0)
    held = run.inner[run.inner["fold"] == _last(comparison)["fold"]]
    outcome = comparison.problem.solution.set_index("row_id")["outcome"]
    return outcome.loc[held["row_id"]].to_numpy(), held["score"].to_numpy()


def _usual(comparison: Comparison, number: int, run: Run) -> dict[str, Any]:
    """Return the usual value of each column that the method is handed, on a fold's train rows."""
    columns = registry.module("kinds", run.kind).columns(comparison.problem.facts["roles"])
    train = comparison.problem.fold(number).train_rows
    found = {c: usual_value(train[c]).iloc[0] for c in columns}
    return {c: None if pd.isna(v) else v if isinstance(v, str) else float(v) for c, v in found.items()}


def _interval(row: Any) -> str:
    """Return a prospect's probability with its interval, where it has one."""
    ends = "" if np.isnan(row.lower) else f" [{row.lower:.1%}, {row.upper:.1%}]"
    return f"{row.probability:.1%}{ends}"


def _lowest(score: pd.Series) -> float | None:
    """Return the lowest of some scores, None where there is none."""
    return float(score.min()) if len(score) else None
