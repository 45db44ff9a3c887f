"""Prose and tables as a notebook shows them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


class Prose(str):
    """Text that a notebook shows as Markdown."""

    def _repr_markdown_(self) -> str:
        """Return the text for a notebook."""
        return str(self)


class Missing(Prose):
    """Why there is nothing to show. It is false, so that `found and found.table` is this reason."""

    def __bool__(self) -> bool:
        """Return False."""
        return False


class Table(pd.DataFrame):
    """A frame that a notebook shows whole, long texts too."""

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        with pd.option_context("display.max_colwidth", None, "display.max_rows", None):
            return super()._repr_html_()


class Shown:
    """A finding as a notebook shows it: its sentences, then the table for readers."""

    def __init__(self, sentences: Sequence[str], head: pd.DataFrame) -> None:
        self.prose, self.head = said(sentences), head

    def __repr__(self) -> str:
        """Return the sentences and the table as plain text."""
        return f"{self.prose}\n\n{self.head}"

    def _repr_markdown_(self) -> str:
        """Return sentences and table for a notebook."""
        if self.head.empty:
            return str(self.prose)
        with pd.option_context("display.max_colwidth", None, "display.max_rows", None):
            return f"{self.prose}\n\n{self.head.to_html(border=0)}"


def said(sentences: str | Sequence[str]) -> Prose:
    """Return sentences as paragraphs, the first one in bold; a reason why there are none as it is."""
    if isinstance(sentences, Missing):
        return sentences
    first, *rest = [sentences] if isinstance(sentences, str) else sentences
    return Prose("\n\n".join([f"**{first}**", *rest]))


def table(frame: pd.DataFrame | Missing) -> Table | Prose:
    """Return a frame shown whole, or a sentence where it is empty or missing."""
    if isinstance(frame, Missing):
        return frame
    return Table(frame) if len(frame) else Prose("*Nothing to show.*")
