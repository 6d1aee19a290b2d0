"""What is wrong with the answers of a form: each answer alone, then what answers must be to each other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date

from kiosk import places, telephone
from kiosk.forms import (
    FOLLOWS,
    Form,
    Question,
    QuestionType,
    Section,
    clean,
    day_of,
    resolved,
    visible_questions,
)
from kiosk.forms.rules import YEAR, broken
from kiosk.identity import IdentityError, born_year, check_id_number, sex_of
from kiosk.letters import all_printable
from kiosk.text import nfc

EARLIEST_YEAR = 1900
WRITTEN = (QuestionType.NAME, QuestionType.TEXT, QuestionType.ADDRESS, QuestionType.EMAIL)
# characters: a name as a Person of the province's API has it, numbers with a slip of the finger
_LONGEST = {QuestionType.NAME: 100, QuestionType.ID_NUMBER: 20, QuestionType.PHONE: telephone.LONGEST_TYPED}
NAME_SIGNS = "'‘’-. "
# control, format (zero width, direction), private, surrogate and unassigned characters, emoji, keycaps, line separators
NEVER = ("Cc", "Cf", "Co", "Cs", "Cn", "So", "Me", "Zl", "Zp")
VARIATION_SELECTORS = "\ufe0e\ufe0f"
EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}")
TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)  # of the first nine digits; the tenth makes 10 less the rest by 11


def check_answer(question: Question, value: str, today: date) -> str:
    """The error code of an answer, "" when it is good."""
    value = clean(question, value)
    if not value:
        return "required" if question.required else ""
    if len(value) > longest(question):
        return "too_long"
    if any(c in VARIATION_SELECTORS or unicodedata.category(c) in NEVER for c in value):
        return "text_invalid"
    if question.type in WRITTEN and not all_printable(value):
        return "letters_foreign"
    check = _CHECKS.get(question.type)
    return check(question, value, today) if check else ""


def longest(question: Question) -> int:
    """How many characters an answer may have."""
    return min(question.max_length, _LONGEST.get(question.type, question.max_length))


def kept(question: Question, value: str) -> str:
    """What is kept of an answer, however much was scanned: as much as there is room for, of an address its commune."""
    value, room = nfc(value), longest(question)
    if len(value) <= room:
        return value
    if question.type is QuestionType.ADDRESS:
        address = places.Address.read(value)
        room -= len(address.text) - len(address.line)
        return places.Address(address.line[: max(0, room)], address.commune).text
    return value[:room]


def _check_name(_question: Question, value: str, _today: date) -> str:
    letters = [c for c in value if c not in NAME_SIGNS]
    good = bool(letters) and letters[0].isalpha() and all(c.isalpha() or unicodedata.combining(c) for c in letters)
    return "" if good else "name_invalid"


def _check_date(question: Question, value: str, today: date) -> str:
    day = day_of(value)
    if day is None:
        return "date_invalid"
    if day.year < EARLIEST_YEAR:
        return "date_too_old"
    return "date_future" if question.past and day > today else ""


def _check_id_number(_question: Question, value: str, _today: date) -> str:
    try:
        check_id_number(value)
    except IdentityError as error:
        return error.code
    return ""


def _check_phone(_question: Question, value: str, _today: date) -> str:
    return telephone.fault(value)


def _check_number(question: Question, value: str, today: date) -> str:
    if not (value.isascii() and value.isdigit()):
        return "number_invalid"
    if question.year and len(value) != YEAR:
        return "year_digits"
    if question.year and int(value) > today.year:
        return "year_future"
    low, high = question.minimum, question.maximum
    if low is not None and int(value) < low:
        return "date_too_old" if question.year else "number_range"
    return "number_range" if high is not None and int(value) > high else ""


def _check_choice(question: Question, value: str, _today: date) -> str:
    return "" if value in {choice.value for choice in question.choices} else "choice_invalid"


def _check_ethnic(_question: Question, value: str, _today: date) -> str:
    return "" if value in {group.code for group in places.ethnic_groups()} else "ethnic_unknown"


def _check_commune(_question: Question, value: str, _today: date) -> str:
    return "" if places.commune(value) else "commune_unknown"


def _check_time(_question: Question, value: str, _today: date) -> str:
    return "" if re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value) else "time_invalid"


def _check_email(_question: Question, value: str, _today: date) -> str:
    return "" if EMAIL.fullmatch(value) and ".." not in value else "email_invalid"


def _check_money(question: Question, value: str, _today: date) -> str:
    if not (value.isascii() and value.isdigit()):
        return "money_invalid"
    low, high = question.minimum, question.maximum
    outside = (low is not None and int(value) < low) or (high is not None and int(value) > high)
    return "money_range" if outside else ""


def _check_tax_code(_question: Question, value: str, _today: date) -> str:
    """Ten digits with their check digit, and three more of a branch."""
    if not re.fullmatch(r"[0-9]{10}(-[0-9]{3})?", value):
        return "tax_code_invalid"
    rest = sum(int(digit) * weight for digit, weight in zip(value, TAX_WEIGHTS, strict=False)) % 11
    return "" if 10 - rest == int(value[9]) else "tax_code_check"


def _check_address(_question: Question, value: str, _today: date) -> str:
    address = places.Address.read(value)
    if not address.commune:
        return "address_commune_missing"
    return "" if address.line.strip(", ") else "address_line_missing"


_CHECKS: Mapping[QuestionType, Callable[[Question, str, date], str]] = {
    QuestionType.NAME: _check_name,
    QuestionType.DATE: _check_date,
    QuestionType.ID_NUMBER: _check_id_number,
    QuestionType.PHONE: _check_phone,
    QuestionType.NUMBER: _check_number,
    QuestionType.CHOICE: _check_choice,
    QuestionType.ETHNIC: _check_ethnic,
    QuestionType.COMMUNE: _check_commune,
    QuestionType.TIME: _check_time,
    QuestionType.EMAIL: _check_email,
    QuestionType.MONEY: _check_money,
    QuestionType.TAX_CODE: _check_tax_code,
    QuestionType.ADDRESS: _check_address,
}


def check_section(
    form: Form,
    section: Section,
    case: str,
    answers: Mapping[str, str],
    today: date,
    proven: Collection[str] = (),
) -> dict[str, str]:
    """Error codes by question id for all visible questions, cross-field rules included.

    What is `proven` (question ids) may contradict itself: nobody here can change it, the officers will ask.
    """
    said = resolved(form, case, answers)
    errors: dict[str, str] = {}
    for question in visible_questions(section, case, answers):
        if code := _error_of(question, answers, said, today):
            errors[question.id] = code
    crossed = (
        *_number_against_person(section, said, proven),
        *_order(section, case, said),
        *broken(form, section, case, said, today, warns=False),
    )
    for question_id, code in crossed:
        errors.setdefault(question_id, code)
    return errors


def warnings_of(form: Form, section: Section, case: str, answers: Mapping[str, str], today: date) -> dict[str, str]:
    """Codes by question id of what is unusual, but may be so: the person is told and goes on."""
    said = resolved(form, case, answers)
    full = {
        question.id: "field_full"
        for question in visible_questions(section, case, answers)
        if question.type in WRITTEN and len(said.get(question.id, "")) >= longest(question)
    }
    return full | dict(broken(form, section, case, said, today, warns=True))


def _error_of(question: Question, answers: Mapping[str, str], said: Mapping[str, str], today: date) -> str:
    follows = answers.get(question.id) == FOLLOWS
    if follows and not said.get(question.id):
        return "followed_missing"
    return check_answer(question, said.get(question.id, ""), today)


def _number_against_person(
    section: Section, answers: Mapping[str, str], proven: Collection[str]
) -> Iterator[tuple[str, str]]:
    """The number tells year of birth and sex: what contradicts it was mistyped somewhere."""
    by_attribute = {question.fills: question.id for question in section.questions if question.fills}
    number = answers.get(by_attribute.get("id_number", ""), "")
    try:
        number = check_id_number(number)
    except IdentityError:
        return
    born = day_of(answers.get(by_attribute.get("date_of_birth", ""), ""))
    if born and born.year != born_year(number) and by_attribute["date_of_birth"] not in proven:
        yield by_attribute["date_of_birth"], "id_number_birth_year"
    if section.sex and section.sex != sex_of(number):
        yield by_attribute["id_number"], "person_sex"
    sex = answers.get(by_attribute.get("sex", ""), "")
    if sex and sex != sex_of(number) and by_attribute["sex"] not in proven:
        yield by_attribute["sex"], "id_number_sex"


def _order(section: Section, case: str, answers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A stay ends after it began; only what is asked counts."""
    days = {q.id: day_of(answers.get(q.id, "")) for q in visible_questions(section, case, answers)}
    for question in section.questions:
        first, last = days.get(question.not_before), days.get(question.id)
        if first and last and last < first:
            yield question.id, "date_order"
