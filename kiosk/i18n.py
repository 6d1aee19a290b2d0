"""Texts in the citizen's language. Vietnamese is the msgid; `assets/locales/<language>/*.po` hold the rest.

Codes of errors and states are entries with a context: `msgctxt "error"` for the sentence, `msgctxt "advice"` for what
to do, both in Vietnamese (`locales/vi`) and English (`locales/en`). Faults of devices have two more: `msgctxt "staff"`,
what an officer does, and `msgctxt "technician"`, what it is. The files of one language are read together, those of a
site (`also`) last.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from kiosk.data_files import Unreadable, letters, reason, text_of

LOCALES = Path(__file__).parent.parent / "assets" / "locales"
SOURCE_LANGUAGE = "vi"
BRACES = re.compile(r"\{[^{}]*\}|[{}]")  # the place of a value in a text, or one of its braces that is alone
PO_LINE = re.compile(r'\s*(?:#.*|(?:msg\S*\s+)?"(?:[^"\\]|\\.)*"\s*)?')  # also none at all
_site: dict[str, Sequence[Path]] = {}  # the site's own files by language


def languages() -> list[str]:
    """All that there are, the source first."""
    return sorted((path.name for path in LOCALES.iterdir() if path.is_dir()), key=lambda name: name != SOURCE_LANGUAGE)


@contextmanager
def also(files: Mapping[str, Sequence[Path]]) -> Iterator[None]:
    """Meanwhile the texts of a site's own files (by language) come before ours; one that cannot be read is left out."""
    before = dict(_site)
    _use(files)
    try:
        yield
    finally:
        _use(before)


def _use(files: Mapping[str, Sequence[Path]]) -> None:
    if any((*files.values(), *_site.values())):  # else nothing is another text than before
        catalogue.cache_clear()
    _site.clear()
    _site.update(files)


def mistakes(path: Path, language: str) -> list[str]:
    """One sentence for each mistake in a file of texts."""
    twice: list[str] = []
    try:
        entries = _read(path, language, twice)
        unquoted = list(_unquoted(path))
    except (OSError, ValueError) as error:
        return [f"cannot be read: {reason(error)}"]
    return [*unquoted, *(f"msgid «{text}» stands here twice" for text in twice), *other_braces(entries)]


def _unquoted(path: Path) -> Iterator[str]:
    """One sentence for each text without its quotes: Babel takes away its first and last letter, whatever they are."""
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        if not PO_LINE.fullmatch(line):
            yield f'line {number}: a text must stand between quotes; a quote within it is written \\"'


def other_braces(entries: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """One sentence for each entry whose text has not the same places for values as its msgid; codes have none."""
    for (context, msgid), text in entries.items():
        wanted, found = _braces("" if context else msgid), _braces(text)
        told = [f"{one} is missing" for one in wanted - found] + [f"{one} stands for nothing" for one in found - wanted]
        if told:
            yield f"msgid «{msgid}»: {', '.join(told)}"


def _braces(text: str) -> Counter[str]:
    return Counter(BRACES.findall(text))


@lru_cache
def catalogue(language: str) -> dict[tuple[str, str], str]:
    """All entries of a language: (context, msgid) → text.

    Of a site's file what cannot take the values of ours is left out: the last good ones are older than this program.
    """
    entries: dict[tuple[str, str], str] = {}
    for path in sorted((LOCALES / language).glob("*.po")):
        entries |= _read(path, language)
    for path in _site.get(language, ()):
        with suppress(OSError, ValueError):  # told by `mistakes`
            for key, text in _read(path, language).items():
                if key not in entries or not any(other_braces({key: text})):
                    entries[key] = text
    return entries


def _read(path: Path, language: str, twice: list[str] | None = None) -> dict[tuple[str, str], str]:
    """One file; what stands there `twice`, of which the first holds. Raises `Unreadable` and OSError.

    Babel is imported here: it is needed once per language.
    """
    from babel.messages.catalog import Catalog, Message
    from babel.messages.pofile import PoFileError, PoFileParser

    class Texts(Catalog):
        """Babel tells nobody that the second of two is lost."""

        def __setitem__(self, msgid: Any, message: Message) -> None:
            if twice is not None and msgid and self.get(msgid, message.context):
                twice.append(str(msgid))
            super().__setitem__(msgid, message)

    found = Texts(locale=language)
    lines = text_of(path).splitlines(keepends=True)
    try:
        PoFileParser(found, abort_invalid=True).parse(lines)
    except PoFileError as error:
        raise Unreadable(f"line {error.lineno + 1}: {str(error).rpartition(' on ')[0]}") from None  # it counts from 0
    return {
        (message.context or "", letters(message.id)): letters(str(message.string))
        for message in found
        if message.id and message.string and isinstance(message.id, str)
    }


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
