"""Texts in the citizen's language. Vietnamese is the msgid; `assets/locales/<language>/*.po` hold the rest.

Codes of errors and states are entries with a context: `msgctxt "error"` for the sentence, `msgctxt "advice"` for what
to do, both in Vietnamese (`locales/vi`) and English (`locales/en`). Faults of devices have two more: `msgctxt "staff"`,
what an officer does, and `msgctxt "technician"`, what it is. The files of one language are read together, those of a
site (`also`) last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from kiosk.data_files import letters, reason, text_of

LOCALES = Path(__file__).parent.parent / "assets" / "locales"
SOURCE_LANGUAGE = "vi"
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


def mistake(path: Path, language: str) -> str:
    """Why a file of texts cannot be read; "" when it can."""
    from babel.messages.pofile import PoFileError

    try:
        _read(path, language)
    except PoFileError as error:
        return f"line {error.lineno + 1}: {str(error).rpartition(' on ')[0]}"  # Babel counts from 0
    except (OSError, ValueError) as error:
        return f"cannot be read: {reason(error)}"
    return ""


@lru_cache
def catalogue(language: str) -> dict[tuple[str, str], str]:
    """All entries of a language: (context, msgid) → text."""
    entries: dict[tuple[str, str], str] = {}
    for path in sorted((LOCALES / language).glob("*.po")):
        entries |= _read(path, language)
    for path in _site.get(language, ()):
        if not mistake(path, language):
            entries |= _read(path, language)
    return entries


def _read(path: Path, language: str) -> dict[tuple[str, str], str]:
    """One file. Babel is imported here: it is needed once per language."""
    from babel.messages.pofile import read_po

    return {
        (message.context or "", letters(message.id)): letters(str(message.string))
        for message in read_po(text_of(path).splitlines(keepends=True), locale=language, abort_invalid=True)
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
