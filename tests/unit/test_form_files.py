"""The files of the forms: every mistake is told at once, with its file and path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from kiosk.catalogue import CatalogueError
from kiosk.config import ASSETS
from kiosk.forms import Form
from kiosk.forms.files import load_forms, read_files
from kiosk.forms.mistakes import FILLS, mistakes
from kiosk.forms.remains import remains_of
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
      - {id: i, type: text, label: L, fills: address}
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


SHAPE_TOO = """
id: both
title: T
rules:
  - {kind: younger, questions: [a, b], error: date_order}
  - {kind: in_order, questions: [a, nowhere], error: date_order}
  - {kind: in_order, questions: [b, t.a], error: date_order}
owners:
  - {kind: nobody, section: s}
  - {kind: person, section: s}
sections:
  - id: s
    titel: T
    questions:
      - {id: a, type: date, label: L}
      - {id: b, type: dat, label: L}
      - {id: c, type: text, label: L, when: {question: b}}
      - {id: d, type: choice, label: L, choices: [{value: x, label: X}, {value: y}]}
      - {id: e, type: number, label: L, minimum: 5, maximum: 2, when: {question: d, values: [y]}}
      - {id: g, type: date, label: L, not_before: b, when: {question: nowhere, values: [x]}}
  - id: t
    title: T
    rows: {label: L, minimum: many}
    row: 1
    questions:
      - {id: t.a, type: text, label: L}
      - {id: t.b, type: name, label: L, fills: full_nam}
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
        "bad.yaml: question «i» fills «address», so its type must be address",
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


def test_a_mistake_of_shape_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "both.yaml").write_text(SHAPE_TOO, encoding="utf-8")
    (file,) = read_files(tmp_path)
    told = [problem.removeprefix("both.yaml: ") for problem in file.problems]
    assert [problem.partition(": ")[0] for problem in told[:10]] == [
        "version",
        "sections.0.title",
        "sections.0.questions.1.type",
        "sections.0.questions.2.when.values",
        "sections.0.questions.3.choices.1.label",
        "sections.0.titel",
        "sections.1.rows.minimum",
        "sections.1.row",
        "rules.0.kind",
        "owners.0.kind",
    ]
    assert "sections.1.row: is counted by the kiosk, a file tells none" in told
    known = "address, date_of_birth, ethnic, full_name, id_number, issued_on, old_number, phone, sex"
    assert told[10:] == [  # and nothing about «b», of which nothing is known
        "question «e» has a minimum above its maximum",
        f"question «t.b» fills «full_nam», which a card has not; one of {known}",
        "«g» depends on the unknown question «nowhere»",
        "rules.1: «nowhere» is no question",
        "rules.2: «t.a» must be a date",
        "owners.1: an owner needs the question «s.full_name»",
        "owners.1: an owner needs the question «s.id_number»",
        "needs the question «requester.full_name»: it tells the province who submits",
        "needs the question «requester.id_number»: it tells the province who submits",
    ]
    assert file.form is not None
    assert [question.id for question in file.form.sections[0].questions] == ["a", "c", "d", "e", "g"]
    for nothing in ("id: x", "sections: 3", "sections: []", "sections: [{}]", "- a"):
        (tmp_path / "both.yaml").write_text(nothing, encoding="utf-8")
        (file,) = read_files(tmp_path)
        assert (file.form, bool(file.problems)) == (None, True), nothing


def test_a_key_that_stands_twice_is_told_beside_the_other_mistakes(tmp_path: Path) -> None:
    form = (ASSETS / "forms" / "stay-notice.yaml").read_text(encoding="utf-8")
    (tmp_path / "stay-notice.yaml").write_text(form + "rules: []\ntitle: ''\n", encoding="utf-8")
    told = [problem for file in read_files(tmp_path) for problem in file.problems]
    assert [problem for problem in told if "twice" in problem] == [
        "stay-notice.yaml: line 2: «rules» stands here twice",
        "stay-notice.yaml: line 2: «title» stands here twice",
    ]
    (tmp_path / "stay-notice.yaml").write_text("", encoding="utf-8")
    assert [problem for file in read_files(tmp_path) for problem in file.problems]


def test_a_word_in_the_place_of_a_table_is_told_what_it_lacks(tmp_path: Path) -> None:
    form = (ASSETS / "forms" / "stay-notice.yaml").read_text(encoding="utf-8")
    form = form.replace("- {value: visit, label: Thăm gia đình}", "- Thăm gia đình")
    (tmp_path / "stay-notice.yaml").write_text(form, encoding="utf-8")
    (told,) = (problem for file in read_files(tmp_path) for problem in file.problems)
    assert told == "stay-notice.yaml: sections.2.questions.3.choices.0: must be a table of value, label, relations"


def test_a_question_has_room_for_an_answer() -> None:
    with pytest.raises(ValidationError, match="max_length"):
        Form.model_validate(
            {
                "id": "a",
                "version": "2026-07-01",
                "title": "T",
                "sections": [
                    {"id": "s", "title": "T", "questions": [{"id": "q", "type": "text", "label": "L", "max_length": 0}]}
                ],
            }
        )


def test_a_condition_names_a_choice(tmp_path: Path) -> None:
    text = (
        "id: f\nversion: 2026-07-01\ntitle: T\nsections:\n  - id: s\n    title: T\n    questions:\n"
        "      - {id: d, type: choice, label: L, choices: [{value: x, label: X}]}\n"
        "      - {id: e, type: text, label: L, when: {question: d, values: [z]}}\n"
    )
    (tmp_path / "f.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_forms(tmp_path)
    assert caught.value.problems[0] == "f.yaml: «e» waits for «z», no choice of «d»"


def test_what_fills_is_what_a_citizen_has() -> None:
    assert set(FILLS) == set(Citizen.__dataclass_fields__) - {"method"}


def places_in(node: object) -> Iterator[tuple[Any, Any]]:
    """Every owner and key of a tree."""
    for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        owner: Any = node
        yield owner, key
        yield from places_in(owner[key])


@pytest.mark.parametrize("wrong", [None, 7, "?", [], {}, {True: 1}, ["?"], [[{}]]])
def test_one_mistake_of_shape_is_no_other_mistake_too(wrong: object) -> None:
    row = yaml.safe_load((ASSETS / "forms/temporary-residence.yaml").read_text(encoding="utf-8"))
    shapes = 0
    for owner, key in places_in(row):
        right, owner[key] = owner[key], wrong
        left = remains_of(row, "temporary-residence")
        try:
            Form.model_validate(row)
        except ValidationError:
            shapes += 1
            assert left is None or list(left.sure(mistakes(left.form, "temporary-residence"))) == [], (key, right)
        owner[key] = right
    assert shapes > 50


@pytest.mark.parametrize("to", ["Công an {comune}", "Công an {commune", "Công an }"])
def test_braces_that_fill_nothing_in_are_told(to: str) -> None:
    row = yaml.safe_load((ASSETS / "forms/stay-notice.yaml").read_text(encoding="utf-8"))
    assert list(mistakes(Form.model_validate(row), "stay-notice")) == []
    table = next(section for section in row["sections"] if "rows" in section)
    asked = [{"id": f"{table['id']}.q{n}", "type": "text", "label": "L"} for n in range(9)]
    assert f"section «{table['id']}» has more than 9 questions, too many for a table on paper" in mistakes(
        Form.model_validate(row | {"sections": [*row["sections"], table | {"questions": table["questions"] + asked}]}),
        "stay-notice",
    )
    row["paper"] |= {"to": to, "signer": "{name}"}
    assert list(mistakes(Form.model_validate(row), "stay-notice")) == [
        "paper.to: braces are for «{commune}» in paper.to alone",
        "paper.signer: braces are for «{commune}» in paper.to alone",
    ]


ID_FIRST = "requester.id_number"


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("id: wish.kind", 'id: ""', "question «» needs a name of small letters, digits, _ and dots between"),
        ("id: wish.kind", "id: 'a#b'", "question «a#b» needs a name of"),
        ("id: wish.kind", 'id: "a\\nb"', "question «a b» needs a name of"),
        ("id: wish.kind", "id: Wish", "question «Wish» needs a name of"),
        ("id: wish.kind", "id: wish.", "question «wish.» needs a name of"),
        ("id: wish.kind", "id: case", "question «case» must be named otherwise: that is the chosen case"),
        ("{id: wish,", "{id: 'wi sh',", "section «wi sh» needs a name of small letters, digits and _"),
        ("label: Loại", 'label: ""', "question «wish.kind» label says nothing"),
        ("label: Loại", 'label: "  "', "question «wish.kind» label says nothing"),
        ("label: Loại", f"label: {'a' * 301}", "question «wish.kind» label has more than 300 letters"),
        ("label: Truyện", 'label: ""', "question «wish.kind» label of «novel» says nothing"),
        ("title: Đơn", 'title: ""', "title says nothing"),
        (
            "[{value: novel, ",
            "[{value: other, label: Truyện}, {value: novel, ",
            "question «wish.kind» has two choices «Tr",
        ),
        (
            "type: choice, label: Loại, choices",
            "type: text, minimum: 0, label: Loại, choices",
            "question «wish.kind» has a minimum or maximum, so its type must be number or money",
        ),
        (
            "{id: wish, title",
            "{id: wish, when: {question: case, values: []}, title",
            "sections.1.when.values: needs at le",
        ),
        (
            "title: Sách, questions: [",
            "title: Sách, rows: {label: Thêm}, questions: [{id: kind, type: text, label: L},",
            "section «wish»: «kind» and «wish.kind» are one question in a row",
        ),
        ("value: novel", 'value: ""', "question «wish.kind» has a choice without a value"),
        (
            "person: requester",
            "when: {question: case, values: [x]}",
            f"question «{ID_FIRST}» must always",
        ),
        ("person: requester", "rows: {label: Thêm}", f"question «{ID_FIRST}» must always be answered: required, in no"),
        ("label: Số định danh", "label: Số, required: false", f"question «{ID_FIRST}» must always be answered"),
        ("label: Số định danh", "label: Số, when: {question: case, values: [x]}", f"question «{ID_FIRST}» must always"),
    ],
)
def test_what_would_stop_a_citizen_later_is_told(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    form = """
id: card
version: 2026-07-01
title: Đơn
sections:
  - id: requester
    title: Người xin
    person: requester
    questions:
      - {id: requester.full_name, type: name, label: Họ tên}
      - {id: requester.id_number, type: id_number, label: Số định danh}
  - {id: wish, title: Sách, questions: [
      {id: wish.kind, type: choice, label: Loại, choices: [{value: novel, label: Truyện}]}]}
"""
    path = tmp_path / "card.yaml"
    path.write_text(form, encoding="utf-8")
    assert read_files(tmp_path)[0].problems == ()
    assert right in form
    path.write_text(form.replace(right, wrong), encoding="utf-8")
    problems = read_files(tmp_path)[0].problems
    assert any(problem.startswith(f"card.yaml: {told}") for problem in problems), problems


def test_a_heap_is_no_form(tmp_path: Path) -> None:
    heap = ", ".join(["{id: a, type: text, label: L}"] * 101)
    (tmp_path / "f.yaml").write_text(
        f"id: f\nversion: 2026-07-01\ntitle: T\nsections: [{{id: s, title: T, questions: [{heap}]}}]", encoding="utf-8"
    )
    sections = ", ".join(["{id: s, title: T, questions: []}"] * 101)
    (tmp_path / "g.yaml").write_text(f"id: g\nversion: 2026-07-01\ntitle: T\nsections: [{sections}]", encoding="utf-8")
    one, other = read_files(tmp_path)
    assert one.problems[0] == "f.yaml: sections.0.questions: must have at most 100 entries"
    assert other.problems == ("g.yaml: sections: has more than 100 sections",)


BAD_RULES = """\
id: bad
version: 2026-07-01
title: T
rules:
  - {kind: in_order, questions: [a, nowhere], error: date_order}
  - {kind: age, questions: [a], error: no_such_code}
  - {kind: different, questions: [b], error: date_order}
  - {kind: within_days, questions: [b], error: date_order, when: {question: x, values: [y]}}
  - {kind: different, questions: [t.a, u.a], error: date_order}
  - {kind: in_order, questions: [t.b, t.b], error: date_order}
  - {kind: in_order, questions: [a, t.a], error: date_order, when: {question: u.a, values: [y]}}
  - {kind: in_order, questions: [a, t.a], error: date_order, when: {question: t.c, values: [z]}}
  - {kind: different, questions: [t.a], error: date_order, when: {question: t.c, values: [y]}}
  - {kind: not_both, questions: [t.c, b], values: [x, y], error: date_order}
  - {kind: not_both, questions: [t.c], values: [y], error: date_order}
owners: [{kind: organisation, section: s}]
sections:
  - id: s
    title: T
    related_by: t.c
    questions:
      - {id: a, type: date, label: L, same_as: {question: b, label: L}}
      - {id: b, type: text, label: L, in_words: true}
      - {id: c, type: name, label: L, same_as: {question: b, label: L}}
  - id: t
    title: T
    rows: {label: L, minimum: 3, maximum: 2}
    questions:
      - {id: t.a, type: date, label: L}
      - {id: t.b, type: text, label: L}
      - {id: t.c, type: choice, label: L, choices: [{value: y, label: L}]}
  - {id: u, title: T, rows: {label: L}, questions: [{id: u.a, type: date, label: L}]}
"""


def test_mistakes_in_rules_tables_and_owners(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD_RULES, encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_forms(tmp_path)
    for wanted in (
        "bad.yaml: rules.0: «nowhere» is no question",
        "bad.yaml: rules.1: age needs years",
        "bad.yaml: rules.1: no sentence for the code «no_such_code» in locales/vi",
        "bad.yaml: rules.2: different needs two questions: «b» is in no table",
        "bad.yaml: rules.3: «b» must be a date",
        "bad.yaml: rules.3: within_days needs days",
        "bad.yaml: rules.3: depends on the unknown question «x»",
        "bad.yaml: rules.4: «u.a» stands in another table than «t», which the rule names too",
        "bad.yaml: rules.5: «t.b» must be a date",
        "bad.yaml: rules.5: «t.b» stands here twice",
        "bad.yaml: rules.6: depends on «u.a», which is asked in each row of a table that the rule does not name",
        "bad.yaml: rules.7: «when» waits for «z», no choice of «t.c»",
        "bad.yaml: rules.9: «x» is no choice of «t.c»",
        "bad.yaml: rules.9: «y» is no choice of «b»",
        "bad.yaml: rules.10: not_both needs two questions, and two values",
        "bad.yaml: owners.0: an owner needs the question «s.name»",
        "bad.yaml: owners.0: an owner needs the question «s.tax_code»",
        "bad.yaml: question «a» follows «b», which is not asked before",
        "bad.yaml: question «c» follows «b», so its type must be text",
        "bad.yaml: question «b» is told in words, so its type must be date",
        "bad.yaml: section «t» has more rows at least than at most",
        "bad.yaml: section «s» is related by «t.c», which is no choice that is asked once",
    ):
        assert wanted in caught.value.problems, (wanted, caught.value.problems)
    assert not any("rules.8" in problem for problem in caught.value.problems)
