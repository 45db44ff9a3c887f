"""What is said of a fit that came to no end, so that its parameters are nowhere taken for facts."""

from __future__ import annotations

from crmlab.errors import CrmlabError

STATUS = "did_not_converge"
"""How a run ends whose fit did not."""


class DidNotConverge(CrmlabError):
    """A search for parameters ended without a maximum: there is nothing to answer with."""
