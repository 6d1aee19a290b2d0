"""What is wrong with a form although its shape is right: names that fit nothing, rules that cannot be checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from kiosk import i18n
from kiosk.catalogue import Condition
from kiosk.catalogue.mistakes import twice
from kiosk.forms import COMMUNE, REQUESTER, Form, Question, QuestionType, Rule, RuleKind, Section, in_row
from kiosk.forms.checks import check_answer
from kiosk.forms.rules import table_in
from kiosk.identity import SEXES

MOST_COLUMNS = 9  # of a table on A4: with eleven a letter has no room
NAME = re.compile(r"[a-z][a-z0-9_]*")
QUESTION_NAME = re.compile(rf"{NAME.pattern}(?:\.{NAME.pattern})*")
COUNTED = (QuestionType.NUMBER, QuestionType.MONEY)
FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
LONGEST_LABEL = 300  # letters: more is read by nobody, and fills a page
SHORT = 40  # letters of a name in a sentence
# attribute of `Citizen` that fills a question → the types of question that understand it
FILLS = {
    "id_number": (QuestionType.ID_NUMBER,),
    "full_name": (QuestionType.NAME,),
    "date_of_birth": (QuestionType.DATE,),
    "issued_on": (QuestionType.DATE,),
    "sex": (QuestionType.CHOICE,),
    "address": (QuestionType.ADDRESS,),
    "old_number": (QuestionType.TEXT,),
    "ethnic": (QuestionType.ETHNIC,),
    "phone": (QuestionType.PHONE,),
}
OF_DATES = (RuleKind.IN_ORDER, RuleKind.WITHIN_DAYS, RuleKind.YEARS_APART, RuleKind.AGE)


def mistakes(form: Form, stem: str) -> Iterator[str]:
    """One sentence each; `stem` is the name of the form's file."""
    if stem not in (form.id, f"{form.id}.{form.version}"):
        yield f"id «{form.id}» is not the name of the file"
    yield from _twice("section", [section.id for section in form.sections])
    yield from _twice("question", [question.id for section in form.sections for question in section.questions])
    for section in form.sections:
        for question in section.questions:
            yield from (f"question «{question.id}» {sentence}" for sentence in _of_question(question, section))
        if section.rows and section.rows.minimum > section.rows.maximum:
            yield f"section «{section.id}» has more rows at least than at most"
        if section.rows and len(section.questions) > MOST_COLUMNS:
            yield f"section «{section.id}» has more than {MOST_COLUMNS} questions, too many for a table on paper"
        if (by := section.related_by) and not (by in _once(form) and _once(form)[by].choices):
            yield f"section «{section.id}» is related by «{by}», which is no choice that is asked once"
        yield from _alike_in_a_row(section)
    yield from _names(form)
    yield from (f"{where} {sentence}" for where, text in _words(form) for sentence in _of_words(text))
    yield from _conditions(form)
    yield from _followers(form)
    for number, rule in enumerate(form.rules):
        yield from (f"rules.{number}: {sentence}" for sentence in _of_rule(rule, form))
    yield from _owners(form)
    yield from _of_paper(form)
    yield from _requester(form)


def _alike_in_a_row(section: Section) -> Iterator[str]:
    """In a row `kids.since` and `since` are both `kids.1.since`: one answer would be that of both."""
    alike: dict[str, set[str]] = {}
    for question in section.questions if section.rows else ():
        alike.setdefault(in_row(section, 1, question.id), set()).add(question.id)
    for ids in alike.values():
        if len(ids) > 1:
            yield f"section «{section.id}»: {' and '.join(f'«{one}»' for one in sorted(ids))} are one question in a row"


def _requester(form: Form) -> Iterator[str]:
    """Who submits is asked in every case, once."""
    every = {question.id for section in form.sections for question in section.questions}
    for one in (f"{REQUESTER}.full_name", f"{REQUESTER}.id_number"):
        if one not in every:
            yield f"needs the question «{one}»: it tells the province who submits"
        elif one not in always_answered(form):
            yield f"question «{one}» must always be answered: required, in no table, and without a when"


def _names(form: Form) -> Iterator[str]:
    """What is part of the keys of answers, and of those that the kiosk makes of them."""
    if not FILE_NAME.fullmatch(form.id):
        yield f"id «{_short(form.id)}» must be made of small letters, digits and hyphens"
    for section in form.sections:
        if not NAME.fullmatch(section.id):
            yield f"section «{_short(section.id)}» needs a name of small letters, digits and _"
        for question in section.questions:
            if not QUESTION_NAME.fullmatch(question.id):
                yield f"question «{_short(question.id)}» needs a name of small letters, digits, _ and dots between"
            if question.id == "case":
                yield "question «case» must be named otherwise: that is the chosen case"
            if any(not choice.value for choice in question.choices):
                yield f"question «{question.id}» has a choice without a value"


def _words(form: Form) -> Iterator[tuple[str, str]]:
    """What is a heading, a question or on a button, and where it stands."""
    yield "title", form.title
    for section in form.sections:
        yield f"section «{_short(section.id)}» title", section.title
        if section.rows:
            yield f"section «{_short(section.id)}» rows.label", section.rows.label
        for question in section.questions:
            where = f"question «{_short(question.id)}»"
            yield f"{where} label", question.label
            yield from ((f"{where} label of «{_short(choice.value)}»", choice.label) for choice in question.choices)
            if question.same_as:
                yield f"{where} same_as.label", question.same_as.label


def _short(name: str) -> str:
    return " ".join(name.split())[:SHORT]


def _of_words(text: str) -> Iterator[str]:
    if not text.strip():
        yield "says nothing"
    if len(text) > LONGEST_LABEL:
        yield f"has more than {LONGEST_LABEL} letters"


def _of_paper(form: Form) -> Iterator[str]:
    """Only the addressee has something to be filled in; what has no place would be printed as it is."""
    printed = {"to": form.paper.to.replace(COMMUNE, ""), "pledge": form.paper.pledge, "signer": form.paper.signer}
    for name, text in printed.items():
        if "{" in text or "}" in text:
            yield f"paper.{name}: braces are for «{COMMUNE}» in paper.to alone"


def conditions(form: Form) -> Iterator[tuple[str, Condition]]:
    """Every condition of a form, with the id of what depends on it."""
    for section in form.sections:
        yield from ((section.id, when) for when in (section.when, section.requester_when) if when)
        for question in section.questions:
            followed = question.same_as.when if question.same_as else None
            yield from ((question.id, when) for when in (question.when, followed) if when)
    yield from ((f"rules.{number}", rule.when) for number, rule in enumerate(form.rules) if rule.when)
    yield from ((f"owners.{number}", owner.when) for number, owner in enumerate(form.owners) if owner.when)


def _twice(what: str, ids: list[str]) -> Iterator[str]:
    for again in twice(ids):
        yield f"{what} «{again}» stands here twice"


def _once(form: Form) -> dict[str, Question]:
    """The questions that are no rows of a table."""
    return {question.id: question for section in form.sections if not section.rows for question in section.questions}


def always_answered(form: Form) -> dict[str, Question]:
    """The questions that are answered in every case, once."""
    sections = (section for section in form.sections if not (section.rows or section.when))
    return {one.id: one for section in sections for one in section.questions if one.required and not one.when}


def _of_rule(rule: Rule, form: Form) -> Iterator[str]:
    table = table_in(rule, form)
    known = _once(form) | {question.id: question for question in (table.questions if table else ())}
    every = {question.id for section in form.sections for question in section.questions}
    for one in dict.fromkeys(rule.questions):
        if one not in every:
            yield f"«{one}» is no question"
        elif one not in known:
            yield f"«{one}» stands in another table than «{table.id if table else ''}», which the rule names too"
        elif rule.kind in OF_DATES and not _is_day(rule, known[one]):
            yield f"«{one}» must be a date"
    if len(set(rule.questions)) < len(rule.questions):
        yield f"«{rule.questions[0]}» stands here twice"
    if len(rule.questions) < 2 and rule.kind is RuleKind.YEARS_APART:
        yield "years_apart needs two questions"
    if len(rule.questions) < 2 and rule.kind is RuleKind.DIFFERENT and rule.questions[0] in _once(form):
        yield f"different needs two questions: «{rule.questions[0]}» is in no table"
    yield from _of_rules_values(rule, known)
    if rule.kind is RuleKind.WITHIN_DAYS and not rule.days:
        yield "within_days needs days"
    if rule.kind in (RuleKind.AGE, RuleKind.YEARS_APART) and not rule.years:
        yield f"{rule.kind.value} needs years"
    if rule.when and rule.when.question != "case":
        yield from _of_rules_condition(rule.when, known, every)
    if i18n.error_text(rule.error, i18n.SOURCE_LANGUAGE) == rule.error:
        yield f"no sentence for the code «{rule.error}» in locales/{i18n.SOURCE_LANGUAGE}"


def _is_day(rule: Rule, question: Question) -> bool:
    """A date, or the year alone where no more is needed."""
    return question.type is QuestionType.DATE or (rule.kind is RuleKind.IN_ORDER and question.year)


def _of_rules_values(rule: Rule, known: Mapping[str, Question]) -> Iterator[str]:
    if rule.kind is not RuleKind.NOT_BOTH:
        return
    if len(rule.questions) != 2 or len(rule.values) != 2:
        yield "not_both needs two questions, and two values"
    for one, value in zip(rule.questions, rule.values, strict=False):
        if one in known and value not in {choice.value for choice in known[one].choices}:
            yield f"«{value}» is no choice of «{one}»"


def _of_rules_condition(when: Condition, known: Mapping[str, Question], every: set[str]) -> Iterator[str]:
    """A rule may wait for any question that is asked once, or in the rows that it is about."""
    if when.question not in every:
        yield f"depends on the unknown question «{when.question}»"
    elif when.question not in known:
        yield f"depends on «{when.question}», which is asked in each row of a table that the rule does not name"
    else:
        yield from of_values("when", when, known[when.question])


def of_values(owner: str, when: Condition, question: Question) -> Iterator[str]:
    """What `owner` waits for must be possible."""
    if question.choices and (wrong := sorted(set(when.values) - {choice.value for choice in question.choices})):
        yield f"«{owner}» waits for «{', '.join(wrong)}», no choice of «{question.id}»"


def _followers(form: Form) -> Iterator[str]:
    """What is followed is asked before, once, and has the same kind of answer."""
    before: dict[str, Question] = {}
    for section in form.sections:
        for question in section.questions:
            if question.same_as:
                followed = before.get(question.same_as.question)
                if followed is None:
                    yield f"question «{question.id}» follows «{question.same_as.question}», which is not asked before"
                elif followed.type is not question.type:
                    yield f"question «{question.id}» follows «{followed.id}», so its type must be {followed.type.value}"
            if not section.rows:
                before[question.id] = question


def _owners(form: Form) -> Iterator[str]:
    once = _once(form)
    needed = {"person": ("full_name", "id_number"), "organisation": ("name", "tax_code")}
    for number, owner in enumerate(form.owners):
        for name in needed[owner.kind]:
            if f"{owner.section}.{name}" not in once:
                yield f"owners.{number}: an owner needs the question «{owner.section}.{name}»"


def _of_question(question: Question, section: Section) -> Iterator[str]:
    days = {other.id for other in section.questions if other.type is QuestionType.DATE}
    if question.not_before and not {question.id, question.not_before} <= days:
        yield f"is not before «{question.not_before}», so both must be dates of this section"
    if question.in_words and question.type is not QuestionType.DATE:
        yield "is told in words, so its type must be date"
    if question.year and question.type is not QuestionType.NUMBER:
        yield "is a year, so its type must be number"
    values = [choice.value for choice in question.choices]
    if (question.type is QuestionType.CHOICE) != bool(values):
        yield "has no choices" if not values else "has choices, but is no choice"
    if len(set(values)) < len(values):
        yield "has a choice that stands here twice"
    yield from (f"has two choices «{label}»" for label in twice(choice.label for choice in question.choices))
    if question.type not in COUNTED and (question.minimum, question.maximum) != (None, None):
        yield "has a minimum or maximum, so its type must be number or money"
    if question.minimum is not None and question.maximum is not None and question.minimum > question.maximum:
        yield "has a minimum above its maximum"
    if question.default and check_answer(question, question.default, date.max):
        yield f"has the default «{question.default}», which is no answer to it"
    if question.fills and question.fills not in FILLS:
        yield f"fills «{question.fills}», which a card has not; one of {', '.join(sorted(FILLS))}"
    elif question.fills and question.type not in FILLS[question.fills]:
        yield f"fills «{question.fills}», so its type must be {FILLS[question.fills][0].value}"
    elif question.fills == "sex" and set(values) != set(SEXES.values()):
        yield f"fills «sex», so its choices must be {', '.join(SEXES.values())}"


def _conditions(form: Form) -> Iterator[str]:
    """A condition looks back, at a question that is always asked, or whenever its own section is: so what it hides is
    never decided by a hidden one.
    """
    every = {question.id for section in form.sections for question in section.questions}
    asked: dict[str, Question] = {}
    for section in form.sections:
        for condition in (section.when, section.requester_when):
            yield from _of_condition(section.id, condition, asked, every)
        here = dict(asked)
        for question in section.questions:
            followed = question.same_as.when if question.same_as else None
            for condition in (question.when, followed):
                yield from _of_condition(question.id, condition, here, every)
            if question.when is None:
                here[question.id] = question
        if section.when is None and section.rows is None:
            asked = here


def _of_condition(
    owner: str, condition: Condition | None, asked: Mapping[str, Question], every: set[str]
) -> Iterator[str]:
    if condition is None or condition.question == "case":
        return
    question = asked.get(condition.question)
    if condition.question not in every:
        yield f"«{owner}» depends on the unknown question «{condition.question}»"
    elif question is None:
        yield f"«{owner}» depends on «{condition.question}», which is asked later or not always"
    else:
        yield from of_values(owner, condition, question)
