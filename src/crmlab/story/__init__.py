"""What notebooks show: tables, prose, findings and pictures, computed from a comparison or a data set."""

from crmlab.story.comparison import LONGEST, field, leads, limits, over_chance, ranking, verdict
from crmlab.story.data_set import columns, quality, tables
from crmlab.story.opening import answer
from crmlab.story.problem import card, facts, windows
from crmlab.story.prose import Missing, Prose, Shown, Table, said, table
from crmlab.story.showing import found, picture, say, show

__all__ = [
    "LONGEST",
    "Missing",
    "Prose",
    "Shown",
    "Table",
    "answer",
    "card",
    "columns",
    "facts",
    "field",
    "found",
    "leads",
    "limits",
    "over_chance",
    "picture",
    "quality",
    "ranking",
    "said",
    "say",
    "show",
    "table",
    "tables",
    "verdict",
    "windows",
]
