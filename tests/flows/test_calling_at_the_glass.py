"""A hall without a computer at its desks: staff call at the glass, by the same verbs as at a counter's page."""

from __future__ import annotations

from kiosk.hall.tickets import TicketState
from kiosk.hall.view import CounterState, CounterView
from kiosk.state import AppState, Step
from tests.flows.conftest import Player
from tests.flows.test_numbers import log_in, taken


def counter(state: AppState) -> CounterView:
    return state.staff.counters[0]


def test_staff_call_a_number_and_end_it(player: Player) -> None:
    first = taken(player)
    kiosk = player.kiosk
    kiosk.at_counter("open", 1)  # nobody has logged in
    log_in(player)
    officer, number = player.state.staff.name, counter(player.state).number
    assert counter(player.state).state is CounterState.CLOSED
    kiosk.at_counter("next", number)
    player.until(lambda s: s.toast == "counter_not_open", "the refusal")
    kiosk.at_counter("open", number)
    player.until(lambda s: counter(s).state is CounterState.OPEN, "the open counter")
    kiosk.at_counter("next", number)
    state = player.until(lambda s: counter(s).current is not None, "the call")
    called = counter(state).current
    assert called is not None
    assert (called.label, called.state, counter(state).officer) == (first, TicketState.CALLED, officer)
    kiosk.at_counter("absent", number, called.ticket_id)
    player.until(lambda s: s.toast == "absent_too_soon", "the refusal")
    kiosk.at_counter("done-next", number, called.ticket_id)
    player.until(lambda s: s.toast == "nobody_waits", "the end")
    assert counter(player.state).current is None
    log = player.machine.config.storage.data_dir / "audit.jsonl"
    acts = [line for line in log.read_text(encoding="utf-8").splitlines() if "ticket_done" in line]
    assert len(acts) == 1
    assert officer in acts[0]


def test_staff_put_a_number_aside_send_it_elsewhere_and_pause(player: Player) -> None:
    label = taken(player)
    kiosk = player.kiosk
    log_in(player)
    number = counter(player.state).number
    kiosk.at_counter("open", number)
    kiosk.at_counter("next", number)
    called = counter(player.until(lambda s: counter(s).current is not None, "the call")).current
    assert called is not None
    kiosk.at_counter("hold", number, called.ticket_id)
    player.until(lambda s: [one.label for one in counter(s).held] == [label], "the number that is put aside")
    kiosk.at_counter("pause", number)
    player.until(lambda s: s.toast == "pause_reason_missing", "the refusal")
    kiosk.at_counter("pause", number, reason="break")
    paused = counter(player.until(lambda s: counter(s).state is CounterState.PAUSED, "the pause"))
    assert paused.reason == "break"
    kiosk.at_counter("open", number)
    kiosk.at_counter("resume", number, called.ticket_id)
    player.until(lambda s: counter(s).current is not None, "the number again")
    kiosk.at_counter("transfer", number, called.ticket_id, letter="B")
    player.until(lambda s: counter(s).current is None, "the transfer")
    assert [one.series for one in kiosk.counters.snapshot().waiting] == ["B"]


def test_what_comes_late_for_an_officer_who_has_left_is_not_told(player: Player) -> None:
    log_in(player)
    number = counter(player.state).number
    player.kiosk.at_counter("open", number)
    player.kiosk.log_out()
    player.until(lambda _: player.kiosk.counters.snapshot().counters[0].state is CounterState.OPEN, "the open counter")
    player.at(Step.HOME)
    assert (player.state.toast, player.state.staff.counters) == ("", ())
