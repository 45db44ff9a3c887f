"""MBG/CNBD-k: MBG/NBD for customers who buy more regularly than chance."""

from __future__ import annotations

from typing import Any

from crmlab.declare.method import method
from crmlab.maths import btyd
from crmlab.methods.lifetime._customers import BuyTillYouDie


class MBGCNBD(BuyTillYouDie):
    """MBG/CNBD-k at the door of days: parameters_ r, alpha (weeks), a, b, and the k of 1 to 4 chosen."""

    model = btyd.MBGCNBD

    def _told(self, values: dict[str, Any], errors: dict[str, float]) -> dict[str, Any]:
        """Return the fit as plain JSON; the note says how regular the customers are."""
        told = super()._told(values, errors)
        regular = "as irregular as chance" if values["k"] == 1 else "more regular than chance"
        told["note"] = "; ".join(filter(None, [f"k = {values['k']}: purchases {regular}", told.get("note")]))
        return told


@method(label="MBG/CNBD-k", cite="Platzer and Reutterer 2016")
def mbg_cnbd():
    """Return an unfitted model."""
    return MBGCNBD()
