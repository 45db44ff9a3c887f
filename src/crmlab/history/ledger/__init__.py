"""The ledger: what a data set's tables come to day by day, and from it the features at any cutoff."""

from crmlab.history.ledger.opened import Ledger, open_ledger

__all__ = ["Ledger", "open_ledger"]
