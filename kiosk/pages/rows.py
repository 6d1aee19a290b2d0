"""Rows of a table of persons while a dossier is corrected: one more, or one less, as the form allows."""

from __future__ import annotations

from collections.abc import Mapping

from kiosk import forms
from kiosk.forms import Form, Section
from kiosk.pages.typed import COMMUNE, LINE

ADD, REMOVE = "add", "remove"
MOVED = "moved"  # of a draft: rows of this table are no longer those of the dossier


def can_add(form: Form, row: Section, draft: Mapping[str, str]) -> bool:
    """Whether `row` is the last one of its table, and there is room below it."""
    if not row.row:
        return False
    table = forms.table_of(form, row)
    assert table.rows is not None
    return row.row == forms.row_count(table, draft) < table.rows.maximum


def can_remove(form: Form, row: Section, draft: Mapping[str, str]) -> bool:
    """Whether its table has more rows than it must have."""
    if not row.row:
        return False
    table = forms.table_of(form, row)
    assert table.rows is not None
    return forms.row_count(table, draft) > table.rows.minimum


def changed(form: Form, case: str, draft: Mapping[str, str], act: str) -> tuple[dict[str, str], str]:
    """`draft` after `act`, which is `add:` or `remove:` and the id of a row, and the id of the row to look at.

    What the form does not allow changes nothing.
    """
    verb, _, row_id = act.partition(":")
    row = next((one for one in forms.visible_sections(form, case, draft) if one.id == row_id and one.row), None)
    if row is not None and verb == ADD and can_add(form, row, draft):
        return forms.with_row(form, row, draft), f"{forms.table_of(form, row).id}.{row.row + 1}"
    if row is not None and verb == REMOVE and can_remove(form, row, draft):
        return _without(form, row, draft), f"{forms.table_of(form, row).id}.{max(1, row.row - 1)}"
    return dict(draft), row_id if row is not None else ""


def moved(form: Form, draft: Mapping[str, str], question_id: str) -> bool:
    """Whether a question of the dossier as it was declared now stands in another row, or in none."""
    return any(
        question_id.startswith(f"{one.id}.") and f"{one.id}.{MOVED}" in draft for one in form.sections if one.rows
    )


def _without(form: Form, row: Section, draft: Mapping[str, str]) -> dict[str, str]:
    """Parts of addresses that are not clear yet move up with their rows."""
    table = forms.table_of(form, row)
    left = forms.without_row(form, row, draft)
    for key in [key for key in left if key.endswith((f".{LINE}", f".{COMMUNE}")) and key.startswith(f"{table.id}.")]:
        number, _, rest = key.removeprefix(f"{table.id}.").partition(".")
        if number.isdecimal() and int(number) >= row.row and rest not in {_own(one.id) for one in row.questions}:
            text = left.pop(key)
            if int(number) > row.row:
                left[f"{table.id}.{int(number) - 1}.{rest}"] = text
    return left | {f"{table.id}.{MOVED}": "yes"}


def _own(question_id: str) -> str:
    return question_id.split(".", 2)[-1]
