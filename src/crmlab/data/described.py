"""What a data set says of itself: a published one in its file, a user's own in its fingerprint."""

from __future__ import annotations

from crmlab import registry, store
from crmlab.declare.dataset import Dataset


def described(dataset: str) -> Dataset:
    """Return the declaration of a data set: from its file, or of a user's own from its fingerprint.

    Raises UsageError for a name that neither has.
    """
    file = store.fingerprint_file(dataset)
    if dataset in registry.names("datasets") or not file.is_file():
        return registry.find("datasets", dataset)
    fields = ("label", "cite", "licence", "homepage", "currency", "barred")
    known = store.read_json(file, made_by=f"crmlab tables {dataset} --orders FILE", holding=fields)
    span = tuple(known["span"]) if known.get("span") else None
    return Dataset(**{f: known[f] for f in fields}, span=span)
