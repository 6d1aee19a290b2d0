"""Filling a form in with what is known already: from a card, from the registers, from what was said before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from kiosk.forms import REQUESTER, Form, Question, Section, all_sections, clean, holds
from kiosk.forms.checks import check_answer, check_section, kept
from kiosk.identity import Citizen, Relative, sex_of
from kiosk.places import as_answer

# how what a family calls somebody begins or ends, where it tells their sex
CALLED = {
    "female": (("vợ", "mẹ", "bà", "chị"), ("gái", "dâu")),
    "male": (("chồng", "cha", "bố", "ông", "anh"), ("trai", "rể")),
}
UNPROVEN = ("phone",)  # what may have changed since it was told: it is shown, and what is typed stays


def prefill(section: Section, citizen: Citizen, answers: Mapping[str, str]) -> dict[str, str]:
    """`answers` with what the card knows put into this section's questions; what belonged to another person goes."""
    filled = dict(answers)
    before = next((answers.get(q.id, "") for q in section.questions if q.fills == "full_name"), "")
    nameless = not citizen.id_number and before not in ("", citizen.full_name)  # a relative whose number is unknown
    if nameless or number_in(section, answers) not in ("", citizen.id_number):
        filled |= _emptied(section)
    told = {q.id: kept(q, text) for q in section.questions if (text := _told(q, citizen))}
    said = {q.id for q in section.questions if q.fills in UNPROVEN and filled.get(q.id)}
    return filled | {question: text for question, text in told.items() if question not in said}


def misfit(
    form: Form,
    section: Section,
    case: str,
    person: Citizen,
    citizen: Citizen | None,
    answers: Mapping[str, str],
    today: date,
) -> str:
    """Code of why `person` cannot stand in a section, "" when they can: another one than `citizen` where it asks for
    them, of the other sex, or named where the form forbids it.
    """
    if about_requester(section, case, answers) and citizen and person.id_number != citizen.id_number:
        return "person_not_you"
    errors = check_section(form, section, case, prefill(section, person, answers), today)
    return next((errors.get(question.id, "") for question in section.questions if question.fills == "id_number"), "")


def prefill_relative(section: Section, relative: Relative, answers: Mapping[str, str]) -> dict[str, str]:
    """As `prefill`, with what the registers tell of the person, and what they call them."""
    called = {
        question.id: choice.value
        for question in section.questions
        for choice in question.choices
        if relative.relation.casefold() in map(str.casefold, choice.relations)
    }
    return prefill(section, relative.person, answers) | called


def year_alone(section: Section, day: Question) -> Question | None:
    """The question for the year alone, where no more than that may be known of a date."""
    asked = (q for q in section.questions if q.year and q.when and q.when.question == day.id)
    return next((q for q in asked if q.when and "" in q.when.values), None)


def sex_called(relation: str) -> str:
    """The sex of who is called so («Chồng», «Bà nội», «Con gái»), "" where the word does not tell it («Con»)."""
    words = relation.casefold().split() or [""]
    return next((sex for sex, (first, last) in CALLED.items() if words[0] in first or words[-1] in last), "")


def can_mean(form: Form, section: Section, relative: Relative, answers: Mapping[str, str]) -> bool:
    """Whether this relative can stand in a section, by their sex and by what the registers call them."""
    words = _relations(form, section, answers)
    return relative.person.sex in ("", section.sex or relative.person.sex) and (
        words is None or relative.relation.casefold() in words
    )


def called_otherwise(
    form: Form, section: Section, relatives: Sequence[Relative], answers: Mapping[str, str]
) -> dict[str, str]:
    """A code beside the name of somebody whom the registers call otherwise than the form has been answered."""
    said = {question.fills: answers.get(question.id, "") for question in section.questions if question.fills}
    names = [question.id for question in section.questions if question.fills == "full_name"]
    for one in relatives:
        person, born = one.person, one.person.date_of_birth
        same_number = person.id_number and number_in(section, answers) == person.id_number
        told = (person.full_name, born.isoformat() if born else "")
        same = same_number or told == (said.get("full_name"), said.get("date_of_birth"))
        if same and not can_mean(form, section, one, answers):
            return dict.fromkeys(names, "relation_differs")
    return {}


def _relations(form: Form, section: Section, answers: Mapping[str, str]) -> tuple[str, ...] | None:
    """What the registers call whoever can stand in a section, folded; None where it may be anybody."""
    if not section.related_by:
        return None
    chosen = answers.get(section.related_by, "")
    questions = (q for one in form.sections for q in one.questions if q.id == section.related_by)
    return tuple(
        word.casefold()
        for question in questions
        for choice in question.choices
        if choice.value == chosen
        for word in choice.relations
    )


def told_by_number(section: Section, changed: Question, answers: Mapping[str, str]) -> dict[str, str]:
    """`answers` with the sex that a number just given tells: what is known is not asked for."""
    number = answers.get(changed.id, "")
    sex = next((question.id for question in section.questions if question.fills == "sex"), "")
    if changed.fills != "id_number" or not sex or check_answer(changed, number, date.today()):  # noqa: DTZ011
        return dict(answers)
    return dict(answers) | {sex: sex_of(clean(changed, number))}


def fill_own_blocks(form: Form, case: str, citizen: Citizen, answers: Mapping[str, str]) -> dict[str, str]:
    """`answers` with what the card knows wherever the citizen is asked for."""
    filled = dict(answers)
    for section in form.sections:
        if about_requester(section, case, filled):
            filled = prefill(section, citizen, filled)
    return filled


def without_own_words(form: Form, answers: Mapping[str, str]) -> dict[str, str]:
    """`answers` without all that somebody has said about themselves: another one stands there now."""
    own = {q.id: "" for section in form.sections for q in section.questions if q.id.startswith(f"{REQUESTER}.")}
    return dict(answers) | own


def repeat_own_block(
    form: Form, left: Section, case: str, citizen: Citizen, answers: Mapping[str, str]
) -> dict[str, str]:
    """`answers` once section `left` has told who else the citizen is, the mother for one.

    What they have answered about themselves is not asked again; where they are no longer that person, it is taken out.
    """
    filled = dict(answers)
    asked = {question.id for question in left.questions}
    for section in form.sections:
        if section.requester_when is None or section.requester_when.question not in asked:
            continue
        own = number_in(section, filled) == citizen.id_number
        if not about_requester(section, case, filled):
            filled |= _emptied(section) | dict.fromkeys(_that_shows(section), "") if own else {}
            continue
        filled |= _that_shows(section)
        if not own:
            filled = prefill(section, citizen, filled)
            said = {q.id: filled.get(f"{REQUESTER}.{q.id.rpartition('.')[2]}", "") for q in section.questions}
            filled |= {question: value for question, value in said.items() if value}
    return filled


def implied(form: Form, case: str, answers: Mapping[str, str]) -> dict[str, str]:
    """Answers that follow from who stands there: where the father does, there is one."""
    return {
        question: value
        for section in form.sections
        if section.requester_when and about_requester(section, case, answers)
        for question, value in _that_shows(section).items()
    }


def _that_shows(section: Section) -> dict[str, str]:
    """The answer for which a section is shown."""
    when = section.when
    return {when.question: when.values[0]} if when and when.question != "case" else {}


def about_requester(section: Section, case: str, answers: Mapping[str, str]) -> bool:
    """Whether a section asks for the one who stands there."""
    if section.requester_when:
        return holds(section.requester_when, case, answers)
    return any(question.id.startswith(f"{REQUESTER}.") for question in section.questions)


def told_by_card(form: Form, case: str, answers: Mapping[str, str], citizen: Citizen, today: date) -> frozenset[str]:
    """The questions about the requester that `citizen` answers well."""
    return frozenset(
        question.id
        for section in form.sections
        if about_requester(section, case, answers)
        for question in section.questions
        if question.fills not in UNPROVEN
        if (text := _told(question, citizen)) and not check_answer(question, text, today)
    )


def told_of_others(
    form: Form, case: str, answers: Mapping[str, str], people: Sequence[Citizen], today: date
) -> frozenset[str]:
    """The questions about others that hold what their own cards have told; `people` by their numbers."""
    known = {person.id_number: person for person in people}
    return frozenset(
        question.id
        for section in all_sections(form, answers)
        if section.person and not about_requester(section, case, answers)
        if (person := known.get(number_in(section, answers)))
        for question in section.questions
        if (text := _told(question, person)) and answers.get(question.id) == text
        if not check_answer(question, text, today)
    )


def without_person(section: Section, answers: Mapping[str, str]) -> dict[str, str]:
    """`answers` without those that a card could give to this section."""
    return dict(answers) | _emptied(section)


def without_others(
    form: Form, changed: str, relatives: Sequence[Relative], answers: Mapping[str, str]
) -> dict[str, str]:
    """`answers` without the relatives who can no longer be meant, now that question `changed` is answered otherwise."""
    left = dict(answers)
    for section in form.sections:
        named = {answers.get(q.id, "") for q in section.questions if q.fills in ("full_name", "id_number")} - {""}
        here = (one for one in relatives if named & {one.person.full_name, one.person.id_number})
        if section.related_by == changed and any(not can_mean(form, section, one, answers) for one in here):
            left |= _emptied(section)
    return left


def _told(question: Question, citizen: Citizen) -> str:
    if question.fills == "address":
        return as_answer(citizen.address, citizen.issued_on)
    known = getattr(citizen, question.fills, "") if question.fills else ""
    return known.isoformat() if isinstance(known, date) else str(known or "")


def number_in(section: Section, answers: Mapping[str, str]) -> str:
    """The ID number that a section has been answered with."""
    return next((clean(q, answers.get(q.id, "")) for q in section.questions if q.fills == "id_number"), "")


def _emptied(section: Section) -> dict[str, str]:
    return {question.id: "" for question in section.questions if question.fills}


def with_defaults(form: Form, answers: Mapping[str, str]) -> dict[str, str]:
    """`answers` with the defaults of questions that have none yet."""
    given = {q.id: q.default for section in form.sections for q in section.questions if q.default}
    return given | dict(answers)
