"""`main.py check`: one run lists every mistake of a site with file, path and reason, and none that is not there."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from devices.registry import explain
from kiosk import check, config, staff
from kiosk.catalogue import Procedure, read_catalogue
from kiosk.catalogue.models import Data, SiteRules
from kiosk.config import ASSETS, Config
from tests.unit.sites import on_line, site, write

__all__ = ["site"]

PROCEDURES = """
- code: "1.004884"
  name: Đăng ký lại khai sinh
  short_name: Khai sinh lại
  field: Hộ tịch
  icon: candel
  onlin: true
  series: Z
  form_id: birth-registratoin
  fee: {amount: 8000}
  cases: [{id: new, titel: Mới}, {title: Không có mã}]
- code: "9.000002"
  name: Việc thứ hai ở đây
  short_name: Việc
  field: Hộ tịch
  icon: candle
  online: true
  series: A
  form_id: marital-status
  cases: [{id: first, title: Một}, {id: first, title: Hai}]
- {code: 1.000001, name: N}
"""
SITE = """
jobs:
  - {title: Một, icon: ring, code: "1.001191"}
  - {titel: Hai}
  - {title: Ba, icon: ringg, query: x}
hidden: ["1.004222", 7, "1.004193"]
series: Y
iconz: {}
"""
SYNONYMS = """
phrases:
  - {say: [a]}
  - {say: [b], means: ["1.001139"]}
"""


def test_mistakes_of_shape_hide_nothing_in_other_files(site: Config) -> None:
    write(site, procedures__yaml=PROCEDURES.split("- {code")[0], site__yaml=SITE, synonyms__yaml=SYNONYMS)
    told = check.problems(site)
    form = "«birth-registratoin» is not known; did you mean «birth-registration»?"
    case = "«authorised» is not known; one of first"
    for wanted in (
        "procedures.yaml: 1.004884: online: is missing",
        "procedures.yaml: 1.004884: onlin: unknown key; «onlin» is not known; did you mean «online»?",
        "procedures.yaml: 1.004884: fee.amount: unknown key; «amount» is not known; did you mean «amount_vnd»?",
        "procedures.yaml: 1.004884: cases.0.title: is missing",
        "procedures.yaml: 1.004884: cases.1.id: is missing",
        "procedures.yaml: 1.004884: series: the hall has no series «Z»; one of A, B, C, D, E, F",
        "procedures.yaml: 1.004884: icon: no such icon: «candel» is not known; did you mean «candle»?",
        f"procedures.yaml: 1.004884: form_id: no such form: {form}",
        "procedures.yaml: 9.000002: case «first» stands here twice",
        f"marital-status.yaml: «subject» waits for a case that procedure 9.000002 has not: {case}",
        "locales/en: procedure 1.004884: no text for «Khai sinh lại»",
        "locales/en: procedure 9.000002: no text for «Việc thứ hai ở đây»",
        "locales/en: site.yaml: no text for «Một»",
        "site.yaml: jobs.0.code: no procedure 1.001191; did you mean «1.001193» (Đăng ký khai sinh)?",
        "site.yaml: jobs.1.title: is missing",
        "site.yaml: jobs.1.icon: is missing",
        "site.yaml: jobs.1.titel: unknown key; «titel» is not known; did you mean «title»?",
        "site.yaml: job «Ba»: no such icon: «ringg» is not known; did you mean «ring»?",
        "site.yaml: hidden.1: should be a valid string",
        "site.yaml: hidden.2: no procedure 1.004193; did you mean «1.004194» (Đăng ký tạm trú)?",
        "site.yaml: iconz: unknown key; «iconz» is not known; did you mean «icons»?",
        "site.yaml: series: the hall has no series «Y»; one of A, B, C, D, E, F",
        "synonyms.yaml: phrases.0.means: is missing",
        "synonyms.yaml: phrases.1.means: no procedure 1.001139; did you mean «1.001193» (Đăng ký khai sinh)?",
    ):
        assert wanted in told, "\n".join(told)
    texts = [problem for problem in told if problem.startswith("locales/en: ")]
    assert len(told) - len(texts) == 22, "\n".join(told)  # and no other


def test_of_what_cannot_be_read_nothing_is_said_to_be_missing(site: Config) -> None:
    """The code of a procedure is a number, or the file no YAML at all: then it may be what others name."""
    write(site, site__yaml='hidden: ["9.000009"]\njobs: [{title: T, icon: ring, code: "9.000019"}]\n')
    write(site, synonyms__yaml='phrases: [{say: [b], means: ["9.000019"]}]\n')
    assert sum("no procedure 9.0000" in problem for problem in check.problems(site)) == 3
    for text in (PROCEDURES, "- [", "a: 1"):
        write(site, procedures__yaml=text)
        told = check.problems(site)
        assert any(problem.startswith("procedures.yaml: ") for problem in told)
        assert not any("no procedure" in problem for problem in told), told


def test_series_fit_the_hall_that_is_configured(site: Config, tmp_path: Path) -> None:
    bank = '[follow]\nresult_series = "E"\n[vneid]\nlevel_2_series = "Q"\n[[hall.series]]\nletter = "A"\ntitle = "T"\n'
    file = tmp_path / "site.toml"
    file.write_text(f'[storage]\ndata_dir = "{site.storage.data_dir}"\n{bank}', encoding="utf-8")
    here = config.load(file)
    one_of = "the hall has no series «{}»; one of A"
    known = [f"site.toml: follow.result_series: {one_of.format('E')}",
             f"site.toml: vneid.level_2_series: {one_of.format('Q')}"]  # fmt: skip
    assert check.problems(here, file) == known  # and nothing of ours, which are made for the usual series
    ours = yaml.safe_load((ASSETS / "catalogue/procedures.yaml").read_text(encoding="utf-8"))
    write(here, procedures__yaml=json.dumps([row for row in ours if row["code"] == "2.000815"]), site__yaml="series: F")
    assert check.problems(here, file) == [
        f"procedures.yaml: 2.000815: series: {one_of.format('B')}",
        f"site.yaml: series: {one_of.format('F')}",
        *known,
    ]


def test_what_can_be_known_of_the_halls_database(tmp_path: Path) -> None:
    passwords = tmp_path / "pgpass"
    server = "postgresql+psycopg://kiosk@192.168.10.2"
    for location, wanted in {
        server: ["names no database; such as postgresql+psycopg://kiosk@192.168.10.2/hall"],
        f"{server}/hall": [],
        f"{server}/hall?passfile={passwords}": [f"{passwords}: No such file or directory"],
        f"sqlite:///{tmp_path}/hall.db": [],
        f"sqlite:///{tmp_path}/nowhere/hall.db": [f"there is no folder {tmp_path}/nowhere"],
    }.items():
        data = {"storage": {"data_dir": str(tmp_path)}, "site": {"kiosk_id": "k1"}, "hall": {"database": location}}
        told = check.problems(config.parse(data), Path("site.toml"))
        assert told == [f"site.toml: hall.database: {sentence}" for sentence in wanted]
    passwords.write_text("")
    passwords.chmod(0o644)
    open_to_others = {"hall": {"database": f"{server}/hall?passfile={passwords}"}, "site": {"kiosk_id": "k1"}}
    (told_once,) = check.problems(config.parse(open_to_others | {"storage": {"data_dir": str(tmp_path)}}))
    assert told_once.endswith("is open to other users, so it is not used; chmod 600")
    passwords.chmod(0o600)
    assert check.problems(config.parse(open_to_others | {"storage": {"data_dir": str(tmp_path)}})) == []


def test_a_desk_that_nobody_can_open_is_hinted_at(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts"
    hall = {"hall": {"listen": "127.0.0.1:8000"}}
    (hint,) = check.hints(config.parse(hall), Path("site.toml"))
    assert hint.startswith("site.toml: hall.listen: the board alone is of use: no officer has an account")
    assert "give [staff] accounts_file" in hint
    staff_table = {"staff": {"accounts_file": str(accounts)}}
    assert check.hints(config.parse(staff_table)) == []
    staff.add_account(accounts, "Kỹ thuật", "technician", "4711")
    (hint,) = check.hints(config.parse(hall | staff_table))
    assert hint.endswith("others; main.py account add NAME --role staff")
    staff.add_account(accounts, "Lan", "staff", "4711")
    assert check.hints(config.parse(hall | staff_table)) == []
    assert check.hints(config.load(None)) == []  # the embedded default has its own


def test_what_is_misspelt_is_not_missing_too(site: Config) -> None:
    write(
        site,
        procedures__yaml=json.dumps([on_line("birth-registration") | {"caces": [{"id": "certificate", "title": "T"}]}]),
    )
    (told,) = check.problems(site)
    assert told == "procedures.yaml: 1.000894: caces: unknown key; «caces» is not known; did you mean «cases»?"


def test_what_the_portal_says_needs_no_english(site: Config) -> None:
    """Only what the site writes itself is translated; the result is taken over."""
    split = "{code: '1.010038', name: Tách hộ, short_name: Tách khẩu, field: F, icon: ring, series: C, online: false}"
    write(site, procedures__yaml=f"- {split}")
    assert check.problems(site) == ["locales/en: procedure 1.010038: no text for «Tách khẩu»"]


def test_files_that_nobody_reads_are_told(site: Config) -> None:
    write(site, procedure__yaml="", synonyms__yml="", notes__txt="")
    own = site.storage.data_dir / "catalogue"
    for name in ("forms/library-card.yml", "locales/library.po"):
        (own / name).parent.mkdir()
        (own / name).write_text("", encoding="utf-8")
    assert check.problems(site) == [
        "procedure.yaml: is read by nobody; did you mean «procedures.yaml»?",
        "synonyms.yml: is read by nobody; did you mean «synonyms.yaml»?",
        "forms/library-card.yml: is read by nobody; did you mean «library-card.yaml»?",
        "locales/library.po: is read by nobody; the texts of a language lie in locales/en",
    ]


UNREAD = {  # what nobody reads, what of it is told, and what may be meant
    "procedures.YAML": ("procedures.YAML", "procedures.yaml"),
    "procedures.yaml.txt": ("procedures.yaml.txt", "procedures.yaml"),
    "form/x.yaml": ("form", "forms"),
    "locale/en/x.po": ("locale", "locales"),
    "Forms/x.yaml": ("Forms", "forms"),
    "forms/Library.YAML": ("forms/Library.YAML", "library.yaml"),
    "forms/library.2026-08-01.yaml.txt": ("forms/library.2026-08-01.yaml.txt", "library.2026-08-01.yaml"),
    "locales/EN/x.po": ("locales/EN", "en"),
    "locales/fr/x.po": ("locales/fr", "locales/en"),
    "locales/en/x.PO": ("locales/en/x.PO", "x.po"),
}


@pytest.mark.parametrize("name", UNREAD)
def test_a_file_under_a_wrong_name_is_told_with_the_right_one(site: Config, name: str) -> None:
    own = site.storage.data_dir / "catalogue"
    (own / name).parent.mkdir(parents=True)
    (own / name).write_text("", encoding="utf-8")
    told, near = UNREAD[name]
    assert check.problems(site) == [f"{told}: is read by nobody; did you mean «{near}»?"]


def test_folders_within_and_backups(site: Config) -> None:
    own = site.storage.data_dir / "catalogue"
    (own / "forms/sub").mkdir(parents=True)
    (own / "last-good").mkdir()
    for name in ("procedures.yaml~", "site.yaml.bak", "forms/x.yaml.old", ".procedures.yaml.swp", "choices.json"):
        (own / name).write_text("", encoding="utf-8")
    assert check.problems(site) == ["forms/sub: is read by nobody; files lie in forms itself"]


def test_what_is_hidden_is_hidden_everywhere(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text('hidden: ["1.001193"]', encoding="utf-8")
    reading = read_catalogue(ASSETS / "catalogue", tmp_path)
    assert (reading.problems, reading.harmless) == ([], [])
    assert reading.catalogue.find("1.001193") is None
    assert len(reading.catalogue.rules.jobs) == 11  # ours, but for its tile
    assert reading.catalogue.rules.series == "F"


# -- one mistake is one mistake ----------------------------------------------------------------------------------------
def places_in(node: object) -> Iterator[tuple[Any, Any]]:
    """Every owner and key of a tree."""
    for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        owner: Any = node
        yield owner, key
        yield from places_in(owner[key])


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue that is read in a moment, in the place of ours: three procedures, their forms, no others."""
    folder = tmp_path / "assets"
    (folder / "catalogue").mkdir(parents=True)
    (folder / "catalogue/national.json").write_text('{"procedures": []}')
    (folder / "catalogue/index.json").write_text('{"fields": [], "procedures": []}')
    words = 'phrases: [{say: [a], means: ["2.000635", "1.001193", "2.000815"]}]'
    (folder / "catalogue/synonyms.yaml").write_text(words)
    (folder / "forms").mkdir()
    for name in ("birth-registration", "civil-status-extract"):
        shutil.copy(ASSETS / f"forms/{name}.yaml", folder / "forms")
    monkeypatch.setattr(check, "ASSETS", folder)
    return folder / "catalogue"


@pytest.mark.parametrize("wrong", [None, 7, {}, [[{}]]])
@pytest.mark.parametrize("kind", [Procedure, SiteRules])
def test_one_mistake_of_shape_is_no_other_mistake_too(
    small: Path, site: Config, wrong: object, kind: type[Data]
) -> None:
    ours = yaml.safe_load((ASSETS / "catalogue/procedures.yaml").read_text(encoding="utf-8"))
    rows = [row for row in ours if row["code"] in ("2.000635", "1.001193", "2.000815")]
    rules = {"jobs": [{"title": "T", "icon": "ring", "code": "1.001193"}], "hidden": [], "icons": {"F": "ring"}}
    rules |= {"series": "F", "plain": [{"begins": "Hộ chiếu", "say": "Pass"}]}
    site = site.model_copy(update={"hall": site.hall.model_copy(update={"series": usual_without_fields(site)})})
    tree = rows if kind is Procedure else rules
    assert told_of(small, site, rows, rules) == []
    shapes = 0
    for owner, key in [place for row in (rows if kind is Procedure else [rules]) for place in places_in(row)]:
        right, owner[key] = owner[key], copy.deepcopy(wrong)
        expected = shape_of(kind, tree)
        if expected:
            shapes += 1
            told = told_of(small, site, rows, rules)
            assert len(told) == len(expected), (key, right, told)
        owner[key] = right
    assert shapes > 5


def usual_without_fields(site: Config) -> tuple[Any, ...]:
    """The series of the hall; a field that no procedure has is another mistake."""
    return tuple(one.model_copy(update={"fields": ()}) for one in site.hall.series)


def told_of(folder: Path, site: Config, rows: object, rules: object) -> list[str]:
    """What `check` tells."""
    (folder / "procedures.yaml").write_text(json.dumps(rows), encoding="utf-8")
    (folder / "site.yaml").write_text(json.dumps(rules), encoding="utf-8")
    return check.problems(site)


def shape_of(kind: type[Data], tree: Any) -> list[object]:
    """The mistakes of shape alone."""
    found: list[object] = []
    for row in tree if kind is Procedure else [tree]:
        try:
            kind.model_validate(row)
        except ValueError as error:
            found += explain(kind, error)  # type: ignore[arg-type]
    return found


def test_a_list_is_called_a_list(site: Config) -> None:
    write(site, synonyms__yaml="phrases: khai sinh\n", site__yaml="jobs: {a: 1}\n")
    assert check.problems(site) == ["site.yaml: jobs: must be a list", "synonyms.yaml: phrases: must be a list"]
