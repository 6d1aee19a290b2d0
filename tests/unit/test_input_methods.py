"""Typing Vietnamese: the vectors, names that no dictionary knows, and what must hold for any keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.comfort.editor import Editor
from kiosk.comfort.input_methods import InputMethod, unmarked
from kiosk.text import TONES

VECTORS = json.loads((Path(__file__).parent.parent / "data" / "vectors.json").read_text(encoding="utf-8"))
METHODS = {"telex": InputMethod.TELEX, "telex_free_marking": InputMethod.TELEX, "vni": InputMethod.VNI}
ROWS = [(method, row["keys"], row["out"]) for name, method in METHODS.items() for row in VECTORS[name]]
SIGNS = "bcdđghklmnpqrstvxaăâeêioôơuưyfjwzAĐÊOƯ' -/019"
KEYS = st.lists(st.sampled_from([*SIGNS, *TONES]), max_size=14)
METHOD = st.sampled_from(list(InputMethod))


def typed(keys: str | list[str], method: InputMethod, editor: Editor | None = None) -> Editor:
    editor = editor or Editor()
    for key in keys:
        editor = editor.key(key, method)
    return editor


@pytest.mark.parametrize(("method", "keys", "wanted"), ROWS, ids=[keys for _, keys, _ in ROWS])
def test_vectors(method: InputMethod, keys: str, wanted: str) -> None:
    assert typed(keys, method).text == wanted


@pytest.mark.parametrize(
    ("method", "keys", "wanted"),
    [
        (InputMethod.LETTERS, ["Đ", "ă", "sac", *"k L", "ă", "k", "sac"], "Đắk Lắk"),
        (InputMethod.LETTERS, "Ea H'Leo", "Ea H'Leo"),
        (InputMethod.LETTERS, "Y Moan Êban", "Y Moan Êban"),
        (InputMethod.TELEX, "DDawsk Lawks", "Đắk Lắk"),
        (InputMethod.TELEX, "Ea H'Leo", "Ea H'Leo"),
        (InputMethod.TELEX, "Y Moan EEban", "Y Moan Êban"),
        (InputMethod.TELEX, "Kroong Noo", "Krông Nô"),
        (InputMethod.TELEX, "H'Hen Niee", "H'Hen Niê"),
        (InputMethod.TELEX, "Amaa Jhao", "Ama Jhao"),
        (InputMethod.VNI, "D9a81k La8k1", "Đắk Lắk"),
        (InputMethod.VNI, "Ea H'Leo", "Ea H'Leo"),
        (InputMethod.VNI, "Y Moan E6ban", "Y Moan Êban"),
        (InputMethod.VNI, "so61 12", "số 12"),
        (InputMethod.VNI, "nha2 A11", "nhà A1"),
    ],
)
def test_no_name_is_refused(method: InputMethod, keys: str | list[str], wanted: str) -> None:
    assert typed(keys, method).text == wanted


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        *(("thuowngf", "thường"), ("thuowr", "thuở"), ("huowu", "hươu"), ("quawnf", "quằn"), ("khuyur", "khuỷu")),
        *(("muaw", "mưa"), ("uwowcs", "ước"), ("dangd", "đang"), ("hoafn", "hoàn"), ("hoass", "hoas"), ("w", "w")),
        *(("ddd", "dd"), ("DDUWOWNG", "ĐƯƠNG"), ("banana", "banna"), ("quow", "quơ"), ("uow", "uơ"), ("uoww", "uow")),
    ],
)
def test_telex_as_people_type_it(keys: str, wanted: str) -> None:
    assert typed(keys, InputMethod.TELEX).text == wanted


def test_the_tone_key_offers_both_styles_then_takes_the_tone_away() -> None:
    hoa = typed("hoa", InputMethod.LETTERS)
    styles = [hoa.key("huyen"), hoa.key("huyen").key("huyen"), hoa.key("huyen").key("huyen").key("huyen")]
    assert [style.text for style in styles] == ["hòa", "hoà", "hoa"]
    assert Editor.of("bà Thuý, hoà").key(" ").key("n").text == "bà Thuý, hoà n"  # kept as it was
    assert typed([*"quy", "sac", "sac"], InputMethod.LETTERS).text == "quy"


@given(KEYS, METHOD)
def test_typing_never_loses_a_letter(keys: list[str], method: InputMethod) -> None:
    """What is on the glass, without marks, is what was typed, without the keys that became marks."""
    editor = Editor()
    for key in keys:
        before = "".join(map(unmarked, editor.text))
        editor = editor.key(key, method)
        now = "".join(map(unmarked, editor.text))
        assert len(now) >= len(before)
        remains = iter(now)
        assert all(letter in remains for letter in before)
        if key not in TONES and key.lower() not in "fsrxjzaeowd1234567890":
            assert now.endswith(unmarked(key))


@given(KEYS, METHOD)
def test_back_undoes_each_key(keys: list[str], method: InputMethod) -> None:
    editor = Editor.of("Hoà Bình ")
    texts = []
    for key in keys:
        longer = editor.key(key, method)
        if longer != editor:
            texts.append(editor.text)
        editor = longer
    for text in reversed(texts):
        editor = editor.back()
        assert editor.text == text
    for _ in range(len("Hoà Bình ")):
        editor = editor.back()
    assert editor.back().text == ""


@given(KEYS, METHOD, st.integers(-20, 20))
def test_the_cursor_moves_through_the_text(keys: list[str], method: InputMethod, by: int) -> None:
    editor = typed(keys, method)
    moved = editor.move(by)
    assert moved.text == editor.text
    assert moved.key("-").text == moved.before + "-" + moved.after
    assert moved.back().text == moved.before[:-1] + moved.after


def test_clear_can_be_taken_back() -> None:
    editor = Editor.of("Nguyễn").clear()
    assert editor.text == ""
    assert editor.back().text == "Nguyễn"
    assert "Nguyễn" not in repr(Editor.of("Nguyễn"))
