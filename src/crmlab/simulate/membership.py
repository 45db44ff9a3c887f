"""The paid club: monthly renewals, so that leaving it is a dated, contractual churn."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from crmlab.seeds import generator
from crmlab.simulate.clock import Clock
from crmlab.simulate.knobs import Shop
from crmlab.simulate.latent import intercept, trait


def table(buyers: pd.DataFrame, shop: Shop, clock: Clock, *, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the canonical table `memberships` and its truth.

    At each monthly renewal a member cancels with a probability of their own, Beta(cancel_alpha,
    cancel_beta); one who dropped out also with lapsed_cancel_share. Shifted beta-geometric model
    (Fader and Hardie 2007). A membership ends on a renewal date.
    """
    rng = generator(seed, "club")
    odds = trait("club")[buyers["type"]]
    wants = rng.random(len(buyers)) < expit(intercept(odds, mean=shop.club_share) + odds)
    delay = rng.exponential(7 * shop.club_delay_weeks, len(buyers))
    joins = buyers["first_purchase"].to_numpy() + delay
    member = np.flatnonzero(wants & (joins < np.minimum(buyers["leaves"].to_numpy(), clock.last)))
    member = member[np.argsort(joins[member], kind="stable")]
    started = clock.stamp(joins[member])
    own = rng.beta(shop.cancel_alpha, shop.cancel_beta, len(member))
    ended = _ends(started, own, buyers["leaves"].to_numpy()[member], shop, clock, rng)
    ids = [f"B{i:05d}" for i in range(1, len(member) + 1)]
    customer = buyers["customer"].to_numpy()[member]
    memberships = pd.DataFrame(
        {
            "membership_id": ids,
            "customer": customer,
            "started": started,
            "ended": ended,
            "monthly_fee": shop.club_fee_usd,
        }
    )
    lapsed = 1 - (1 - own) * (1 - shop.lapsed_cancel_share)
    truth = {"membership_id": ids, "customer": customer, "cancel_probability": own}
    return memberships, pd.DataFrame(truth | {"lapsed_cancel_probability": lapsed})


def _ends(
    started: pd.Series,
    own: np.ndarray,
    leaves: np.ndarray,
    shop: Shop,
    clock: Clock,
    rng: np.random.Generator,
) -> pd.Series:
    """Return the renewal date on which each membership ends; NaT where it runs on past the span."""
    ended = pd.Series(pd.NaT, index=started.index, dtype="datetime64[us]")
    close = pd.Timestamp(clock.end) + pd.Timedelta(days=1)
    for month in range(1, clock.days // 28 + 1):
        due = (started + pd.DateOffset(months=month)).astype("datetime64[us]")
        chance = 1 - (1 - own) * (1 - shop.lapsed_cancel_share * (leaves < clock.even_of(due)))
        cancels = (rng.random(len(started)) < chance) & (due < close).to_numpy()
        ended = ended.where(ended.notna() | ~cancels, due)
    return ended
