"""The knobs of what goes on beyond orders. By default none of it causes anything."""

from __future__ import annotations

from dataclasses import dataclass, fields

from crmlab.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Beyond:
    """What deliveries, looks and reviews are like, and what they cause.

    The first three are effects, and off: the shop's other tables then are the same bytes as without them.
    Raises UsageError for a value outside the range in which the model means anything.
    """

    late_hazard_ratio: float = 1.0
    """Dropout hazard in the weeks after a late delivery, over that without."""
    poor_review_hazard_ratio: float = 1.0
    """Dropout hazard in the weeks after a review of 1 or 2 points, over that without."""
    view_pull_share: float = 0.0
    """Share of orders that also hold a product that the customer looked at in the week before."""

    effect_weeks: int = 12
    """How long a late delivery or a poor review acts."""
    promise_days: float = 6.0
    """From the order to the promised day."""
    shipping_days: float = 1.2
    """Mean time until a parcel leaves."""
    transit_days: float = 1.8
    """Mean time on the way, beyond a day."""
    ticket_delay_days: float = 4.0
    """Mean time on the way longer of an order that led to a ticket about its delivery."""
    reviewed_share: float = 0.25
    """Share of delivered orders that get a review."""
    written_share: float = 0.6
    """Share of reviews with words."""
    search_share: float = 0.3
    """Share of visits with a search."""
    wish_share: float = 0.05
    """Share of looks after which the product is put on the wish list."""
    anonymous_share: float = 0.6
    """Share of a visitor's visits before the first order in which nobody signs in."""
    soft_share: float = 0.3
    """Of who does not consent at the first order, the share with a soft opt-in."""
    withdrawn_per_year: float = 0.08
    """Rate at which a consent is withdrawn."""
    withdrawn_products_share: float = 0.1
    """Share of products that leave the assortment within the span."""

    def __post_init__(self) -> None:
        for knob in fields(self):
            value = getattr(self, knob.name)
            most = 1 if knob.name.endswith("_share") else float("inf")
            least = 1e-9 if knob.name.endswith(("_ratio", "_weeks", "_days")) else 0
            if not least <= value <= most:
                wanted = "between 0 and 1" if most == 1 else "above 0" if least else "0 or more"
                raise UsageError(f"Beyond({knob.name}={value!r}): {knob.name} must be {wanted}")

    @property
    def acts_on_dropout(self) -> bool:
        """Whether deliveries or reviews change who leaves."""
        return self.late_hazard_ratio != 1 or self.poor_review_hazard_ratio != 1


OFF = Beyond()
