"""Looking up without identification: tiles, search, the list to take home, the number for it."""

from __future__ import annotations

import json

import pytest

from kiosk.catalogue.own_files import OWN_CATALOGUE
from kiosk.state import Job, Step
from tests.flows.conftest import Player

DEATH, MARRIAGE, SPLIT, LAND, NAMED = "1.000656", "1.000894", "1.010038", "1.013978", "1.014061"


def tile(player: Player, code: str = "", query: str = "") -> None:
    """Touch the tile of home for a procedure or a search."""
    player.at(Step.HOME)
    player.kiosk.choose_job(next(job for job in player.state.jobs if (job.code, job.query) == (code, query)))


def test_a_tile_leads_to_its_procedure_and_back_home(player: Player) -> None:
    tile(player, code=DEATH)
    player.at(Step.BRING)
    assert player.kiosk.session.procedure is not None
    assert player.kiosk.session.procedure.code == DEATH
    assert player.kiosk.session.citizen is None
    player.kiosk.back()
    player.at(Step.HOME)
    assert player.state.session is None


def test_a_tile_for_several_jobs_leads_to_the_search(player: Player) -> None:
    tile(player, query="trợ cấp")
    player.at(Step.PROCEDURES)
    assert player.state.query == "trợ cấp"
    assert player.state.results[0].code in ("1.001776", "1.014027")
    player.kiosk.choose_procedure(player.state.results[0].code)
    player.at(Step.BRING)
    player.kiosk.back()
    player.at(Step.PROCEDURES)
    assert player.state.query == "trợ cấp"  # nothing typed is lost
    player.kiosk.back()
    player.at(Step.HOME)
    assert (player.state.query, player.state.session) == ("", None)


def test_results_follow_every_key(player: Player) -> None:
    player.kiosk.browse()
    assert [hit.code for hit in player.state.results] == list(player.kiosk.parts.catalogue.procedures)
    seen = []
    for end in range(1, len("ket hon") + 1):
        player.kiosk.search("ket hon"[:end])
        seen.append(player.state.results[0].code)
    assert seen[-1] == MARRIAGE
    player.kiosk.search("")
    assert len(player.state.results) == len(player.kiosk.parts.catalogue.procedures)


def test_an_unknown_code_leads_nowhere(player: Player) -> None:
    player.kiosk.browse()
    player.kiosk.choose_procedure("9.999999")
    player.at(Step.PROCEDURES)


def test_the_list_is_printed_and_then_the_ticket(player: Player) -> None:
    kiosk = player.kiosk
    kiosk.choose_procedure(SPLIT)
    assert kiosk.session.case is None
    kiosk.choose_case(kiosk.session.procedure.cases[1].id if kiosk.session.procedure else "")
    kiosk.print_list()
    kiosk.print_list()  # a second touch prints no second list
    assert kiosk.session.slip_print is Job.RUNNING
    player.until(lambda s: bool(s.session and s.session.slip_print is Job.CONFIRMED), "the printed list")
    kiosk.print_list()  # nor does a later one
    kiosk.choose_case(kiosk.session.procedure.cases[0].id if kiosk.session.procedure else "")
    state = player.state
    assert state.session
    assert state.session.slip_print is Job.NONE  # of another case there may be another one
    kiosk.take_number_for_this()
    player.at(Step.TICKET)
    state = player.until(
        lambda s: bool(s.session and s.session.ticket and s.session.ticket.print is Job.CONFIRMED), "the ticket"
    )
    assert state.session is not None
    assert state.session.ticket is not None
    assert state.session.ticket.number.startswith("C-")
    printed = player.machine.config.storage.data_dir / "printed"
    assert len(list(printed.glob("*.png"))) == 2


@pytest.mark.parametrize(("code", "letter"), [(LAND, "D"), (NAMED, "F"), (DEATH, "A")])
def test_the_number_is_of_the_series_that_handles_it(player: Player, code: str, letter: str) -> None:
    player.kiosk.choose_procedure(code)
    player.at(Step.BRING)
    player.kiosk.take_number_for_this()
    assert player.kiosk.session.ticket is not None
    assert player.kiosk.session.ticket.number.startswith(f"{letter}-")


def test_what_is_chosen_is_counted_without_anybody(player: Player) -> None:
    for _ in range(3):
        player.kiosk.choose_procedure(MARRIAGE)
        player.kiosk.finish()
    assert player.kiosk.parts.choices.on(player.kiosk.now().date()) == {MARRIAGE: 3}
    player.machine.kiosk.parts.clerk.stop()  # what was asked for is written
    kept = json.loads((player.machine.config.storage.data_dir / OWN_CATALOGUE / "choices.json").read_bytes())
    assert kept == {"day": player.kiosk.now().date().isoformat(), "counts": {MARRIAGE: 3}}
