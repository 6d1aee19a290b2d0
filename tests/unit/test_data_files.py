"""Files that somebody wrote or sent: bombs, pipes, foreign encodings are refused in a sentence, text comes as NFC."""

from __future__ import annotations

import os
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kiosk import i18n
from kiosk.data_files import MOST_BYTES, Unreadable, json_of, yaml_of
from kiosk.search.choices import Choices

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
NFD = unicodedata.normalize("NFD", "Đăng ký khai sinh")


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def reason_of(path: Path) -> str:
    with pytest.raises(Unreadable) as caught:
        (json_of if path.suffix == ".json" else yaml_of)(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("&a [*a]", "line 1: anchors and aliases («&», «*») are not used here; quote such a text"),
        (BOMB, "line 1: anchors and aliases («&», «*») are not used here; quote such a text"),
        ("x: !!timestamp y", "line 1: tags («!») are not used here; quote such a text"),
        ("\n" + "[" * 5_000 + "]" * 5_000, "line 2: lists and tables stand more than 24 deep within each other"),
        ("[" * 200_000, "line 1: lists and tables stand more than 24 deep within each other"),
        ("{a: " * 5_000, "line 1: lists and tables stand more than 24 deep within each other"),
        ("- x\n" * (MOST_BYTES // 4 + 1), "has more than 256 KB"),
        ("tên: Cấp thẻ".encode("utf-16"), "is not UTF-8: save it as UTF-8"),
        ("ten: C\xea".encode("cp1258"), "is not UTF-8: save it as UTF-8"),
        ('a: "Khai\\u202Etử"', "«Khai» goes on with U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        ('a: "x\\ax"', "«x» goes on with U+0007 (a control character)"),
        ("a: 2001-12-14 21:59:43.10 +99:99", ""),
        ("a: [1", "line 1"),
    ],
)
def test_what_is_no_file_of_a_site_is_refused(tmp_path: Path, content: str | bytes, told: str) -> None:
    assert told in reason_of(written(tmp_path / "x.yaml", content))


@pytest.mark.parametrize("brackets", [30, 5_000, 200_000])
def test_a_document_is_not_deep(tmp_path: Path, brackets: int) -> None:
    assert reason_of(written(tmp_path / "x.json", "[" * brackets + "]" * brackets))
    assert json_of(written(tmp_path / "y.json", "[" * 20 + "]" * 20))


@pytest.mark.parametrize("text", ["Infinity", "NaN", '"\\ud800"', '"\\u202e"', '{"a": 1', "\xff"])
def test_a_document_has_nothing_endless_and_nothing_hidden(tmp_path: Path, text: str) -> None:
    assert reason_of(written(tmp_path / "x.json", text.encode("latin-1")))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.yaml")
    assert reason_of(tmp_path / "x.yaml") == "is no file"
    (tmp_path / "y.json").mkdir()
    assert reason_of(tmp_path / "y.json") == "is no file"
    (tmp_path / "z.yaml").symlink_to("/dev/zero")
    assert reason_of(tmp_path / "z.yaml") == "is no file"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5000", 5000),
        ("0", 0),
        ("-3", -3),
        ("5.000", 5.0),
        ("010000", "010000"),
        ("1:30", "1:30"),
        ("0x10", "0x10"),
        ("5_000", "5_000"),
        ("2026-07-01", date(2026, 7, 1)),
    ],
)
def test_a_number_is_what_it_looks_like(tmp_path: Path, text: str, value: Any) -> None:
    (document, _twice) = yaml_of(written(tmp_path / "x.yaml", f"a: {text}"))
    assert document == {"a": value}
    assert type(document["a"]) is type(value)


def test_text_is_nfc_without_invisible_marks(tmp_path: Path) -> None:
    right = unicodedata.normalize("NFC", NFD)
    (document, _twice) = yaml_of(written(tmp_path / "x.yaml", f"{NFD}: [{NFD}, 'a\u200bb', {{{NFD}: 1}}]"))
    assert document == {right: [right, "ab", {right: 1}]}
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in NFD)
    assert json_of(written(tmp_path / "x.json", f'{{"{escaped}": ["{escaped}"]}}')) == {right: [right]}
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    written(tmp_path / "x.po", f'{head}msgid "{NFD}"\nmsgstr "Register"\n')
    with i18n.also({"en": [tmp_path / "x.po"]}):
        assert i18n.translate(right, "en") == "Register"


def test_texts_in_another_encoding_are_told_to_be_saved_anew(tmp_path: Path) -> None:
    path = written(tmp_path / "x.po", 'msgid "a"\nmsgstr "\xea"\n'.encode("cp1258"))
    assert i18n.mistakes(path, "en") == ["cannot be read: is not UTF-8: save it as UTF-8"]
    os.mkfifo(tmp_path / "y.po")
    assert i18n.mistakes(tmp_path / "y.po", "en") == ["cannot be read: is no file"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('msgid "Đi làm"\nmsgstr "To work', [2]),
        ("msgid Đi làm\nmsgstr To work", [1, 2]),
        ('msgid "Đi làm"\nmsgstr ""\n"To work\n" now"', [3]),
        ('msgid “Đi làm”\nmsgstr "To "work""', [1, 2]),
        ('msgid "Đi làm"\nmsgstr "To work\\"', [2]),
        ('# a "word\n\n msgctxt "x"\nmsgid "Đi làm"\n  msgstr ""\r\n"To \\"work\\"\\\\" \n', []),
    ],
)
def test_a_text_without_its_quotes_is_told_with_its_line(tmp_path: Path, text: str, lines: list[int]) -> None:
    path = written(tmp_path / "x.po", text)
    told = 'a text must stand between quotes; a quote within it is written \\"'
    assert i18n.mistakes(path, "en") == [f"line {line}: {told}" for line in lines]


def test_our_own_texts_have_no_mistake() -> None:
    files = [(path, language) for language in i18n.languages() for path in (i18n.LOCALES / language).glob("*.po")]
    assert [f"{path.name}: {told}" for path, language in files for told in i18n.mistakes(path, language)] == []


def test_counts_of_brackets_are_begun_anew(tmp_path: Path) -> None:
    path = written(tmp_path / "choices.json", '{"day": "2026-11-26", "counts": ' + "[" * 100_000)
    assert Choices(path).on(date(2026, 11, 26)) == {}
