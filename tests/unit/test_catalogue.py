"""The catalogue: what it says, what it refuses, what is found in it; and what `check` tells."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from kiosk import check, config
from kiosk.catalogue import Catalogue, CatalogueError, load_catalogue, texts
from kiosk.config import ASSETS
from kiosk.fees import fee_for
from kiosk.forms import needed_papers

OFFERED = load_catalogue(ASSETS / "catalogue")
TODAY = date(2026, 11, 23)


def found(query: str) -> list[str]:
    return [procedure.code for procedure in OFFERED.search(query)]


def papers(code: str) -> dict[str, list[tuple[str, bool]]]:
    return {
        case.id: [(paper.id, paper.required) for paper in needed_papers(case.components)]
        for case in OFFERED.procedures[code].cases
    }


def load(folder: Path, text: str) -> Catalogue:
    (folder / "procedures.yaml").write_text(text, encoding="utf-8")
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


def test_each_case_needs_its_papers() -> None:
    assert papers("2.000635") == {"self": [], "deceased": [], "authorised": [("authorisation", True)]}
    assert papers("1.004873") == {
        "first": [],
        "again": [("old_certificate", True)],
        "authorised": [("authorisation", True)],
    }
    assert papers("1.001193") == {
        "certificate": [("birth_certificate", True), ("authorisation", False)],
        "witness": [("witness_statement", True), ("authorisation", False)],
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("lam giay khai sinh", "1.001193"),
        ("LÀM GIẤY KHAI SINH", "1.001193"),
        ("thu tuc dang ky khai sinh", "1.001193"),
        ("sao y", "2.000815"),
        ("ly hon", "1.004873"),
        ("doc than", "1.004873"),
        ("trich luc", "2.000635"),
        ("2.000815", "2.000815"),
        ("1.00487", "1.004873"),
    ],
)
def test_the_best_is_first(query: str, code: str) -> None:
    assert found(query)[0] == code


def test_nothing_and_everything() -> None:
    assert found("") == found("  ") == list(OFFERED.procedures)
    assert found("máy bay") == []
    assert found("khai xyz") == []
    assert found("(*[") == []


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
    with pytest.raises(CatalogueError, match=r"procedures\.yaml: cannot be read"):
        load_catalogue(tmp_path)
    (tmp_path / "procedures.yaml").write_bytes(b"- \xff\xfe")
    with pytest.raises(CatalogueError, match=r"procedures\.yaml: cannot be read"):
        load_catalogue(tmp_path)


# -- kiosk.check -----------------------------------------------------------------------------------------------------
def test_what_is_shipped_has_no_mistake() -> None:
    assert check.problems(config.load(None)) == []


def test_check_names_what_does_not_fit_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ASSETS / "catalogue", tmp_path / "catalogue")
    shutil.copytree(ASSETS / "forms", tmp_path / "forms")
    form = tmp_path / "forms" / "marital-status.yaml"
    form.write_text(form.read_text(encoding="utf-8").replace("[authorised]", "[autorised]"), encoding="utf-8")
    (tmp_path / "forms" / "birth-registration.yaml").unlink()
    monkeypatch.setattr(check, "ASSETS", tmp_path)
    accounts = tmp_path / "accounts"
    accounts.write_text("someone\n", encoding="utf-8")
    accounts.chmod(0o600)
    data = {"hall": {"series": [{"letter": "A", "title": "T"}]}, "staff": {"accounts_file": str(accounts)}}
    problems = check.problems(config.parse(data))
    assert "procedure 1.001193: form «birth-registration» does not exist" in problems
    assert "procedure 1.004873: form «marital-status»: «subject» waits for the unknown case «autorised»" in problems
    assert any(problem.startswith("accounts: ") for problem in problems)
    assert len(problems) == 3


def test_check_tells_the_mistakes_of_catalogue_and_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms" / "a.yaml").write_text("id: a", encoding="utf-8")
    monkeypatch.setattr(check, "ASSETS", tmp_path)
    problems = check.problems(config.load(None))
    assert any(problem.startswith("procedures.yaml: cannot be read") for problem in problems)
    assert "a.yaml: version: is missing" in problems
