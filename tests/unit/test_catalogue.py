"""The catalogue: what it says, what it refuses, what is found in it; and what `check` tells."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from kiosk import check, config
from kiosk.catalogue import Catalogue, CatalogueError, load_catalogue, texts
from kiosk.config import ASSETS
from kiosk.fees import fee_for, fee_lines
from kiosk.forms import needed_papers

OFFERED = load_catalogue(ASSETS / "catalogue")
TODAY = date(2026, 11, 23)
CATALOGUE_CODES = [p["code"] for p in json.loads((ASSETS / "catalogue/national.json").read_bytes())["procedures"]]
INDEX_CODES = {row[0] for row in json.loads((ASSETS / "catalogue/index.json").read_bytes())["procedures"]}


def papers(code: str, **answers: str) -> dict[str, list[tuple[str, bool]]]:
    said = {question.replace("_", "."): answer for question, answer in answers.items()}
    return {
        case.id: [(paper.id, paper.required) for paper in needed_papers(case, said)]
        for case in OFFERED.procedures[code].cases
    }


def load(folder: Path, text: str) -> Catalogue:
    """The shipped catalogue with other procedures of the site."""
    (folder / "procedures.yaml").write_text(text, encoding="utf-8")
    for name in ("national.json", "index.json", "site.yaml"):
        if not (folder / name).exists():
            (folder / name).symlink_to(ASSETS / "catalogue" / name)
    return load_catalogue(folder)


def problems_of(folder: Path, text: str) -> list[str]:
    with pytest.raises(CatalogueError) as caught:
        load(folder, text)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_fees_and_days_are_those_of_the_portal() -> None:
    extract, marital = OFFERED.procedures["2.000635"], OFFERED.procedures["1.004873"]
    birth, copies = OFFERED.procedures["1.001193"], OFFERED.procedures["2.000815"]
    assert fee_for(extract, 2, TODAY) == 16_000
    assert fee_for(marital, 1, TODAY) is None  # the province decides
    assert marital.duration_text.startswith("3 ngày")
    assert fee_for(birth, 1, TODAY) == 0
    assert copies.fee
    assert copies.fee.tariff is not None
    assert (copies.online, copies.prepare, copies.series) == (False, True, "B")
    assert [p.online for p in (extract, marital, birth)] == [True, True, True]


def test_no_paper_is_called_as_the_filled_form(tmp_path: Path) -> None:
    """It would be taken for it, and thrown away when the form is drawn anew."""
    text = json.dumps(
        [one_of_a_site(components=[{"id": "declaration", "title": "T"}, {"id": "declarations", "title": "T"}])]
    )
    assert problems_of(tmp_path, text) == [
        "procedures.yaml: 1.003677: case «c»: paper «declaration» must be named otherwise: that is the filled form"
    ]


@pytest.mark.parametrize(
    ("jobs", "told"),
    [
        ([{"title": "T", "icon": "ring"}], "jobs.0: needs a code, or a query"),
        ([{"title": "T", "icon": "ring", "query": " "}], "jobs.0: needs a code, or a query"),
        ([{"title": "a" * 41, "icon": "ring", "query": "x"}], "jobs.0.title: String should have at most 40 characters"),
        ([{"title": "T", "icon": "ring", "query": "x"}] * 16, "jobs: must have at most 15 entries"),
    ],
)
def test_tiles_fit_home_and_lead_somewhere(tmp_path: Path, jobs: list[dict[str, str]], told: str) -> None:
    (tmp_path / "site.yaml").write_text(json.dumps({"jobs": jobs}), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(ASSETS / "catalogue", tmp_path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"site.yaml: {told}")


def one_of_a_site(components: list[dict[str, str]]) -> dict[str, object]:
    """A row of `procedures.yaml` with one case."""
    names = dict.fromkeys(("name", "short_name", "field"), "N") | {"code": "1.003677", "icon": "ring", "series": "C"}
    return names | {"online": True, "form_id": "f", "cases": [{"id": "c", "title": "T", "components": components}]}


def test_each_case_needs_its_papers() -> None:
    assert papers("2.000635") == {"self": [], "deceased": [], "authorised": [("authorisation", True)]}
    assert papers("1.004873") == {
        "first": [],
        "again": [("old_certificate", True)],
        "authorised": [("authorisation", True)],
    }
    birth = {"certificate": [("birth_certificate", True)], "witness": [("witness_statement", True)]}
    assert papers("1.001193", relation_kind="relative") == birth
    by_others = {case: [*needed, ("authorisation", True)] for case, needed in birth.items()}
    assert papers("1.001193", relation_kind="other") == by_others


def test_the_texts_are_all_there() -> None:
    said = set(texts(OFFERED.procedures["2.000635"]))
    assert {"Văn bản ủy quyền", "Mỗi bản sao", "Thẻ căn cước", "Tôi xin thay người khác"} <= said


GOOD = """
- code: "1.000001"
  name: N
  short_name: S
  field: F
  icon: i
  online: true
  series: A
  form_id: f
  cases: [{id: c, title: C}]
"""


def test_a_good_one(tmp_path: Path) -> None:
    assert list(load(tmp_path, GOOD).procedures) == ["1.000001"]


def test_every_mistake_is_told_with_its_path(tmp_path: Path) -> None:
    bad = GOOD.replace("series: A", "serie: A").replace("{id: c,", "{id: c, components: [{id: X, titel: T}],")
    bare = '- {code: "1.000002", name: N, short_name: S, field: F, icon: i, series: A, online: '
    tariff = "{first_pages: 2, first_page_vnd: 2, next_page_vnd: 1, most_vnd: 9}"
    fee = f"fee: {{amount_vnd: 1, tariff: {tariff}, valid_from: 2026-02-01, valid_to: 2026-01-01}}"
    double = "cases: [{id: c, title: C, components: [{id: a, title: A}, {id: a, title: B}]}, {id: c, title: D}]"
    problems = problems_of(
        tmp_path,
        bad
        + bare
        + "true}\n"
        + bare
        + f"true, prepare: true, form_id: f, {double}, {fee}}}\n"
        + "- just text\n- {code: 2.000635}\n",
    )
    assert "procedures.yaml: 1.000001: serie: unknown key; «serie» is not known; did you mean «series»?" in problems
    assert "procedures.yaml: 1.000001: series: is missing" in problems
    where = "procedures.yaml: 1.000001: cases.0.components.0"
    assert f"{where}.titel: unknown key; «titel» is not known; did you mean «title»?" in problems
    assert any(problem.startswith(f"{where}.id: ") for problem in problems)
    assert "procedures.yaml: 1.000002: an online procedure needs cases and a form_id" in problems
    assert "procedures.yaml: 1.000002: stands here twice" in problems
    assert "procedures.yaml: 1.000002: a procedure that is prepared needs kinds" in problems
    assert "procedures.yaml: 1.000002: is either online or prepared, not both" in problems
    assert "procedures.yaml: 1.000002: case «c» stands here twice" in problems
    assert "procedures.yaml: 1.000002: case «c»: paper «a» stands here twice" in problems
    assert "procedures.yaml: 1.000002: fee: give either amount_vnd or tariff, not both" in problems
    assert "procedures.yaml: 1.000002: fee: valid_to is before valid_from" in problems
    assert any(problem.startswith("procedures.yaml: 4: ") for problem in problems)
    assert any(problem.startswith("procedures.yaml: 2.000635: code: ") for problem in problems)  # a number, not text
    assert not any(": : " in problem for problem in problems)


@pytest.mark.parametrize("text", ["", "a: 1", "- [", "- \x00", "- {valid: 2026-02-31}"])
def test_what_is_no_list_of_procedures(tmp_path: Path, text: str) -> None:
    (problem,) = problems_of(tmp_path, text)
    assert problem.startswith("procedures.yaml: ")


def test_no_file_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)
    files = {problem.split(": cannot be read")[0] for problem in caught.value.problems}
    assert files == {"national.json", "index.json", "site.yaml", "procedures.yaml"}
    (tmp_path / "procedures.yaml").write_bytes(b"- \xff\xfe")
    with pytest.raises(CatalogueError, match=r"procedures\.yaml: cannot be read"):
        load_catalogue(tmp_path)


# -- the national catalogue and the index ----------------------------------------------------------------------------
def test_everything_of_a_commune_is_there() -> None:
    assert len(CATALOGUE_CODES) == 273
    assert len(OFFERED.index) + sum(code in INDEX_CODES for code in OFFERED.rules.hidden) == 2642


def test_what_the_portal_says_of_a_procedure() -> None:
    procedure = OFFERED.find("1.010038")
    assert procedure is not None
    assert (procedure.name, procedure.field) == ("Tách hộ", "Đăng ký, quản lý cư trú")
    assert {line.way: line.amount_vnd for line in fee_lines(procedure, TODAY)} == {"counter": 10_000, "online": 5_000}
    assert {(c.way, c.days, c.unit) for c in procedure.channels} == {
        ("counter", 5, "working_days"),
        ("online", 5, "working_days"),
    }
    assert len(procedure.cases) == 2
    assert all(case.components for case in procedure.cases)
    assert "53/2025/TT-BCA" in procedure.legal
    assert procedure.page.startswith("https://dichvucong.gov.vn/thu-tuc-hanh-chinh/")
    assert procedure.described
    assert not procedure.online


def test_a_procedure_of_the_site_takes_over_what_it_does_not_say() -> None:
    extract = OFFERED.procedures["2.000635"]
    assert extract.page
    assert {channel.way for channel in extract.channels} == {"counter", "online", "post"}
    assert extract.result == "Bản sao trích lục hộ tịch hoặc bản sao giấy khai sinh"  # its own words stay


def test_of_the_index_only_the_name_is_known() -> None:
    card = OFFERED.find("1.014061")
    assert card is not None
    assert (card.name, card.levels) == ("Cấp thẻ căn cước cho người từ đủ 14 tuổi trở lên", ("commune",))
    assert not card.described
    assert OFFERED.find("9.999999") is None


def test_the_fee_cuts_end_when_the_circular_ends() -> None:
    crossing = OFFERED.find("1.003133")
    assert crossing is not None
    assert {line.amount_vnd for line in fee_lines(crossing, date(2026, 12, 31)) if line.way == "counter"} == {4_000}
    assert [line for line in fee_lines(crossing, date(2027, 1, 1)) if line.way == "counter"] == []


def test_free_on_the_portal_is_no_promise() -> None:
    birth = OFFERED.entries["1.001193"]
    assert all(fee.amount_vnd is None and fee.shown_free for channel in birth.channels for fee in channel.fees)


def test_every_mistake_in_the_data_is_told(tmp_path: Path) -> None:
    fee = {"amount_vnd": -1, "valid_from": "2026-02-01", "valid_to": "2026-01-01"}
    good_fee = {**fee, "amount_vnd": 1}
    rows = [
        {"code": "1.000001", "name": "N", "field": "F", "chanels": []},
        {"code": "1.000002", "name": "N", "field": "F", "channels": [{"way": "mail"}, {"way": "post", "fees": [fee]}]},
        {"code": "1.000003", "name": "", "field": "F", "page": "javascript:alert(1)"},
        {"code": "1.000004", "name": "N", "field": "F", "channels": [{"way": "post", "fees": [good_fee]}]},
        {"code": "1.000004", "name": "N", "field": "F"},
        "text",
    ]
    (tmp_path / "national.json").write_text(json.dumps({"procedures": rows}), encoding="utf-8")
    (tmp_path / "index.json").write_text('{"fields": ["F"], "procedures": [["1.000005", "N", 7, "c"]]}')
    (tmp_path / "site.yaml").write_text("{jobs: [{title: T}], hiden: []}")
    problems = problems_of(tmp_path, GOOD)
    assert "national.json: 1.000001: chanels: unknown key; «chanels» is not known; did you mean «channels»?" in problems
    assert any(problem.startswith("national.json: 1.000002: channels.0.way: ") for problem in problems)
    assert any(problem.startswith("national.json: 1.000002: channels.1.fees.0.amount_vnd: ") for problem in problems)
    assert any(problem.startswith("national.json: 1.000003: name: ") for problem in problems)
    assert any(problem.startswith("national.json: 1.000003: page: ") for problem in problems)
    assert "national.json: 1.000004: stands here twice" in problems
    assert "national.json: 1.000004: post: fee: valid_to is before valid_from" in problems
    assert any(problem.startswith("national.json: 6: ") for problem in problems)
    assert any(problem.startswith("index.json: no such field or level") for problem in problems)
    assert "site.yaml: jobs.0.icon: is missing" in problems
    assert "site.yaml: hiden: unknown key; «hiden» is not known; did you mean «hidden»?" in problems


def test_a_tile_needs_a_procedure_that_exists(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "site.yaml").write_text('jobs: [{title: T, icon: ring, code: "9.999999"}]')
    with pytest.raises(CatalogueError, match=r"site\.yaml: jobs\.0\.code: no procedure 9\.999999"):
        load_catalogue(ASSETS / "catalogue", own)


def test_home_has_twelve_tiles_and_each_leads_somewhere() -> None:
    jobs = OFFERED.rules.jobs
    assert len(jobs) == 12
    assert all(bool(job.code) != bool(job.query) for job in jobs)


def test_a_site_has_its_own_procedures(tmp_path: Path) -> None:
    added = GOOD + GOOD.replace("1.000001", "1.001193")
    (tmp_path / "procedures.yaml").write_text(added, encoding="utf-8")
    offered = load_catalogue(ASSETS / "catalogue", tmp_path).procedures
    assert list(offered) == [*OFFERED.procedures, "1.000001"]  # one of ours is the site's now
    assert offered["1.001193"].short_name == "S"
    assert offered["1.000656"] == OFFERED.procedures["1.000656"]


# -- kiosk.check -----------------------------------------------------------------------------------------------------
def test_what_is_shipped_has_no_mistake() -> None:
    assert check.problems(config.load(None)) == []


def test_check_names_what_does_not_fit_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ASSETS / "catalogue", tmp_path / "catalogue")
    shutil.copytree(ASSETS / "forms", tmp_path / "forms")
    form = tmp_path / "forms" / "marital-status.yaml"
    form.write_text(form.read_text(encoding="utf-8").replace("[authorised]", "[autorised]"), encoding="utf-8")
    (tmp_path / "forms" / "birth-registration.yaml").unlink()
    offered = tmp_path / "catalogue" / "procedures.yaml"
    offered.write_text(offered.read_text(encoding="utf-8").replace("icon: candle", "icon: candel"), encoding="utf-8")
    monkeypatch.setattr(check, "ASSETS", tmp_path)
    accounts = tmp_path / "accounts"
    accounts.write_text("someone\n", encoding="utf-8")
    accounts.chmod(0o600)
    data = {"hall": {"series": [{"letter": "A", "title": "T"}]}, "staff": {"accounts_file": str(accounts)}}
    problems = check.problems(config.parse(data))
    none = "no such form: «birth-registration» is not known; did you mean «death-registration»?"
    assert f"procedures.yaml: 1.001193: form_id: {none}" in problems
    assert (
        "marital-status.yaml: «subject» waits for a case that procedure 1.004873 has not: «autorised» is not known; "
        "did you mean «authorised»?" in problems
    )
    assert "procedures.yaml: 1.000656: icon: no such icon: «candel» is not known; did you mean «candle»?" in problems
    assert any(problem.startswith("accounts: ") for problem in problems)
    assert len(problems) == 4
    form.write_text("id: marital-status", encoding="utf-8")  # a broken form hides no other mistake
    problems = check.problems(config.parse(data))
    assert "marital-status.yaml: version: is missing" in problems
    assert f"procedures.yaml: 1.001193: form_id: {none}" in problems


def test_check_tells_the_mistakes_of_the_sites_own_files(tmp_path: Path) -> None:
    own = tmp_path / "catalogue"
    own.mkdir()
    (own / "synonyms.yaml").write_text('phrases: [{say: [a], means: ["9.999999"]}]', encoding="utf-8")
    (own / "province.json").write_text('{"procedures": [{"code": "1.000894"}]}', encoding="utf-8")
    site = config.load(None)
    site = site.model_copy(update={"storage": site.storage.model_copy(update={"data_dir": tmp_path})})
    assert check.problems(site) == [
        "province.json: 1.000894: name: is missing",
        "province.json: 1.000894: field: is missing",
    ]
    (own / "province.json").unlink()
    assert check.problems(site) == ["synonyms.yaml: phrases.0.means: no procedure 9.999999"]


def test_check_tells_the_mistakes_of_catalogue_and_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms" / "a.yaml").write_text("id: a", encoding="utf-8")
    monkeypatch.setattr(check, "ASSETS", tmp_path)
    problems = check.problems(config.load(None))
    assert any(problem.startswith("procedures.yaml: cannot be read") for problem in problems)
    assert "a.yaml: version: is missing" in problems


@pytest.mark.parametrize(
    "amount", ["5.000", '"5.000"', '"5000"', "010000", "true", "1:30", "5000.0", "-1", "1e4", "9" * 40]
)
def test_an_amount_is_a_whole_number_and_nothing_like_it(tmp_path: Path, amount: str) -> None:
    row = '- {code: "9.000001", name: N, short_name: N, field: Hộ tịch, icon: ring, online: false, series: A, fee: '
    told = "must be a whole number of đồng without dots and quotes, such as 5000"
    fee = f"procedures.yaml: 9.000001: fee.amount_vnd: {told}"
    assert fee in problems_of(tmp_path, f"{row}{{amount_vnd: {amount}}}}}")
    tariff = f"tariff: {{first_pages: 2, first_page_vnd: {amount}, next_page_vnd: {amount}, most_vnd: {amount}}}"
    told_of = [problem for problem in problems_of(tmp_path, f"{row}{{{tariff}}}}}") if told in problem]
    assert len(told_of) == 3
    procedure = load(tmp_path, f"{row}{{amount_vnd: 5000}}}}").procedures["9.000001"]
    assert fee_for(procedure, 1, TODAY) == 5000


def test_a_heap_of_mistakes_is_told_and_not_pondered(tmp_path: Path) -> None:
    """A file that is allowed by its size, of rows that are all wrong, or of one row with many mistakes."""
    (problem,) = problems_of(tmp_path, "- {}\n" * 50_000)
    assert problem == "procedures.yaml: must be a list of procedures, of not more than 1000"
    cases = ", ".join(["{id: x, titel: y}"] * 12_000)
    assert len(problems_of(tmp_path, f'- {{code: "9.000001", cases: [{cases}]}}')) == 1_000


def test_each_name_says_something(tmp_path: Path) -> None:
    row = '- {code: "9.000001", name: "  ", short_name: "", field: Hộ tịch, icon: ring, online: false, series: A}'
    named = {problem.split(": ")[2] for problem in problems_of(tmp_path, row)}
    assert {"name", "short_name"} <= named
