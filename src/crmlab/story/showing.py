"""Showing: findings and pictures in one line of a notebook, or the reason why there is nothing to show."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from crmlab import registry
from crmlab.declare.finding import Finding
from crmlab.errors import NotApplicable
from crmlab.story.prose import Missing, Prose, Shown, said

Asked = str | ModuleType | Callable[..., Any]
"""A question: a file of findings, by its module or its name ('why/importance'), or what makes a result."""


def found(question: Asked, *subjects: Any) -> Any:
    """Return what is found, or why the question cannot be asked: a reason that is false, and is shown.

    A subject that is such a reason itself is the answer. Raises UsageError for a name that no finding has
    ('did you mean').
    """
    reason = next((subject for subject in subjects if isinstance(subject, Missing)), None)
    if reason is not None:
        return reason
    try:
        return _maker(question)(*subjects)
    except NotApplicable as error:
        text = str(error)
        return Missing(f"*{text[:1].upper()}{text[1:]}.*")


def say(question: Asked | Finding | Missing, *subjects: Any) -> Prose:
    """Return the sentences of a finding, the first one in bold: of one that is there, or one to be made."""
    result = _result(question, subjects)
    return result if isinstance(result, Missing) else said(result.sentences)


def show(question: Asked | Finding | Missing, *subjects: Any) -> Shown | Prose:
    """Return the sentences of a finding and its table: of one that is there, or one to be made."""
    result = _result(question, subjects)
    return result if isinstance(result, Missing) else Shown(result.sentences, result.head())


def picture(name: str, subject: Any) -> Any:
    """Return the picture `name` of a comparison, data set or finding, or why there is none.

    Raises UsageError for a name that no picture has ('did you mean').
    """
    if isinstance(subject, Missing):
        return subject
    try:
        return registry.module("plots", name).draw(subject)
    except NotApplicable as reason:
        return Prose(f"*No picture of {name.replace('_', ' ')}: {reason}.*")


def _result(question: Any, subjects: tuple[Any, ...]) -> Any:
    """Return the finding that is there, or the one that a question makes of its subjects."""
    is_there = isinstance(question, Missing | Finding) and not subjects
    return question if is_there else found(question, *subjects)


def _maker(question: Asked) -> Callable[..., Any]:
    """Return what answers a question."""
    if isinstance(question, str):
        question = registry.module("findings", question)
    return question.find if isinstance(question, ModuleType) else question
