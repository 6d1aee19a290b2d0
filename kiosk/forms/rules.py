"""Rules between answers: which of them a section breaks. A rule that names a table holds for each of its rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from kiosk.catalogue import Condition
from kiosk.forms import (
    REQUESTER,
    Form,
    Rule,
    RuleKind,
    Section,
    day_of,
    holds,
    in_row,
    resolved,
    row_count,
    visible_questions,
    visible_sections,
)
from kiosk.identity import IdentityError, check_id_number, sex_of
from kiosk.text import search_key

YEAR = 4  # digits, at the front of a date too


@dataclass(frozen=True)
class _Asked:
    """A rule as these answers meet it: its questions, those beside which it may be told, and its condition."""

    questions: tuple[str, ...]
    beside: tuple[str, ...]
    when: Condition | None


def warned(form: Form, case: str, answers: Mapping[str, str], today: date) -> frozenset[str]:
    """The codes of everything in the whole form that is unusual: what its person was told, and could go on."""
    said = resolved(form, case, answers)
    sections = visible_sections(form, case, answers)
    return frozenset(code for one in sections for _, code in broken(form, one, case, said, today, warns=True))


def broken(
    form: Form, section: Section, case: str, answers: Mapping[str, str], today: date, warns: bool
) -> Iterator[tuple[str, str]]:
    """The rules of the form that are broken, each beside the last of its questions in this section.

    What is hidden or not answered yet breaks nothing. What is wrong with a row is told beside the row alone.
    """
    here = {question.id for question in visible_questions(section, case, answers)}
    if not warns:
        yield from _of_requester(form, case, answers, here)
    asked = [
        (rule, one)
        for rule in form.rules
        if rule.warns is warns
        for one in _asked(rule, form, answers)
        if here & set(one.beside)
    ]
    if not asked:
        return
    shown = {q.id for one in visible_sections(form, case, answers) for q in visible_questions(one, case, answers)}
    for rule, one in asked:
        if set(one.questions) <= shown and holds(one.when, case, answers):
            values = [answers.get(question_id, "") for question_id in one.questions]
            if all(values) and not _KEPT[rule.kind](rule, values, today):
                yield next(each for each in reversed(one.beside) if each in here), rule.error


def _of_requester(
    form: Form, case: str, answers: Mapping[str, str], here: Collection[str]
) -> Iterator[tuple[str, str]]:
    """A man is nobody's mother: told beside the answer that says so, not where their card no longer fits."""
    said = [one for one in form.sections if one.sex and one.requester_when and one.requester_when.question in here]
    if not said:
        return
    try:
        sex = sex_of(check_id_number(answers.get(f"{REQUESTER}.id_number", "")))
    except IdentityError:
        return  # told beside the number
    for section in said:
        if section.requester_when and section.sex != sex and holds(section.requester_when, case, answers):
            yield section.requester_when.question, "requester_sex"


def table_in(rule: Rule, form: Form) -> Section | None:
    """The (first) table that a rule names."""
    return next(
        (one for one in form.sections if one.rows and {q.id for q in one.questions} & set(rule.questions)), None
    )


def _asked(rule: Rule, form: Form, answers: Mapping[str, str]) -> Iterator[_Asked]:
    """Once for the whole form, or for each row of the table that is named."""
    table = table_in(rule, form)
    if table is None:
        yield _Asked(rule.questions, rule.questions, rule.when)
        return
    for number in range(1, row_count(table, answers) + 1):
        moved = tuple(in_row(table, number, one) for one in rule.questions)
        beside = tuple(one for one, before in zip(moved, rule.questions, strict=True) if one != before)
        when = rule.when and rule.when.model_copy(update={"question": in_row(table, number, rule.when.question)})
        if rule.kind is RuleKind.DIFFERENT and len(moved) == 1:  # from those above: this one came last
            for above in range(1, number):
                yield _Asked((in_row(table, above, rule.questions[0]), *moved), beside, when)
        else:
            yield _Asked(moved, beside, when)


def _days(values: list[str], today: date) -> tuple[date, date] | None:
    """The two dates of a rule, the second one today where there is only one; None when one of them is no date."""
    first, second = day_of(values[0]), day_of(values[1]) if len(values) > 1 else today
    return (first, second) if first and second else None


def _in_order(_rule: Rule, values: list[str], today: date) -> bool:
    if any(len(value) == YEAR for value in values):  # of one of them no more than the year is known
        return len(values) < 2 or values[0][:YEAR] <= values[1][:YEAR]
    days = _days(values, today)
    return days is None or days[0] <= days[1]


def _within_days(rule: Rule, values: list[str], today: date) -> bool:
    days = _days(values, today)
    return days is None or days[1] - days[0] <= timedelta(days=rule.days)


def _years_apart(rule: Rule, values: list[str], today: date) -> bool:
    days = _days(values, today)
    return days is None or days[1].year - days[0].year >= rule.years


def _age(rule: Rule, values: list[str], today: date) -> bool:
    days = _days(values, today)
    return days is None or age(*days) >= rule.years


def _different(_rule: Rule, values: list[str], _today: date) -> bool:
    return len({search_key(value) for value in values}) == len(values)


def _not_both(rule: Rule, values: list[str], _today: date) -> bool:
    return tuple(values) != rule.values


_KEPT: Mapping[RuleKind, Callable[[Rule, list[str], date], bool]] = {
    RuleKind.IN_ORDER: _in_order,
    RuleKind.WITHIN_DAYS: _within_days,
    RuleKind.YEARS_APART: _years_apart,
    RuleKind.AGE: _age,
    RuleKind.DIFFERENT: _different,
    RuleKind.NOT_BOTH: _not_both,
}


def age(born: date, day: date) -> int:
    """Full years on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
