"""Texts of a site with braces: what is data stays as it is, what takes our values must take the same ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kiosk import builders, check, i18n
from kiosk.catalogue.own_files import LAST_GOOD, OWN_REFUSED
from kiosk.config import Config
from kiosk.state import Step
from kiosk.wiring import Machine
from tests.flows.conftest import Player
from tests.flows.test_dossier import submit
from tests.flows.test_new_form import HEAD, PROCEDURE, own_files


@pytest.fixture
def own(config: Config) -> Path:
    """The site's own files: a procedure, its form, its English."""
    return own_files(config)


def add(own: Path, *entries: tuple[str, str], name: str = "ours") -> None:
    """One more file of English."""
    lines = [f'msgid "{text}"\nmsgstr "{english}"\n' for text, english in entries]
    (own / f"locales/en/{name}.po").write_text("\n".join([HEAD, *lines]), encoding="utf-8")


def test_braces_in_a_name_cost_nobody_the_slip(own: Path, config: Config) -> None:
    for text in ("Cấp thẻ {CT03}", "Cấp thẻ {", "Cấp thẻ {0} }"):
        named = PROCEDURE.replace("name: Cấp thẻ thư viện", f'name: "{text}"')
        (own / "procedures.yaml").write_text(named, encoding="utf-8")
        add(own, (text, text.replace("Cấp thẻ", "Card")))
        assert check.problems(config) == []
        with Machine(config) as machine:
            player = Player(machine)
            player.kiosk.switch_language("en")
            submit(player, "9.000001")
            assert player.state.step is Step.SLIP


WRONG = {
    "Mã thủ tục: {said}": ("Code: {code}", "{said} is missing, {code} stands for nothing"),
    "{n} chờ gửi": ("waiting {n", "{n} is missing, { stands for nothing"),
    "Đang gọi": ("Calling {number}", "{number} stands for nothing"),
    "Quầy {counters}": ("Counter {counters:d}", "{counters} is missing, {counters:d} stands for nothing"),
}


@pytest.mark.parametrize("text", WRONG)
def test_the_places_of_our_values_are_in_the_sites_english_too(own: Path, config: Config, text: str) -> None:
    """`check` names file and msgid; one that an older program has kept is not used."""
    english, told = WRONG[text]
    with Machine(config):
        pass
    add(own, (text, english), ("Thẻ", "Card"))
    (problem,) = check.problems(config)
    assert problem == f"locales/en/ours.po: msgid «{text}»: {told}"
    shutil.copy(own / "locales/en/ours.po", own / LAST_GOOD / "locales/en")
    with Machine(config) as machine:
        assert problem in machine.kiosk.parts.outbox.notices()[OWN_REFUSED]
        assert i18n.translate(text, "en") != english
        assert i18n.translate("Thẻ", "en") == "Card"


def test_the_text_of_a_code_takes_no_values(own: Path, config: Config) -> None:
    (own / "locales/vi").mkdir()
    words = f'{HEAD}\nmsgctxt "error"\nmsgid "date_order"\nmsgstr "Thiếu {{foo}}."\n'
    (own / "locales/vi/codes.po").write_text(words, encoding="utf-8")
    assert check.problems(config) == ["locales/vi/codes.po: msgid «date_order»: {foo} stands for nothing"]


def test_of_two_texts_of_one_msgid_one_would_be_lost(own: Path, config: Config) -> None:
    add(own, ("Đi làm", "To work"), ("Đi làm", "For work"))
    assert check.problems(config) == ["locales/en/ours.po: msgid «Đi làm» stands here twice"]
    assert builders.data_of(config).mistakes
