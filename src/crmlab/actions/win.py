"""Prospects: whom to contact first, how likely each is won, what that is worth, and why.

The list is of the last window's test rows, scored by the model that is kept. All that turns a score
into a decision (the rate by score, the contact depth) is learned on the inner hold-out of the train
rows. The outcomes of the list's own rows are used for one sentence that looks back; they also had their
part in which method is the champion, so that sentence flatters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import pandas as pd

from crmlab import registry
from crmlab.actions._audience import (
    CONSENT,
    CONTACT,
    NO_CONSENT,
    NOT_WORTH_IT,
    OVER,
    RESTING,
    Campaign,
    campaign_of,
    consented,
    held,
    untold,
)
from crmlab.actions._listing import (
    ContactList,
    inner_hold_out,
    is_probable,
    not_probable,
    ranked,
    scores,
    usual_row,
    usual_values,
)
from crmlab.actions._prices import prices_of
from crmlab.declare.action import Action
from crmlab.errors import NotApplicable
from crmlab.explain.reasons import reasons
from crmlab.explain.shop_words import ShopWords
from crmlab.maths import profit
from crmlab.maths.rates import Rates, rates

if TYPE_CHECKING:
    from crmlab.comparison.compare import Comparison
    from crmlab.comparison.run import Run

DECILES: Final = 10
REASONED: Final = 1_000
"""So many, from the top of the list, get reasons: of some methods they take a second for a hundred."""

NEEDS: Final = ("margin_mean", "contact_cost")
WORDS: Final = ShopWords("prospects", "are won")


@dataclass(frozen=True, kw_only=True)
class Prospects(ContactList):
    """The ranked list of a comparison's last window.

    table: has further the interval of the probability, `lower` and `upper`, and `decile` (1 = best).
    positive: what a prospect who is won is called. known: what turns scores into decisions (see `facts`).
    """

    positive: str
    known: Mapping[str, Any]

    person: ClassVar[str] = "Prospect"

    def numbers(self, top: pd.DataFrame) -> Mapping[str, Any]:
        """Return score, probability with its interval, decile and profit as texts."""
        return {
            "Score": top["score"].map("{:.3f}".format),
            "Probability": [_interval(row) for row in top.itertuples()],
            "Decile": top["decile"],
            **self._money(top),
        }

    def _money(self, top: pd.DataFrame) -> dict[str, Any]:
        """Return what a contact earns where its effect is declared, else what those who buy bring anyway."""
        if self.known["has_effect"]:
            return {"Expected profit": top["expected_profit"].map("{:.2f}".format)}
        return {"Reach": top["reach"].map("{:.2f}".format)}

    def of_contacts(self) -> str:
        """Say how many are to be contacted, and who is not."""
        where = f"on {self.cutoff}" if self.cutoff else "of the last window"
        return (
            f"Of {len(self.table):,} prospects {where}, {self.count(CONTACT):,} are to be contacted and "
            f"{self.count(NOT_WORTH_IT):,} are not worth it{self.of_consent(';')}"
        )

    def of_money(self) -> str:
        """Say where the depth comes from."""
        cost, margin = self.known["contact_cost"], self.known["margin"]
        money = f"a contact costs {cost:g} and brings {margin:g} where the prospect is won"
        if not self.known["has_effect"]:
            money = f"a contact costs {cost:g}, and who buys brings {margin:g}"
        return self._of_depth(money) + self._of_reach()

    def _of_reach(self) -> str:
        """Say that reach is no gain, where nobody declared what a contact changes."""
        if self.known["has_effect"]:
            return ""
        return (
            " What a contact changes nobody has declared (accept_rate is 1), so there is no gain to expect: "
            f"those listed for a contact reach {self.table.loc[self.chosen, 'reach'].sum():,.2f} of margin, "
            "which is what they would bring, most of them without it."
        )

    def _of_depth(self, money: str) -> str:
        """Say where the depth comes from. money: what a contact costs and brings."""
        if self.known["depth"] is None:
            return f"There is no inner hold-out: contacted is whoever is expected to pay ({money})."
        return (
            f"Contacted are the {self.known['depth']:.1%} with the best scores of {self.label}: the depth "
            f"that earned most on {self.known['n_inner']:,} held-out train rows ({money})."
        )

    def of_probability(self) -> str:
        """Say what the probability is."""
        if self.known["rates"] is None:
            return "The probability is the score as it is, without an interval."
        return (
            "The probability is the rate among held-out train rows with such a score, with its "
            f"{self.known['level']:.0%} interval; whether it still holds is told by the calibration above."
        )

    def of_looking_back(self) -> str:
        """Say how many of those to be contacted were won since, beside how many were expected."""
        back = self.look_back()
        if back is None:
            return "Nobody is to be contacted."
        return (
            f"Looking back, {back.rate:.1%} of them were {self.positive} ({self.level:.0%} interval "
            f"{back.lower:.1%} to {back.upper:.1%}); {back.expected:.1%} were expected, which lies "
            f"{'inside' if back.is_inside else 'outside'}."
        )


def make(comparison: Comparison, *, reasoned: int = REASONED) -> Prospects:
    """Return the ranked list of the champion for the last window's test rows.

    reasoned: how many from the top get reasons. Raises NotApplicable where nobody is to be won (the
    task names no margin), no champion scored them, or scores that are not probabilities cannot be
    turned into ones for want of an inner hold-out; DataError where the model is not in the store.
    """
    known, run = facts(comparison), _champion(comparison)
    fold = comparison.problem.last_fold()
    rows, score = fold.test_rows, scores(run, comparison.problem.last_number()).loc[fold.test_row_ids]
    campaign = campaign_of(comparison, "win")
    valued = pd.concat([rows["customer"], decided(score, rows, known, campaign)], axis=1)
    table = ranked(valued, rows, run, known["usual"], reasoned, WORDS)
    outcome = comparison.problem.solution["outcome"].to_numpy()[fold.test_row_ids]
    return Prospects(
        problem=comparison.name,
        label=run.label,
        level=comparison.level,
        positive=registry.find("tasks", comparison.task).positive,
        cutoff=fold.cutoff,
        known=known,
        has_consent=CONSENT in rows,
        untold=untold(rows),
        table=table.reset_index(drop=True),
        outcome=outcome[table.index.to_numpy()],
        campaign=campaign,
    )


# --- from a score to a decision -----------------------------------------------------------------
def facts(comparison: Comparison, method: str | None = None) -> dict[str, Any]:
    """Return, as plain JSON, what turns the champion's scores into decisions; it travels with the model.

    level; rates: the rate by score on the inner hold-out, n_inner: its rows (None and 0 without one); margin,
    contact_cost: currency; has_effect: whether it is declared what a contact changes; depth: the share to
    contact, contact_from: the lowest score that it reaches in the last window (None: nobody); deciles: the
    lowest score of each there (None: empty); usual: of each column the median or most frequent value in
    training. Raises NotApplicable as `make` does, and for another method than the champion.
    """
    if method not in (None, comparison.chosen):
        raise NotApplicable(f"{method} is not the champion, whose scores alone make the list")
    run, prices = _champion(comparison), prices_of(comparison)
    prices.need(NEEDS, why="nobody is to be won")
    money = {
        "margin": prices.accept_rate * prices["margin_mean"],
        "contact_cost": prices["contact_cost"],
    }
    has_effect = prices.accept_rate < 1
    number = comparison.problem.last_number()
    if not is_probable(run, number):
        raise not_probable(run)
    score, (outcome, inner) = scores(run, number), inner_hold_out(comparison, run, number)
    place = (score.rank(ascending=False) - 0.5) / len(score)  # equal scores share the middle of their places
    depth = profit.best_depth(outcome, inner, **money) if len(inner) else None
    decile = np.floor(DECILES * place).astype(int)
    return {
        "level": comparison.level,
        "n_inner": len(inner),
        "rates": rates(outcome, inner, level=comparison.level).facts() if len(inner) else None,
        **money,
        "has_effect": has_effect,
        "depth": depth,
        "contact_from": None if depth is None else _lowest(score[place < depth]),
        "deciles": [_lowest(score[decile == d]) for d in range(DECILES)],
        "usual": usual_values(comparison, run, comparison.problem.last_fold()),
    }


def decided(
    score: pd.Series, rows: pd.DataFrame, known: Mapping[str, Any], campaign: Campaign = OVER
) -> pd.DataFrame:
    """Return score, probability, lower, upper, decile, expected_profit and contact of prospects, (m,) each.

    score: (m,), of `rows`, whose `consent`, where they have it, must be true for a contact. known:
    see `facts`. Decile and contact go by the lowest scores in the last window, so that they do
    not depend on who else is in `rows`. Where nobody declared what a contact changes
    (`has_effect`), what it earns is nan, and `reach` is what prospects bring by whatever cause.
    """
    values = score.to_numpy(dtype=np.float64)
    nowhere = np.full(len(values), np.nan)
    rate = (values, nowhere, nowhere)
    if known["rates"]:
        rate = Rates.of_facts(known["rates"]).at(values)
    gain = known["margin"] * rate[0] - known["contact_cost"]
    contact = np.where(_is_worth_it(values, gain, known), CONTACT, NOT_WORTH_IT).astype(object)
    contact[(contact == CONTACT) & campaign.rests(rows)] = RESTING
    contact[~consented(rows)] = NO_CONSENT
    contact = held(contact, rows, campaign)
    columns = {"score": values} | dict(zip(("probability", "lower", "upper"), rate, strict=True))
    columns["decile"] = _decile(values, known)
    if known["has_effect"]:
        columns["expected_profit"] = gain
    else:
        columns |= {"reach": known["margin"] * rate[0], "expected_profit": np.full(len(values), np.nan)}
    columns["contact"] = contact
    if campaign.day is not None:
        columns["propensity"] = campaign.propensity(contact)
    return pd.DataFrame(columns, index=rows.index)


def answered(answers: pd.DataFrame, rows: pd.DataFrame, known: Mapping[str, Any], model: Any) -> pd.DataFrame:
    """Return the list's columns for new prospects, in the order of `rows`.

    answers: their `score`, by the fitted `model`. known: see `facts`.
    """
    rows = rows.reset_index(drop=True)
    why = reasons(model, rows[list(known["usual"])], usual_row(known["usual"], rows), words=WORDS)
    return pd.concat([decided(answers["score"], rows, known), why], axis=1)


def _is_worth_it(score: np.ndarray, gain: np.ndarray, known: Mapping[str, Any]) -> np.ndarray:
    """Return who is worth a contact, (m,): by the depth of the hold-out, else by the expected profit."""
    if known["depth"] is None:
        return gain > 0
    return score >= (np.inf if known["contact_from"] is None else known["contact_from"])


def _decile(score: np.ndarray, known: Mapping[str, Any]) -> np.ndarray:
    """Return the decile of each score in the last window, (m,), 1 = best."""
    decile = np.full(len(score), DECILES)
    for place, lowest in reversed(list(enumerate(known["deciles"], start=1))):
        if lowest is not None:
            decile[score >= lowest] = place
    return decile


def _champion(comparison: Comparison) -> Run:
    """Return the champion's run. Raises NotApplicable where there is none that answered with scores."""
    if comparison.chosen is None:
        raise NotApplicable(f"{comparison.task}/{comparison.name} has no champion")
    run = comparison.run_of(comparison.chosen)
    if run.answers is None or "score" not in run.answers or run.kind != "classification":
        raise NotApplicable(f"{run.label} gave no scores to rank prospects by")
    return run


def _interval(row: Any) -> str:
    """Return a prospect's probability with its interval, where it has one."""
    ends = "" if np.isnan(row.lower) else f" [{row.lower:.1%}, {row.upper:.1%}]"
    return f"{row.probability:.1%}{ends}"


def _lowest(score: pd.Series) -> float | None:
    """Return the lowest of some scores, None where there is none."""
    return float(score.min()) if len(score) else None


ACTION = Action(
    label="Whom to win",
    tasks=("acquisition",),
    prices=NEEDS,
    make=make,
    facts=facts,
    answered=answered,
)
