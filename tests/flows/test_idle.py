"""Time-outs: a warning first, more time on request, a scan stops the clock, and nobody's data is left."""

from __future__ import annotations

from kiosk.app import DESK_SECONDS, HELP_SECONDS, WARNING_SECONDS
from kiosk.state import Job, Step
from tests.flows.conftest import Player
from tests.flows.test_dossier import MOTHER, to_review
from tests.flows.test_numbers import log_in


def let_pass(player: Player, seconds: float) -> None:
    """Nobody has touched the glass for so long."""
    player.kiosk.last_touch -= seconds
    player.kiosk.tick()


def test_a_warning_comes_first_and_more_time_is_given(player: Player) -> None:
    to_review(player, "2.000635")
    limit = player.machine.config.site.idle_seconds
    let_pass(player, limit + 1)
    assert 0 < (player.state.idle_seconds_left or 0) < WARNING_SECONDS
    player.at(Step.REVIEW)
    player.kiosk.more_time()
    assert player.state.idle_seconds_left is None
    let_pass(player, limit + WARNING_SECONDS + 1)
    player.at(Step.HOME)
    assert player.state.session is None


def test_who_rang_for_staff_has_time_to_wait_for_them_and_the_next_person_has_not(player: Player) -> None:
    to_review(player, "2.000635")
    limit = player.machine.config.site.idle_seconds
    player.kiosk.call_help()
    let_pass(player, HELP_SECONDS - 1)
    assert player.state.idle_seconds_left is None
    player.at(Step.REVIEW)
    let_pass(player, WARNING_SECONDS + 2)
    player.at(Step.HOME)
    to_review(player, "2.000635")
    let_pass(player, limit + 1)
    assert player.state.idle_seconds_left


def test_the_clock_stands_still_while_a_page_is_scanned(player: Player) -> None:
    to_review(player, "2.000635")
    player.kiosk.edit_papers()
    player.kiosk.open_paper(player.kiosk.papers_needed()[0].id)
    player.kiosk.scan_page()
    session = player.state.session
    assert session is not None
    assert session.scan is Job.RUNNING
    let_pass(player, 10_000)
    player.at(Step.SCAN)
    assert player.state.idle_seconds_left is None


def test_a_stored_dossier_gets_its_slip_when_nobody_touches_done(player: Player) -> None:
    to_review(player, "2.000635")
    player.kiosk.next()
    player.kiosk.declare()
    player.kiosk.declare()  # a second touch is no second dossier
    player.until(lambda s: s.step is Step.COLLECT, "the stored dossier")
    let_pass(player, player.machine.config.site.idle_seconds + WARNING_SECONDS + 1)
    player.until(lambda s: bool(s.session and s.session.slip_print is Job.CONFIRMED), "the slip")
    player.at(Step.SLIP)
    counts = player.kiosk.parts.outbox.counts()
    assert counts.pending + counts.delivered == 1


def test_the_desk_locks_itself(player: Player) -> None:
    log_in(player)
    let_pass(player, DESK_SECONDS - 1)
    player.at(Step.STAFF)
    let_pass(player, 2)
    player.at(Step.HOME)
    assert player.state.staff.name == ""


def test_another_language_changes_nothing_else_and_is_gone_for_the_next_person(player: Player) -> None:
    to_review(player, "2.000635")
    before = player.state.session
    player.kiosk.switch_language("en")
    assert (player.state.session, player.state.language) == (before, "en")
    player.kiosk.finish()
    assert player.state.language == "vi"


def test_a_code_that_comes_late_reaches_nobody(player: Player) -> None:
    player.machine.devices["code_scanner"].present(MOTHER)
    player.until(lambda s: s.toast == "code_not_expected", "the message")
    player.at(Step.HOME)
    assert player.state.session is None
