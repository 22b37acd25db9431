"""Facts of the index that answer a question, and what was asked."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Form(StrEnum):
    """What is asked of a name."""

    CALLERS = "callers"
    SUBCLASSES = "subclasses"
    RAISED = "raised"
    DEFAULT = "default"
    TESTS = "tests"
    TOGETHER = "together"
    IMPORTERS = "importers"
    IMPORTS = "imports"


class Place(NamedTuple):
    """Where a fact is, 0-based, and what stands there in a few words."""

    path: str
    line: int
    what: str


class Answered(NamedTuple):
    """A question in its plain form, the sentence that answers it, and the places it rests on."""

    form: Form
    name: str
    question: str
    text: str
    places: tuple[Place, ...]
