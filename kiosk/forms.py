"""E-forms: definitions as data, validation, prefill. No question is a Python line.

A form is a file `assets/forms/<id>.yaml`; its texts are Vietnamese and are translated like every other text.
Answers are a flat mapping of question id to text: names as typed (NFC), dates ISO 8601, choices by their value,
communes by their 5-digit code, numbers as digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kiosk.catalogue import Component
from kiosk.identity import Citizen


class QuestionType(StrEnum):
    """How a question is asked and checked."""

    TEXT = "text"
    NAME = "name"
    DATE = "date"
    ID_NUMBER = "id_number"
    PHONE = "phone"
    NUMBER = "number"
    CHOICE = "choice"
    ETHNIC = "ethnic"
    COMMUNE = "commune"


@dataclass(frozen=True)
class Choice:
    """One answer of a choice."""

    value: str
    label: str


@dataclass(frozen=True)
class Condition:
    """Shown only while question `question` (or `case`) has one of `values`."""

    question: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One question. `fills` names the attribute of `Citizen` that answers it from a card."""

    id: str
    type: QuestionType
    label: str
    help: str = ""
    required: bool = True
    choices: tuple[Choice, ...] = ()
    when: Condition | None = None
    fills: str = ""
    default: str = ""
    minimum: int | None = None
    maximum: int | None = None
    max_length: int = 200


@dataclass(frozen=True)
class Section:
    """One group of questions: one screen. `person` names whose card can fill it ("" = nobody's)."""

    id: str
    title: str
    questions: tuple[Question, ...]
    person: str = ""
    when: Condition | None = None
    help: str = ""


@dataclass(frozen=True)
class Form:
    """One version of one form."""

    id: str
    version: date
    title: str
    sections: tuple[Section, ...]


def visible_sections(form: Form, case: str, answers: Mapping[str, str]) -> tuple[Section, ...]:
    """The sections that this case and these answers need, in order."""
    raise NotImplementedError


def visible_questions(section: Section, case: str, answers: Mapping[str, str]) -> tuple[Question, ...]:
    """The questions of a section that these answers need, in order."""
    raise NotImplementedError


def check_answer(question: Question, value: str, today: date) -> str:
    """The error code of an answer, "" when it is good."""
    raise NotImplementedError


def check_section(form: Form, section: Section, case: str, answers: Mapping[str, str], today: date) -> dict[str, str]:
    """Error codes by question id for all visible questions, cross-field rules included."""
    raise NotImplementedError


def prefill(form: Form, section: Section, citizen: Citizen, answers: Mapping[str, str]) -> dict[str, str]:
    """`answers` with what the card knows put into this section's questions."""
    raise NotImplementedError


def display_value(question: Question, value: str) -> str:
    """The answer as a person reads it (`14/02/1990`, the name of the commune, the label of the choice)."""
    raise NotImplementedError


def needed_papers(components: tuple[Component, ...]) -> tuple[Component, ...]:
    """The papers to scan at the kiosk."""
    return tuple(c for c in components if c.scan)
