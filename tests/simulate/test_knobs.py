"""The knobs refuse what makes no sense, and name the knob and the value."""

import datetime as dt

import pytest

from crmlab.errors import UsageError
from crmlab.simulate.knobs import Shop


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"conversion_share": 1.2}, "conversion_share=1.2.*between 0 and 1"),
        ({"bundle_probability": -0.1}, "bundle_probability=-0.1.*between 0 and 1"),
        ({"extra_lines": -1.0}, "extra_lines=-1.0.*0 or more"),
        ({"visitors": 0}, "visitors=0.*above 0"),
        ({"dropout_shape": float("nan")}, "dropout_shape=nan"),
        ({"end": dt.date(2022, 1, 1)}, "end must lie after the start"),
        ({"effect_weeks": 6}, "effect_weeks=6.*must not overlap"),
        ({"products": 20}, "products=20.*need 44 products"),
    ],
)
def test_a_senseless_knob_is_refused(knobs, message):
    with pytest.raises(UsageError, match=message):
        Shop(**knobs)
