"""A user's own further tables beside the orders, and rows with an outcome in place of them."""

from crmlab.data.own_tables.brought import Files, further
from crmlab.data.own_tables.labelled import Asked, from_labelled

__all__ = ["Asked", "Files", "from_labelled", "further"]
