"""Every knob of the simulated shop, with units in the names and published defaults."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields

from crmlab.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Shop:
    """What a simulated shop is like. A week is the unit of all rates, a US dollar that of money.

    Raises UsageError where a knob is outside the range in which the model means anything.
    """

    start: dt.date = dt.date(2023, 1, 1)
    end: dt.date = dt.date(2024, 12, 31)
    """First and last day on which an event can lie, inclusive."""
    visitors: int = 25_000

    # acquisition: a cure model, logistic in a latent intent
    conversion_share: float = 0.20
    """Mean probability that a visitor ever buys; 80 % never do."""
    intent_slope: float = 1.3
    """Change of the log-odds to buy per standard deviation of the latent intent."""
    immediate_share: float = 0.20
    """Share of buyers who buy in their first session."""
    conversion_delay_weeks: float = 3.5
    """Mean time from the first session to the first purchase of the other buyers."""
    arrival_season: float = 0.25
    """Amplitude of the yearly wave in the arrival of visitors (peak at the end of November)."""

    # purchases and dropout: Pareto/NBD, estimates for CDNOW (Fader, Hardie and Lee 2005)
    purchase_shape: float = 0.553
    purchase_scale_weeks: float = 10.578
    dropout_shape: float = 0.606
    dropout_scale_weeks: float = 11.669
    # spend: Gamma-Gamma, estimates for CDNOW (Fader, Hardie and Lee 2005)
    spend_order_shape: float = 6.25
    spend_customer_shape: float = 3.74
    spend_scale_usd: float = 15.44
    type_blur: float = 0.6
    """Scale of the Gumbel noise that blurs the borders between the latent types; 0 is crisp."""

    # catalogue and baskets
    products: int = 160
    bundles: int = 12
    bundle_probability: float = 0.35
    sequences: int = 10
    sequence_probability: float = 0.30
    extra_lines: float = 1.2
    """Mean number of lines of an order beyond the first, before bundles and sequences."""
    return_share: float = 0.07
    """Mean probability that a line is sent back."""
    rated_share: float = 0.30
    """Share of lines that get a rating."""
    guest_share: float = 0.03
    """Share of orders placed without an account (customer null)."""

    # browsing
    prospect_sessions: float = 1.3
    """Mean number of sessions without an order after the first, of a visitor of mean intent."""
    browsing_delay_weeks: float = 3.0
    """Mean time of these sessions after the first."""
    sessions_per_order: float = 4.0
    """A customer's sessions without an order, per expected order, while alive."""
    lapsed_session_ratio: float = 0.20
    """Rate of such sessions of a customer who dropped out, over that of one who did not."""
    cart_share: float = 0.20
    """Share of the sessions without an order that fill a cart: abandoned carts."""

    # e-mail campaigns, randomised among consenting customers
    consent_share: float = 0.70
    campaign_cycle_weeks: int = 4
    effect_weeks: int = 2
    """How long an e-mail acts on the purchase rate; also the time within which replies come."""
    treated_share: float = 0.50
    reply_share: float = 0.28
    """Mean probability that a mailed customer replies."""
    lapsed_reply_ratio: float = 0.30
    """Probability to reply of a customer who dropped out, over that of one who did not."""
    effect_shift: float = 0.0
    """Added to every customer's relative treatment effect."""
    effect_spread: float = 0.30
    """Standard deviation of the relative treatment effect within a type."""
    effect_strength: float = 1.0
    """Multiplies every treatment effect; 0 switches them off."""
    contact_cost_usd: float = 0.12

    # service
    ticket_share: float = 0.12
    """Probability that an order leads to a ticket."""
    response_median_hours: float = 10.0
    response_log_sd: float = 1.1
    slow_response_hours: float = 24.0
    slow_hazard_ratio: float = 3.0
    """Dropout hazard after a slow answer, over that without."""
    recovery_hazard_ratio: float = 0.5
    """Dropout hazard after a fast answer that satisfied (4 or 5 of 5), over that without."""
    service_memory_weeks: int = 12

    # membership club: shifted beta-geometric (Fader and Hardie 2007, their 'high end' estimates)
    club_share: float = 0.25
    """Mean probability that a customer wants to join."""
    club_delay_weeks: float = 8.0
    club_fee_usd: float = 4.99
    cancel_alpha: float = 0.668
    cancel_beta: float = 3.806
    lapsed_cancel_share: float = 0.35
    """Added chance, at each renewal, that a member who dropped out cancels."""

    def __post_init__(self) -> None:
        for knob in fields(self):
            value = getattr(self, knob.name)
            if knob.name in ("start", "end", "effect_shift"):
                continue
            share = knob.name.endswith(("_share", "_probability")) or knob.name == "arrival_season"
            if not 0 <= value <= (1 if share else float("inf")):
                wanted = "between 0 and 1" if share else "0 or more"
                raise UsageError(f"Shop({knob.name}={value!r}): {knob.name} must be {wanted}")
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                raise UsageError(f"Shop({name}={getattr(self, name)!r}): {name} must be above 0")
        if self.end <= self.start:
            raise UsageError(f"Shop(start={self.start}, end={self.end}): the end must lie after the start")
        if self.effect_weeks > self.campaign_cycle_weeks:
            raise UsageError(
                f"Shop(effect_weeks={self.effect_weeks}, campaign_cycle_weeks={self.campaign_cycle_weeks}): "
                "campaigns must not overlap; shorten the effect or lengthen the cycle"
            )
        if self.products < 2 * (self.bundles + self.sequences):
            raise UsageError(
                f"Shop(products={self.products}): {self.bundles} bundles and {self.sequences} sequences "
                f"need {2 * (self.bundles + self.sequences)} products"
            )


_POSITIVE = (
    "visitors",
    "conversion_share",
    "conversion_delay_weeks",
    "purchase_shape",
    "purchase_scale_weeks",
    "dropout_shape",
    "dropout_scale_weeks",
    "spend_order_shape",
    "spend_customer_shape",
    "spend_scale_usd",
    "products",
    "browsing_delay_weeks",
    "cart_share",
    "campaign_cycle_weeks",
    "effect_weeks",
    "response_median_hours",
    "slow_hazard_ratio",
    "recovery_hazard_ratio",
    "service_memory_weeks",
    "cancel_alpha",
    "cancel_beta",
)
