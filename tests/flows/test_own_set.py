"""The files of a site are one set: while anything is wrong with or between them it holds as it last was right."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

import pytest

from kiosk import builders, check
from kiosk.catalogue.own_files import LAST_GOOD, NEW, OLD, OWN_REFUSED
from kiosk.commands.search import search
from kiosk.config import Config
from kiosk.wiring import Machine
from tests.flows.test_new_form import FORM, PROCEDURE, is_submitted, own_files


@pytest.fixture
def own(config: Config) -> Path:
    """The site's own files: a procedure, its form, its English."""
    return own_files(config)


CASE = "    when: {question: case, values: [lost]}\n    questions:\n      - {id: wish.address"
BETWEEN = {  # each file is right in itself
    "form": ("procedures.yaml", "form_id: library-card", "form_id: library-kard", "form_id: no such form: "),
    "case": ("forms/library-card.yaml", "    questions:\n      - {id: wish.address", CASE, "waits for a case that "),
    "series": ("procedures.yaml", "series: A", "series: Z", "series: the hall has no series «Z»"),
    "icon": ("procedures.yaml", "icon: stamper", "icon: stampr", "icon: no such icon: "),
    "copies": ("procedures.yaml", "series: A", "series: A\n  fee: {amount_vnd: 5000, per: copy}", "«copies»"),
}


@pytest.mark.parametrize("name", BETWEEN)
def test_a_mistake_between_two_files_holds_the_last_good_set(own: Path, config: Config, name: str) -> None:
    """What `check` refuses the start refuses too, also where nothing is wrong with any one of the files."""
    file, right, wrong, told = BETWEEN[name]
    before = (own / file).read_text(encoding="utf-8")
    assert right in before
    with Machine(config):
        pass
    (own / file).write_text(before.replace("Xin thẻ", "Làm thẻ").replace(right, wrong), encoding="utf-8")
    assert any(told in problem for problem in check.problems(config))
    for _restart in range(2):
        with Machine(config) as machine:
            parts = machine.kiosk.parts
            assert parts.catalogue.procedures["9.000001"].short_name == "Xin thẻ thư viện"
            assert parts.catalogue.procedures["9.000001"].icon == "stamper"
            assert "library-card" in parts.forms
            assert told in parts.outbox.notices()[OWN_REFUSED]
        assert (own / LAST_GOOD / file).read_text(encoding="utf-8") == before
    shutil.rmtree(own / LAST_GOOD)  # a kiosk that never was right: without the site's files, and told
    with Machine(config) as machine:
        assert "9.000001" not in machine.kiosk.parts.catalogue.procedures
        assert "library-card" not in machine.kiosk.parts.forms
        assert told in machine.kiosk.parts.outbox.notices()[OWN_REFUSED]


def test_the_last_good_set_holds_although_the_hall_has_changed(own: Path, config: Config) -> None:
    """It was right once: nothing of it is lost by a series that the hall has no more, but it is told."""
    builders.data_of(config, starting=True)
    series = tuple(one for one in config.hall.series if one.letter != "A")
    other = config.model_copy(update={"hall": config.hall.model_copy(update={"series": series})})
    data = builders.data_of(other, starting=True)
    assert data.folder == own / LAST_GOOD
    assert "9.000001" in data.lookup.catalogue.procedures
    assert data.mistakes[0].startswith("procedures.yaml: 9.000001: series: the hall has no series «A»")


def test_a_newer_program_may_find_mistakes_in_the_last_good_set(own: Path, config: Config) -> None:
    """A form that is wrong now is left out; with a wrong catalogue nothing can be done: then ours alone hold."""
    builders.data_of(config, starting=True)
    for folder in (own, own / LAST_GOOD):
        (folder / "forms/library-card.yaml").write_text(FORM.replace("type: phone", "type: fone"), encoding="utf-8")
    data = builders.data_of(config, starting=True)
    assert "9.000001" in data.lookup.catalogue.procedures
    assert "library-card" not in data.forms
    assert "birth-registration" in data.forms
    (own / LAST_GOOD / "procedures.yaml").write_text("- {code: 1}", encoding="utf-8")
    data = builders.data_of(config, starting=True)
    assert data.folder is None
    assert data.mistakes
    assert "9.000001" not in data.lookup.catalogue.procedures
    assert "1.001193" in data.lookup.catalogue.procedures


def test_a_form_is_renamed_while_its_procedure_is_wrong(own: Path, config: Config) -> None:
    """Half of a change changes nothing: the procedure can be begun as before; the whole of it holds."""
    with Machine(config):
        pass
    (own / "forms/library-card.yaml").rename(own / "forms/reader.yaml")
    renamed = FORM.replace("id: library-card", "id: reader")
    (own / "forms/reader.yaml").write_text(renamed, encoding="utf-8")
    procedure = PROCEDURE.replace("form_id: library-card", "form_id: reader")
    (own / "procedures.yaml").write_text(procedure.replace("online: true", "online: maybe"), encoding="utf-8")
    is_submitted(config)
    (own / "procedures.yaml").write_text(procedure, encoding="utf-8")
    assert [problem for problem in check.problems(config) if "no text for" not in problem] == []
    is_submitted(config)
    assert sorted(path.name for path in (own / LAST_GOOD / "forms").iterdir()) == ["reader.yaml"]


@pytest.mark.parametrize("cut", ["", NEW, OLD])
def test_a_power_cut_while_the_set_is_exchanged(own: Path, config: Config, cut: str) -> None:
    """Before, between and after the two renames there is a whole set."""
    builders.data_of(config, starting=True)
    (own / "procedures.yaml").write_text("- {code: 1}", encoding="utf-8")
    if cut:
        shutil.copytree(own / LAST_GOOD, own / f"{LAST_GOOD}{cut}")
    if cut == OLD:
        shutil.rmtree(own / LAST_GOOD)
    assert "9.000001" in builders.data_of(config, starting=True).lookup.catalogue.procedures
    (own / "procedures.yaml").write_text(PROCEDURE.replace("Xin thẻ", "Làm thẻ"), encoding="utf-8")
    builders.data_of(config, starting=True)
    assert "Làm thẻ" in (own / LAST_GOOD / "procedures.yaml").read_text(encoding="utf-8")
    assert sorted(path.name for path in own.glob(f"{LAST_GOOD}*")) == [LAST_GOOD]


def test_a_full_disk_keeps_nothing_and_stops_nobody(own: Path, config: Config) -> None:
    (own / f"{LAST_GOOD}{NEW}").write_text("in the way", encoding="utf-8")
    data = builders.data_of(config, starting=True)
    assert data.folder == own
    assert "9.000001" in data.lookup.catalogue.procedures


@pytest.mark.parametrize("name", [b"caf\xe9.yaml", b"caf\xe9.po"])
def test_a_file_name_that_is_no_text_stops_nobody(own: Path, config: Config, name: bytes) -> None:
    folder = own / ("forms" if name.endswith(b"yaml") else "locales/en")
    (folder / os.fsdecode(name)).write_text("id: [", encoding="utf-8")
    assert any(problem.isprintable() and "caf?" in problem for problem in check.problems(config))
    with Machine(config) as machine:
        assert "caf?" in machine.kiosk.parts.outbox.notices()[OWN_REFUSED]


BOMBS = {
    "alias on itself": "&a [*a]",
    "brackets": "[" * 5_000 + "]" * 5_000,
    "open brackets": "[" * 200_000,
    "long list": "- x\n" * 1_000_000,
    "pipe": "",
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("file", ["procedures.yaml", "site.yaml", "synonyms.yaml", "forms/library-card.yaml"])
def test_a_bomb_stops_nobody(own: Path, config: Config, bomb: str, file: str) -> None:
    builders.data_of(config, starting=True)
    (own / file).unlink(missing_ok=True)
    if bomb == "pipe":
        os.mkfifo(own / file)
    else:
        (own / file).write_text(BOMBS[bomb], encoding="utf-8")
    name = Path(file).name
    assert len([problem for problem in check.problems(config) if problem.startswith(f"{name}: cannot be read: ")]) == 1
    data = builders.data_of(config, starting=True)
    assert "9.000001" in data.lookup.catalogue.procedures
    assert data.mistakes[0].startswith(f"{name}: cannot be read: ")


def test_the_command_searches_in_what_the_screen_has(
    own: Path, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    builders.data_of(config, starting=True)
    (own / "procedures.yaml").write_text(PROCEDURE.replace("online: true", "online: maybe"), encoding="utf-8")
    assert search(argparse.Namespace(words=["thẻ thư viện"], json=False), config) == 0
    told = capsys.readouterr()
    assert told.out.startswith("9.000001  ")
    assert told.err.startswith("the site's own files have mistakes (1: procedures.yaml: ")
    (own / "procedures.yaml").write_text(PROCEDURE, encoding="utf-8")
    search(argparse.Namespace(words=["thẻ thư viện"], json=False), config)
    assert capsys.readouterr().err == ""
