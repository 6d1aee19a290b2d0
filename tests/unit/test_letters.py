"""No letter of a name vanishes on paper: the letters of all of Vietnam's peoples are there, others are seen to lack."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from PIL import ImageChops

from kiosk.config import ASSETS
from kiosk.forms.pdf import filled_form
from kiosk.letters import SQUARE, printable, stacked
from kiosk.slip_picture import draw
from kiosk.slips import Pair, Slip
from tests.unit.test_form_pdf import BIRTH, text_of, told

FONTS = sorted((ASSETS / "fonts").glob("*.ttf"))
# Ê Đê, Gia Rai, Ba Na, Xơ Đăng, Cơ Ho, Mnông, Raglai, Chăm in Latin letters, Bru; Pinyin and apostrophes
LETTERS = "ĭĬŏŎŭŬĕĔƀɃčČñÑĩĨũŨẽẼāĀīĪōŌūŪēĒçÇǎǏḍḌṭṬṇṆṣṢḥḤńŃśŚžŽŝŜẑẐʼʻ’" + SQUARE
TOLD = ("fpdf", "kiosk")  # who could name letters of a name in the log
NAME, FOREIGN = "Y Thĭm Ŏ Ƀlŏ Čư̆ Ñơ̆", "Vàng A 漢ɓi"


@pytest.mark.parametrize("font", FONTS, ids=lambda path: path.stem)
def test_every_font_of_paper_and_glass_has_the_letters_of_all_peoples(font: Path) -> None:
    has = TTFont(font).getBestCmap()
    assert [letter for letter in (*LETTERS, "\u0306") if ord(letter) not in has] == []


@pytest.mark.parametrize("font", FONTS, ids=lambda path: path.stem)
def test_on_the_glass_a_letter_that_lacks_is_seen_and_what_is_no_letter_is_not(font: Path) -> None:
    """Labels draw what the font has for a letter that it lacks; theirs was empty."""
    has = TTFont(font)
    names, drawn = has.getBestCmap(), has["glyf"]
    lacking, square = (list(drawn[name].getCoordinates(drawn)[0]) for name in (".notdef", names[ord(SQUARE)]))
    assert lacking == square
    assert [has["hmtx"][names[ord(sign)]][0] for sign in "\u200b\u200e"] == [0, 0]


def test_a_declaration_is_signed_with_the_whole_name(caplog: pytest.LogCaptureFixture) -> None:
    filled = told("1.001193", "certificate", {**BIRTH, "child.full_name": NAME})
    with caplog.at_level(logging.INFO):
        text = text_of(filled_form(replace(filled, signer=FOREIGN)).pdf)
    assert NAME in text
    assert "Vàng A □□i" in text  # not «Vàng A i»
    assert [record.getMessage() for record in caplog.records if record.name.startswith(TOLD)] == []


def test_on_a_slip_no_letter_is_drawn_as_nothing() -> None:
    def drawn(name: str) -> object:
        return draw(Slip((Pair("Họ tên", name),)), 576)

    for letter in NAME + FOREIGN:
        if letter.strip():
            seen, without = drawn(f"m{letter}m"), drawn("mm")
            assert ImageChops.difference(seen, without).getbbox(), letter  # type: ignore[arg-type]
    assert drawn(FOREIGN) == drawn("Vàng A □□i")


def test_what_cannot_be_printed_is_a_square_and_all_else_stays() -> None:
    assert printable(f"{NAME}\n{FOREIGN}") == f"{NAME}\nVàng A □□i"
    assert printable("Đào\u00a0Thị") == "Đào\u00a0Thị"
    assert stacked("ơ̆")
    assert not stacked("Thị Đào ŏ")
