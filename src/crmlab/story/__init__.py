"""What notebooks show: tables, prose, findings and pictures, computed from a comparison or a data set."""

from crmlab.story.comparison import LONGEST, field, leads, limits, over_chance, ranking, verdict
from crmlab.story.data_set import columns, put_aside, quality, tables
from crmlab.story.opening import answer
from crmlab.story.problem import card, facts, windows
from crmlab.story.prose import Missing, Prose, Shown, Table, said, table
from crmlab.story.showing import found, picture, say, show
from crmlab.story.start import questions, shops

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
    "put_aside",
    "quality",
    "questions",
    "ranking",
    "said",
    "say",
    "shops",
    "show",
    "table",
    "tables",
    "verdict",
    "windows",
]
