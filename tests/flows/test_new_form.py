"""A stranger adds a form: two files of data and a file of English, and the kiosk asks, checks, prints and sends it."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml

from kiosk import builders, check, i18n, wiring
from kiosk.catalogue import Fee, Procedure
from kiosk.catalogue.own_files import LAST_GOOD, OWN_CATALOGUE, OWN_FILES, OWN_REFUSED
from kiosk.config import ASSETS, Config
from kiosk.forms import QuestionType, RuleKind
from kiosk.forms.mistakes import FILLS
from kiosk.state import Step
from kiosk.wiring import Machine
from offline_queue.entry import DECLARATION
from tests.flows.conftest import Player
from tests.flows.test_dossier import submit, to_review
from tests.flows.test_forms import delivered, session_of

FORM = """
id: library-card
version: 2026-07-01
title: Đơn xin cấp thẻ thư viện
paper: {to: "Thư viện {commune}", signer: Người làm đơn}
rules:
  - {kind: age, questions: [requester.date_of_birth], years: 12, error: date_order}
sections:
  - id: requester
    title: Người xin cấp thẻ
    person: requester
    questions:
      - {id: requester.full_name, type: name, label: "Họ, chữ đệm và tên", fills: full_name}
      - {id: requester.id_number, type: id_number, label: Số định danh cá nhân, fills: id_number}
      - {id: requester.date_of_birth, type: date, label: "Ngày, tháng, năm sinh", fills: date_of_birth}
      - {id: requester.phone, type: phone, label: Số điện thoại}
  - id: wish
    title: Bạn muốn mượn gì?
    questions:
      - {id: wish.address, type: address, label: Nơi cư trú}
      - id: wish.kind
        type: choice
        label: Loại sách
        choices: [{value: novel, label: Truyện}, {value: school, label: Sách học}]
"""
PROCEDURE = """
- code: "9.000001"
  name: Cấp thẻ thư viện
  short_name: Xin thẻ thư viện
  field: Hộ tịch
  icon: stamper
  online: true
  series: A
  form_id: library-card
  cases: [{id: new, title: Xin cấp lần đầu}]
"""
ENGLISH = {
    "Đơn xin cấp thẻ thư viện": "Application for a library card",
    "Người xin cấp thẻ": "Applicant",
    "Bạn muốn mượn gì?": "What do you want to borrow?",
    "Loại sách": "Kind of book",
    "Truyện": "Novels",
    "Sách học": "School books",
    "Cấp thẻ thư viện": "Library card",
    "Xin thẻ thư viện": "Get a library card",
    "Xin cấp lần đầu": "For the first time",
}
HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'


@pytest.fixture
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the data files with one more form and procedure, in use instead of ours."""
    folder = tmp_path / "assets"
    for name in ("catalogue", "forms", "locales"):
        shutil.copytree(ASSETS / name, folder / name)
    (folder / "forms/library-card.yaml").write_text(FORM, encoding="utf-8")
    with (folder / "catalogue/procedures.yaml").open("a", encoding="utf-8") as file:
        file.write(PROCEDURE)
    for module in (check, builders, wiring):
        monkeypatch.setattr(module, "ASSETS", folder)
    monkeypatch.setattr(i18n, "LOCALES", folder / "locales")
    i18n.catalogue.cache_clear()
    yield folder
    i18n.catalogue.cache_clear()


@pytest.fixture
def own(config: Config) -> Path:
    """The site's own files."""
    return own_files(config)


def own_files(config: Config) -> Path:
    """A site has one more form and procedure, and the English of both."""
    folder = config.storage.data_dir / OWN_CATALOGUE
    (folder / "forms").mkdir(parents=True)
    (folder / "locales/en").mkdir(parents=True)
    (folder / "procedures.yaml").write_text(PROCEDURE, encoding="utf-8")
    (folder / "forms/library-card.yaml").write_text(FORM, encoding="utf-8")
    english(folder)
    return folder


def english(folder: Path) -> None:
    """The file of English, without which the citizens of the other language read Vietnamese."""
    lines = [f'msgid "{text}"\nmsgstr "{english}"\n' for text, english in ENGLISH.items()]
    (folder / "locales/en/library.po").write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    i18n.catalogue.cache_clear()


def test_a_form_is_added_without_python(assets: Path, config: Config) -> None:
    named = check.problems(config)
    assert {text for text in ENGLISH if any(f"no text for «{text}»" in problem for problem in named)} == set(ENGLISH)
    english(assets)
    assert check.problems(config) == []
    is_submitted(config)


def test_a_site_has_forms_of_its_own(own: Path, config: Config) -> None:
    """All in its data folder: procedure, form, English; nothing of the program is touched."""
    (own / "locales/en/library.po").rename(own / "later")
    named = check.problems(config)
    assert {text for text in ENGLISH if any(f"no text for «{text}»" in problem for problem in named)} == set(ENGLISH)
    (own / "later").rename(own / "locales/en/library.po")
    assert check.problems(config) == []
    assert i18n.translate("Bạn muốn mượn gì?", "en") == "Bạn muốn mượn gì?"  # not of the program itself
    is_submitted(config)
    assert (own / LAST_GOOD / "forms/library-card.yaml").read_text(encoding="utf-8") == FORM


def test_the_example_for_sites_works(config: Config) -> None:
    """What README says to begin with, as it is: no mistake, found, filled in, accepted by the province."""
    shutil.copytree(ASSETS / "config/own-example", config.storage.data_dir / OWN_CATALOGUE)
    assert check.problems(config) == []
    with Machine(config) as machine:
        player = Player(machine)
        player.kiosk.browse("đi xa")
        assert player.state.results[0].code == "1.003677"
        player.kiosk.back()
        submit(player, "1.003677")
        player.until(lambda s: bool(s.session and s.session.receipt), "the receipt")


def test_the_readme_names_what_there_is() -> None:
    """The block of a procedure is one, and all types of questions, kinds of rules and what a card fills are named."""
    readme = (ASSETS.parent / "README.md").read_text(encoding="utf-8")
    section = readme.partition("### Add a procedure or a form")[2].partition("\n### ")[0]
    block = textwrap.dedent(section.partition("```yaml\n")[2].partition("```")[0])
    (procedure,) = (Procedure.model_validate(row) for row in yaml.safe_load(block))
    example = yaml.safe_load((ASSETS / "config/own-example/procedures.yaml").read_text(encoding="utf-8"))[0]
    assert (procedure.code, procedure.name, procedure.form_id) == (example["code"], example["name"], example["form_id"])
    assert procedure.cases[1].components[0].id == "consent"
    for name in (*QuestionType, *RuleKind, *FILLS, *Fee.model_fields.keys() - {"province", "shown_free"}):
        assert f"`{name}" in section, name
    assert set(OWN_FILES) <= {name for name in OWN_FILES if f"`{name}`" in section}


def test_a_site_has_sentences_of_its_own(own: Path, config: Config) -> None:
    """A new error code: its sentence and advice lie beside the other texts, in both languages."""
    form = FORM.replace("error: date_order", "error: reader_too_young")
    (own / "forms/library-card.yaml").write_text(form, encoding="utf-8")
    assert check.problems(config) == [
        "library-card.yaml: rules.0: no sentence for the code «reader_too_young» in locales/vi"
    ]
    for language, sentence in (("vi", "Phải đủ 12 tuổi."), ("en", "Readers are at least 12.")):
        words = [f'msgctxt "{kind}"\nmsgid "reader_too_young"\nmsgstr "{sentence}"\n' for kind in ("error", "advice")]
        (own / f"locales/{language}").mkdir(exist_ok=True)
        (own / f"locales/{language}/codes.po").write_text("\n".join([HEAD, *words]), encoding="utf-8")
        left = check.problems(config)
        assert bool(left) is (language == "vi")  # the other one is told to be missing
    with Machine(config) as machine:
        assert OWN_REFUSED not in machine.kiosk.parts.outbox.notices()
        assert i18n.error_text("reader_too_young", "en") == "Readers are at least 12."
        assert "library-card" in machine.kiosk.parts.forms


def test_a_broken_form_of_a_site_is_as_it_last_was(own: Path, config: Config) -> None:
    file, texts = own / "forms/library-card.yaml", own / "locales/en/library.po"
    with Machine(config):
        pass
    file.write_text(FORM.replace("type: phone", "type: fone"), encoding="utf-8")
    texts.write_text('msgid "Truyện', encoding="utf-8")
    (own / "forms/other.yaml").write_text("id: other", encoding="utf-8")
    named = check.problems(config)
    assert any(problem.startswith("library-card.yaml: sections.0.questions.3.type: ") for problem in named)
    assert any(problem.startswith("locales/en/library.po: cannot be read: line 1: ") for problem in named)
    for _restart in range(2):
        with Machine(config) as machine:
            parts = machine.kiosk.parts
            assert [one.type for one in parts.forms["library-card"].sections[0].questions][-1] == "phone"
            assert "birth-registration" in parts.forms  # ours go on
            assert "other" not in parts.forms
            assert i18n.translate("Truyện", "en") == "Novels"
            assert parts.outbox.notices()[OWN_REFUSED].startswith(f"{len(named) - len(ENGLISH)}: library-card.yaml: ")
    file.write_text(FORM, encoding="utf-8")
    (own / "forms/other.yaml").unlink()
    texts.unlink()
    with Machine(config) as machine:
        assert OWN_REFUSED not in machine.kiosk.parts.outbox.notices()
        assert i18n.translate("Truyện", "en") == "Truyện"
    assert not (own / LAST_GOOD / "locales/en/library.po").exists()


def test_the_same_version_of_a_form_is_the_sites(own: Path, config: Config) -> None:
    ours = (ASSETS / "forms/marital-status.yaml").read_text(encoding="utf-8")
    file = own / "forms/marital-status.yaml"
    file.write_text(ours.replace("title: ", "title: Riêng ", 1), encoding="utf-8")
    assert builders.data_of(config).forms["marital-status"].title.startswith("Riêng ")
    assert [problem for problem in check.problems(config) if "no text for «Riêng " not in problem] == []
    file.write_text(ours.replace("version: 2026-07-01", "version: 2020-01-01"), encoding="utf-8")
    assert builders.data_of(config).forms["marital-status"].version.year == 2026  # ours is newer
    file.write_text(ours.replace("version: 2026-07-01", "version: 2999-01-01"), encoding="utf-8")
    assert builders.data_of(config).forms["marital-status"].version.year == 2026  # and not yet in force


def test_a_broken_form_of_ours_leaves_the_others(assets: Path, config: Config) -> None:
    (assets / "forms/marital-status.yaml").write_text("id: [", encoding="utf-8")
    with Machine(config) as machine:
        kiosk = machine.kiosk
        assert {"library-card", "birth-registration"} <= set(kiosk.parts.forms)
        kiosk.choose_procedure("1.004873")  # marital status
        player = Player(machine)
        player.at(Step.HOME)
        kiosk.choose_procedure("1.001193")
        player.at(Step.BRING)


def is_submitted(config: Config) -> None:
    """A citizen fills the form in, and it arrives."""
    with Machine(config) as machine:
        player = Player(machine)
        to_review(player, "9.000001")
        player.kiosk.next()
        assert machine.province
        machine.province.fault = "refuse"
        player.kiosk.declare()
        player.until(lambda s: s.step is Step.COLLECT, "the dossier")
        ref = session_of(player).client_ref
        entry = machine.kiosk.parts.outbox.get(ref)
        assert entry
        assert [(paper.component, paper.title) for paper in entry.attachments] == [
            (DECLARATION, "Đơn xin cấp thẻ thư viện")
        ]
        machine.province.fault = ""
        machine.kiosk.parts.sender.wake()
        player.until(partial(delivered, player, ref), "the delivery")


def test_a_form_with_a_mistake_is_named_and_the_last_good_one_stays(assets: Path, config: Config) -> None:
    bad = FORM.replace("version: 2026-07-01", "version: 2026-08-01").replace("type: phone", "type: fone")
    bad = bad.replace("title: Bạn muốn mượn gì?", "title: Mới thêm\n    when: {question: case, values: [lost]}")
    bad = bad.replace("[requester.date_of_birth], years", "[nobody.date_of_birth], years")
    (assets / "forms/library-card.2026-08-01.yaml").write_text(bad, encoding="utf-8")
    named = check.problems(config)
    assert any(problem.startswith("library-card.2026-08-01.yaml: sections.0.questions.3.type: ") for problem in named)
    lost = "«wish» waits for a case that procedure 9.000001 has not: «lost» is not known; one of new"
    assert f"library-card.2026-08-01.yaml: {lost}" in named
    assert "library-card.2026-08-01.yaml: rules.0: «nobody.date_of_birth» is no question" in named
    assert any("form «library-card» of 2026-08-01: no text for «Mới thêm»" in problem for problem in named)
    assert any("form «library-card» of 2026-07-01: no text for" in problem for problem in named)
    forms = builders.data_of(config).forms
    assert forms["library-card"].version.isoformat() == "2026-07-01"
