"""What `main.py check` and `diagnose` say of files that do not fit each other."""

from __future__ import annotations

import json
from typing import Any

from kiosk import check
from kiosk.config import ASSETS, Config
from kiosk.diagnostics import states
from kiosk.diagnostics.runner import table
from tests.unit.sites import on_line, site, write

__all__ = ["site"]


def test_a_form_asks_what_the_province_and_the_fee_need(site: Config) -> None:
    form = (ASSETS / "forms/civil-status-extract.yaml").read_text(encoding="utf-8")
    own = site.storage.data_dir / "catalogue/forms"
    own.mkdir(parents=True)
    for one in ("requester.full_name", "requester.id_number", "copies"):
        form = form.replace(f"id: {one},", "id: other." + one.replace(".", "_") + ",")
    (own / "civil-status-extract.yaml").write_text(form, encoding="utf-8")
    needs = "civil-status-extract.yaml: needs the question"
    assert [problem for problem in check.problems(site) if problem.startswith(needs)] == [
        f"{needs} «requester.full_name»: it tells the province who submits",
        f"{needs} «requester.id_number»: it tells the province who submits",
    ]
    form = form.replace("other.requester_", "requester.")
    (own / "civil-status-extract.yaml").write_text(form, encoding="utf-8")
    assert [problem for problem in check.problems(site) if problem.startswith(needs)] == [
        f"{needs} «copies»: the fee of procedure 2.000635 is one a copy",
    ]


def test_a_fee_ends_with_a_warning_that_its_form_gives(site: Config) -> None:
    fee = {"amount_vnd": 0, "unless": ["death_late", "birth_late"]}
    mine = on_line("death-registration") | {"cases": [{"id": "one", "title": "Có giấy báo tử"}], "fee": fee}
    write(site, procedures__yaml=json.dumps([mine]))
    (told,) = [problem for problem in check.problems(site) if problem.startswith("procedures.yaml")]
    assert told.startswith(
        "procedures.yaml: 1.000894: fee.unless: form «death-registration» has no warning «birth_late»"
    )


def test_a_fee_that_no_form_warns_of_does_not_end(site: Config) -> None:
    told = "procedures.yaml: 1.000894: fee.unless: is for the fee of a procedure with a form, whose warnings it names"
    fee = {"amount_vnd": 0, "unless": ["birth_late"]}
    prepared = on_line("") | {"online": False, "prepare": True, "kinds": ["K"], "fee": fee}
    by_way = on_line("birth-registration") | {
        "cases": [{"id": "certificate", "title": "C"}, {"id": "witness", "title": "W"}]
    }
    for mine in (prepared, by_way | {"channels": [{"way": "online", "fees": [fee]}]}):
        write(site, procedures__yaml=json.dumps([mine]))
        assert told in check.problems(site)
    write(site, procedures__yaml=json.dumps([by_way | {"fee": fee}]))
    assert told not in check.problems(site)


def test_a_paper_waits_for_what_its_form_always_asks(site: Config) -> None:
    def waiting(paper: str, question: str, *values: str) -> dict[str, Any]:
        return {"id": paper, "title": "Giấy báo tử", "hint": "T", "when": {"question": question, "values": values}}

    papers = [
        waiting("right", "relation.kind", "other"),
        waiting("misspelt", "relation.kin", "other"),
        waiting("impossible", "relation.kind", "others"),
        waiting("not_always", "death.time", "07:00"),
        waiting("by_case", "case", "one"),
        waiting("no_choice", "requester.full_name", "An"),
        {**waiting("unexplained", "relation.kind", "other"), "hint": " "},
    ]
    mine = on_line("death-registration") | {"cases": [{"id": "one", "title": "Có giấy báo tử", "components": papers}]}
    counter = {**on_line(""), "code": "1.004884", "online": False, "prepare": True, "kinds": ["K"]}
    counter["cases"] = [{"id": "two", "title": "K", "components": papers[:1]}]
    write(site, procedures__yaml=json.dumps([mine, counter]))
    told = [problem for problem in check.problems(site) if problem.startswith("procedures.yaml")]
    form = "waits for a question that form «death-registration» does not always ask"
    assert [problem.partition(": «")[0] if form in problem else problem for problem in told] == [
        "procedures.yaml: 1.000894: cases.0.components.6: waits for an answer, so it needs a hint that says when",
        "procedures.yaml: 1.004884: paper «right» waits for an answer, and no form asks for it",
        f"procedures.yaml: 1.000894: case «one»: paper «misspelt» {form}",
        "procedures.yaml: 1.000894: case «one»: «impossible» waits for «others», no choice of «relation.kind»",
        f"procedures.yaml: 1.000894: case «one»: paper «not_always» {form}",
        f"procedures.yaml: 1.000894: case «one»: paper «by_case» {form}",
        "procedures.yaml: 1.000894: case «one»: paper «no_choice» waits for «requester.full_name», which is no choice",
    ]


def test_a_form_of_next_year_is_not_in_force(site: Config) -> None:
    write(site, procedures__yaml=json.dumps([on_line("stay-notice-2999") | {"cases": [{"id": "home", "title": "T"}]}]))
    own = site.storage.data_dir / "catalogue/forms"
    own.mkdir()
    form = (
        (ASSETS / "forms/stay-notice.yaml")
        .read_text(encoding="utf-8")
        .replace("id: stay-notice", "id: stay-notice-2999")
    )
    form = form.replace("version: 2026-07-01", "version: 2999-01-01").replace("[lodging]", "[home]")
    (own / "stay-notice-2999.yaml").write_text(form, encoding="utf-8")
    assert check.problems(site) == [
        "procedures.yaml: 1.000894: form_id: «stay-notice-2999» is not in force before 2999-01-01"
    ]


def test_diagnose_tells_that_the_own_files_do_not_hold(site: Config) -> None:
    answer, _healthy = states.report(site)
    assert answer["host"]["own_files"] == {"ok": True, "code": None, "detail": None}
    write(site, site__yaml="jobs: 3\n")
    answer, healthy = states.report(site)
    assert answer["host"]["own_files"]["detail"] == "1: site.yaml: jobs: must be a list"
    assert (answer["host"]["code"], healthy) == ("catalogue_own_refused", False)
    (line,) = [line for line in table(answer, str) if line.strip().startswith("own files")]
    assert "needs a hand" in line
    assert "site.yaml: jobs: must be a list" in line
