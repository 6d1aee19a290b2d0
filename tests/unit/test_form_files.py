"""The files of the forms: every mistake is told at once, with its file and path."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.catalogue import CatalogueError
from kiosk.forms.files import load_forms
from kiosk.forms.mistakes import FILLS
from kiosk.identity import Citizen

BAD_FORM = """
id: other
version: 2026-07-01
title: T
sections:
  - id: one
    title: T
    when: {question: late, values: ["x"]}
    questions:
      - {id: a, type: choice, label: L}
      - {id: a, type: text, label: L, fills: full_nam}
      - {id: b, type: text, label: L, fills: date_of_birth}
      - {id: c, type: number, label: L, minimum: 5, maximum: 2, default: many}
      - {id: d, type: choice, label: L, choices: [{value: x, label: X}, {value: x, label: Y}]}
      - {id: g, type: date, label: L, not_before: late}
      - {id: h, type: text, label: L, year: true}
  - id: one
    title: T
    when: {question: nothing, values: ["x"]}
    questions:
      - {id: late, type: choice, label: L, choices: [{value: x, label: X}], fills: sex}
      - {id: e, type: text, label: L, when: {question: d, values: ["z"]}, choices: [{value: x, label: X}]}
"""


def test_all_mistakes_of_a_form_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD_FORM, encoding="utf-8")
    shape = (
        "id: shape\nversion: x\ntitle: T\nsections:\n  - {id: s, titel: T, questions: [{id: q, type: nam, label: L}]}\n"
    )
    (tmp_path / "shape.yaml").write_text(shape, encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("id: [", encoding="utf-8")
    (tmp_path / "day.yaml").write_text("version: 2026-02-31", encoding="utf-8")
    (tmp_path / "empty.yaml").write_text("", encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_forms(tmp_path)
    problems = caught.value.problems
    for wanted in (
        "bad.yaml: id «other» is not the name of the file",
        "bad.yaml: section «one» stands here twice",
        "bad.yaml: question «a» stands here twice",
        "bad.yaml: question «a» has no choices",
        "bad.yaml: question «a» fills «full_nam», which a card has not",
        "bad.yaml: question «b» fills «date_of_birth», so its type must be date",
        "bad.yaml: question «c» has a minimum above its maximum",
        "bad.yaml: question «c» has the default «many», which is no answer to it",
        "bad.yaml: question «d» has a choice that stands here twice",
        "bad.yaml: question «g» is not before «late», so both must be dates of this section",
        "bad.yaml: question «h» is a year, so its type must be number",
        "bad.yaml: question «late» fills «sex», so its choices must be male, female",
        "bad.yaml: question «e» has choices, but is no choice",
        "bad.yaml: «one» depends on «late», which is asked later or not always",
        "bad.yaml: «one» depends on the unknown question «nothing»",
        "shape.yaml: version: ",
        "shape.yaml: sections.0.titel: unknown key; «titel» is not known; did you mean «title»?",
        "shape.yaml: sections.0.title: is missing",
        "shape.yaml: sections.0.questions.0.type: ",
        "broken.yaml: cannot be read: ",
        "day.yaml: cannot be read: ",
        "empty.yaml: ",
    ):
        assert any(problem.startswith(wanted) for problem in problems), (wanted, problems)
    assert not any(": : " in problem for problem in problems)


def test_a_condition_names_a_choice(tmp_path: Path) -> None:
    text = (
        "id: f\nversion: 2026-07-01\ntitle: T\nsections:\n  - id: s\n    title: T\n    questions:\n"
        "      - {id: d, type: choice, label: L, choices: [{value: x, label: X}]}\n"
        "      - {id: e, type: text, label: L, when: {question: d, values: [z]}}\n"
    )
    (tmp_path / "f.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_forms(tmp_path)
    assert caught.value.problems == ["f.yaml: «e» waits for «z», no choice of «d»"]


def test_what_fills_is_what_a_citizen_has() -> None:
    assert set(FILLS) == set(Citizen.__dataclass_fields__) - {"method"}
