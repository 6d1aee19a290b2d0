"""Texts in the citizen's language. Vietnamese is the msgid; `assets/locales/<language>/*.po` hold the rest.

Codes of errors and states are entries with a context: `msgctxt "error"` for the sentence, `msgctxt "advice"` for what
to do, both in Vietnamese (`locales/vi`) and English (`locales/en`). Faults of devices have two more: `msgctxt "staff"`,
what an officer does, and `msgctxt "technician"`, what it is. The files of one language are read together.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

LOCALES = Path(__file__).parent.parent / "assets" / "locales"
SOURCE_LANGUAGE = "vi"


@lru_cache
def catalogue(language: str) -> dict[tuple[str, str], str]:
    """All entries of a language: (context, msgid) → text. Babel is imported here: it is needed once per language."""
    from babel.messages.pofile import read_po

    entries: dict[tuple[str, str], str] = {}
    for path in sorted((LOCALES / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id and message.string and isinstance(message.id, str):
                    entries[message.context or "", message.id] = str(message.string)
    return entries


def translate(text: str, language: str) -> str:
    """`text` (Vietnamese) in `language`; itself when there is no translation."""
    if language == SOURCE_LANGUAGE or not text:
        return text
    return catalogue(language).get(("", text), text)


def error_text(code: str, language: str) -> str:
    """The sentence for an error or state code; the code itself when nobody has written one."""
    return catalogue(language).get(("error", code), code) if code else ""


def advice(code: str, language: str) -> str:
    """What to do about an error or state code; "" when there is nothing to do."""
    return catalogue(language).get(("advice", code), "") if code else ""


def staff_advice(code: str, language: str) -> str:
    """What an officer does about it; what everybody is told where there is nothing more to say."""
    return catalogue(language).get(("staff", code)) or advice(code, language)


def technician_line(code: str, language: str) -> str:
    """What it is and where to look, for a technician; "" where there is nothing more to say."""
    return catalogue(language).get(("technician", code), "")
