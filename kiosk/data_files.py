"""Reading data files that somebody wrote by hand or sent: whatever they are, they are read or refused in a sentence.

Nothing here recurses over a file, waits for one (a pipe) or grows with what stands in it. All text comes as NFC and
without the invisible marks that are copied along from web pages.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from kiosk.text import nfc

MB = 1024 * 1024
MOST_BYTES = MB // 4  # of a file of a site, seventeen times our longest: YAML takes seconds a megabyte
MOST_SENT = 16 * MB  # of what the province sends, ten times the national catalogue; JSON takes a tenth of a second
DEEPEST = 24  # lists and tables within each other; ours have 8
PLAIN_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")  # YAML 1.1 reads 010 as 8 and 1:30 as 90
INT = "tag:yaml.org,2002:int"
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))  # leave no trace in a text
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})  # Unicode categories of what is no letter, sign or space
NOT_UTF_8 = "is not UTF-8: save it as UTF-8"


class Unreadable(ValueError):
    """Why a file cannot be read, in one sentence."""


def reason(error: Exception) -> str:
    """The sentence of what the functions here raise."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


def content_of(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file. Raises `Unreadable` for one that is none (a pipe, a folder) or has too many, and OSError."""
    if path.exists() and not path.is_file():
        raise Unreadable("is no file")
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Unreadable(f"has more than {most // 1024} KB")
    return content


def is_there(path: Path) -> bool:
    """Whether a path leads to something; unlike `Path.exists` without PermissionError."""
    return os.path.exists(path)  # noqa: PTH110


def is_folder(path: Path) -> bool:
    """The same of a folder."""
    return os.path.isdir(path)  # noqa: PTH112


def listed(folder: Path, ending: str = "") -> list[Path]:
    """What lies in a folder under names that end so, in order; nothing where it cannot be listed (`unlistable`)."""
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(ending))
    except OSError:
        return []


def unlistable(folder: Path) -> str:
    """Why nobody can say what lies in a folder: it is none, or another user's; "" where one can."""
    try:
        next(folder.iterdir(), None)
        os.stat(os.path.join(folder, "."))  # noqa: PTH116, PTH118  who may only list it gets at nothing in it
    except OSError as error:
        return reason(error)
    return ""


def text_of(path: Path) -> str:
    """A file of text. Raises `Unreadable` and OSError."""
    try:
        return content_of(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(NOT_UTF_8) from None


def json_of(path: Path, most: int = MOST_SENT) -> Any:
    """A JSON file. Raises `Unreadable` and OSError."""
    from pydantic_core import from_json

    try:
        # unlike the standard library's parser this one answers a bomb of brackets with a ValueError
        document = from_json(content_of(path, most), allow_inf_nan=False)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    return plain(document)


def yaml_of(path: Path) -> tuple[Any, list[str]]:
    """A YAML file, and the keys that stand twice in it, of which YAML keeps the last. Raises `Unreadable`, OSError."""
    import yaml

    text = text_of(path)
    try:
        _harmless(text)
        twice = list(_twice_in(yaml.compose(text, _loader())))
        return plain(yaml.load(text, _loader())), twice  # noqa: S506  a safe loader
    except Unreadable:
        raise
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # a date such as 2026-02-31
        sentence = " ".join(str(error).split()).replace(' in "<unicode string>",', "")
        raise Unreadable(sentence) from None


@cache
def _loader() -> Any:
    """The safe loader, for which a number is what it looks like. yaml is imported when first used."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    ways = {letter: [one for one in some if one[0] != INT] for letter, some in base.yaml_implicit_resolvers.items()}
    loader: Any = type("Loader", (base,), {"yaml_implicit_resolvers": ways})
    loader.add_implicit_resolver(INT, PLAIN_INT, list("-+0123456789"))
    return loader


def _harmless(text: str) -> None:
    """Event by event, before anything is built: no bombs. Raises `Unreadable` and YAMLError."""
    import yaml

    depth = 0
    for event in yaml.parse(text, _loader()):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(f"line {line}: anchors and aliases («&», «*») are not used here; quote such a text")
        if getattr(event, "tag", None):
            raise Unreadable(f"line {line}: tags («!») are not used here; quote such a text")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise Unreadable(f"line {line}: lists and tables stand more than {DEEPEST} deep within each other")


def _twice_in(node: Any) -> Iterator[str]:
    """Keys that stand twice in a mapping of a YAML document, which is not deep."""
    if not isinstance(node.value if node else None, list):
        return
    keys = Counter(pair[0].value for pair in node.value if isinstance(pair, tuple) and isinstance(pair[0].value, str))
    for key in sorted(key for key, times in keys.items() if times > 1):
        yield f"line {node.start_mark.line + 1}: «{key}» stands here twice"
    for child in node.value:
        for one in child if isinstance(child, tuple) else (child,):
            yield from _twice_in(one)


def plain(document: Any) -> Any:
    """A document that was just read, its texts as NFC and without invisible marks.

    Raises `Unreadable` for what is too deep and for letters that cannot be seen, such as those that turn a text round.
    """
    whole = [document]
    waiting: list[tuple[Any, int]] = [(whole, 0)]
    while waiting:
        owner, depth = waiting.pop()
        if depth > DEEPEST + 1:
            raise Unreadable(f"lists and tables stand more than {DEEPEST} deep within each other")
        if isinstance(owner, dict):
            named = {letters(key) if isinstance(key, str) else key: value for key, value in owner.items()}
            owner.clear()
            owner.update(named)
        for key, value in owner.items() if isinstance(owner, dict) else enumerate(owner):
            if isinstance(value, str):
                owner[key] = letters(value)
            elif isinstance(value, dict | list):
                waiting.append((value, depth + 1))
    return whole[0]


def letters(text: str) -> str:
    """A text as it is kept. Raises `Unreadable` for letters that cannot be seen."""
    if text.isascii() and text.isprintable():
        return text
    text = nfc(text.translate(INVISIBLE))
    if not text.isprintable():
        for letter in text:
            if letter not in "\n\t" and unicodedata.category(letter) in HIDDEN:
                name = unicodedata.name(letter, "a control character")
                raise Unreadable(f"«{text[: text.index(letter)][-20:]}» goes on with U+{ord(letter):04X} ({name})")
    return text
