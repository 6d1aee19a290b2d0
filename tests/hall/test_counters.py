"""The verbs of a counter, on both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.hall import calls
from kiosk.hall.hall import RETURNING
from kiosk.hall.tickets import HallError, Ticket, TicketState
from kiosk.hall.view import CounterState
from tests.hall.house import AN, MONDAY, House, refused
from tests.hall.postgres import Server


def test_numbers_are_called_in_their_order_and_shown(house: House) -> None:
    house.open(1)
    tickets = [house.take() for _ in range(3)]
    house.later(minutes=5)
    call = house.counters.call_next(1, "Bình")
    assert call is not None
    assert (call.label, call.counter, call.state, call.times_called) == ("A-001", 1, TicketState.CALLED, 1)
    assert (call.called_at, call.announced_at, call.issued_at) == (house.now, house.now, tickets[0].issued_at)
    view = house.counters.snapshot()
    assert view.last_called == call
    assert not view.stale
    assert view.as_of == house.now
    counter = view.counter(1)
    assert counter is not None
    assert (counter.state, counter.current, counter.series) == (CounterState.OPEN, call, ("A",))
    assert [(line.letter, line.waiting) for line in view.lines] == [("A", 2), ("B", 0)]
    assert view.lines[0].longest_wait_seconds == 5 * 60 + 1
    assert [waiting.label for waiting in view.waiting] == ["A-002", "A-003"]
    assert house.acts[-1] == ("Bình", "ticket_called", {"ticket": "A-001", "counter": 1, "overtakes": False})


def test_a_number_goes_its_whole_way(house: House) -> None:
    house.open(1)
    ticket = house.take(entry="e1")
    call = house.counters.call_next(1, AN)
    assert call is not None
    assert call.linked_entry == "e1"
    assert house.counters.serve(1, AN).state is TicketState.SERVING
    house.later(minutes=4)
    assert house.counters.done(1, AN).state is TicketState.DONE
    assert house.state(ticket) is TicketState.DONE
    assert house.counters.call_next(1, AN) is None
    assert house.counters.snapshot().calls[0].state is TicketState.DONE


def test_one_is_done_and_the_next_is_called_in_one_act(house: House) -> None:
    house.open(1)
    first, second, _third = house.take(), house.take(), house.take()
    assert refused(house.counters.done_next, 1, AN) == "counter_idle"
    house.counters.call_next(1, AN)
    assert refused(house.counters.done_next, 1, AN, second.id) == "call_changed"
    call = house.counters.done_next(1, AN, first.id)
    assert call is not None
    assert (call.ticket_id, call.state) == (second.id, TicketState.CALLED)
    assert house.state(first) is TicketState.DONE
    assert [name for _, name, _ in house.acts[-2:]] == ["ticket_done", "ticket_called"]
    house.counters.pause(1, AN, "Họp")
    assert refused(house.counters.done_next, 1, AN) == "counter_not_open"
    assert house.state(second) is TicketState.CALLED  # of both or of none
    house.open(1)
    house.counters.done_next(1, AN)
    assert house.counters.done_next(1, AN) is None
    assert house.counters.snapshot().waiting == ()


def test_who_cannot_call_the_next_has_not_ended_the_one_before(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.open(1)
    first = house.take()
    house.take()
    house.counters.call_next(1, AN)

    def fails(*_arguments: Any) -> Ticket | None:
        raise HallError("hall_busy")

    monkeypatch.setattr(calls, "take", fails)
    assert refused(house.counters.done_next, 1, AN) == "hall_busy"
    assert house.state(first) is TicketState.CALLED


def test_a_counter_calls_only_its_own_lines_and_only_while_it_is_open(house: House) -> None:
    a, b = house.take("A"), house.take("B")
    assert refused(house.counters.call_next, 1, AN) == "counter_not_open"
    assert refused(house.counters.call_next, 9, AN) == "counter_unknown"
    house.open(3, 4)
    assert house.called(3) == b.label
    assert house.called(4) == a.label
    house.take()
    house.counters.pause(4, AN, "Họp")
    assert refused(house.counters.call_next, 4, AN) == "counter_not_open"
    assert refused(house.counters.pause, 4, AN, " ") == "pause_reason_missing"
    counter = house.counters.snapshot().counter(4)
    assert counter is not None
    assert (counter.state, counter.reason, counter.officer) == (CounterState.PAUSED, "Họp", AN)
    house.open(4)
    assert house.called(4) == "A-002"
    house.counters.close(4, AN)
    assert refused(house.counters.call_next, 4, AN) == "counter_not_open"


def test_a_recall_is_not_too_soon_and_not_too_often(house: House) -> None:
    house.open(1)
    assert refused(house.counters.recall, 1, AN) == "counter_idle"
    house.take()
    house.counters.call_next(1, AN)
    house.later(seconds=19)
    assert refused(house.counters.recall, 1, AN) == "recall_too_soon"
    house.later(seconds=1)
    first = house.counters.recall(1, AN)
    assert (first.times_called, first.announced_at - first.called_at) == (2, timedelta(seconds=20))
    house.later(seconds=20)
    assert house.counters.recall(1, AN).times_called == 3
    house.later(seconds=20)
    assert refused(house.counters.recall, 1, AN) == "recall_too_often"
    house.counters.serve(1, AN)
    assert refused(house.counters.recall, 1, AN) == "ticket_state"


def test_who_is_absent_goes_to_the_end_and_is_cancelled_the_third_time(house: House) -> None:
    house.open(1)
    ticket, _other = house.take(), house.take()
    for turn in (1, 2, 3):
        call = house.counters.call_next(1, AN)
        assert call is not None
        assert call.label == ticket.label
        house.later(seconds=44)
        assert refused(house.counters.absent, 1, AN) == "absent_too_soon"
        house.later(seconds=1)
        ended = house.counters.absent(1, AN)
        assert ended.absences == turn
        assert ended.state is (TicketState.CANCELLED if turn == 3 else TicketState.ABSENT)
        if turn < 3:
            late = house.take()
            assert house.called() == ("A-002" if turn == 1 else "A-003")
            assert late.label == ("A-003" if turn == 1 else "A-004")
    assert house.called() == "A-004"
    assert house.called() == ""


def test_a_wait_ends_with_the_first_call_of_all(location: str, tmp_path: Path) -> None:
    house = House(location, tmp_path / "k1", alone=True)
    house.open(1, 3)
    house.take()
    house.later(minutes=10)
    house.counters.call_next(1, AN)
    house.counters.serve(1, AN)
    house.later(minutes=5)
    house.counters.transfer(1, AN, "B")
    house.later(minutes=25)
    house.counters.call_next(3, AN)
    house.later(seconds=44)
    assert refused(house.counters.absent, 3, AN) == "absent_too_soon"  # of this turn, not of the first
    house.counters.done(3, AN)
    house.take()
    for _turn in range(3):
        house.later(minutes=5)
        house.counters.call_next(1, AN)
        house.later(minutes=1)
        house.counters.absent(1, AN)
    waits = house.store.times(house.now.date(), house.now.date())
    waited = sorted(one.called_at - one.issued_at for one in waits if one.called_at)
    house.close()
    assert waited == [timedelta(minutes=5), timedelta(minutes=10)]


def test_a_held_number_is_resumed_at_any_counter(house: House) -> None:
    house.open(1, 2)
    house.take()
    house.take()
    call = house.counters.call_next(1, AN)
    assert call is not None
    house.counters.serve(1, AN)
    house.counters.hold(1, AN)
    counter = house.counters.snapshot().counter(1)
    assert counter is not None
    assert counter.current is None
    assert [held.label for held in counter.held] == ["A-001"]
    assert refused(house.counters.close, 1, AN) == "counter_busy"
    house.counters.call_next(1, AN)
    assert refused(house.counters.resume, call.ticket_id, 1, AN) == "counter_busy"
    resumed = house.counters.resume(call.ticket_id, 2, AN)
    assert (resumed.state, resumed.counter) == (TicketState.SERVING, 2)
    assert refused(house.counters.resume, call.ticket_id, 2, AN) == "counter_busy"
    house.counters.done(2, AN)
    assert refused(house.counters.resume, call.ticket_id, 2, AN) == "ticket_state"
    assert refused(house.counters.resume, 999, 2, AN) == "ticket_unknown"


def test_a_number_that_is_being_written_to_is_waited_for(server: Server, tmp_path: Path) -> None:
    server.empty()
    house, printing = (House(server.url, tmp_path / name, alone=True) for name in ("k1", "k2"))
    ticket = house.take()
    house.open(1)
    with printing.store.database.write() as connection:
        calls.change(connection, ticket, print_code="")  # as the end of its printing does
        release = threading.Timer(0.2, connection.commit)
        release.start()
        assert house.called(1) == ticket.label
        release.join()
    house.close()
    printing.close()


def test_a_number_that_another_counter_is_just_taking_is_passed_over(server: Server, tmp_path: Path) -> None:
    server.empty()
    house, beside = (House(server.url, tmp_path / name, alone=True) for name in ("k1", "k2"))
    taken, free = house.take(), house.take()
    house.open(1)
    with (
        beside.store.database.write() as connection
    ):  # it ends only after the call: who waited for it would wait in vain
        calls.change(connection, taken, print_code="")
        assert house.called(1) == free.label
    house.close()
    beside.close()


def test_only_time_at_a_desk_is_counted(house: House) -> None:
    house.open(1)
    ticket = house.take()
    call = house.counters.call_next(1, AN)
    assert call is not None
    house.later(minutes=2)
    house.counters.hold(1, AN)
    house.later(minutes=30)
    house.counters.resume(call.ticket_id, 1, AN)
    house.later(minutes=3)
    house.counters.done(1, AN)
    done = house.store.get(ticket.id)
    assert done is not None
    assert done.desk_seconds == 5 * 60


def test_a_transferred_number_keeps_its_place(house: House) -> None:
    house.open(1, 3)
    house.take("B")
    moved = house.take("A")
    house.take("B")
    house.counters.call_next(1, AN)
    assert refused(house.counters.transfer, 1, AN, "Z") == "series_unknown"
    house.later(minutes=5)  # its place is the time at which it was taken, not that of the transfer
    call = house.counters.transfer(1, AN, "B")
    assert (call.label, call.series, call.state) == (moved.label, "B", TicketState.TRANSFERRED)
    assert house.all_called(3) == ["B-001", "A-001", "B-002"]


def test_a_second_browser_on_a_counter_calls_nobody_and_ends_nothing(house: House) -> None:
    house.open(1)
    first, second = house.take(), house.take()
    house.counters.call_next(1, AN)
    assert refused(house.counters.call_next, 1, AN) == "counter_busy"
    house.counters.done(1, AN, first.id)
    assert refused(house.counters.done, 1, AN, first.id) == "call_changed"
    house.counters.call_next(1, AN)
    assert refused(house.counters.done, 1, AN, first.id) == "call_changed"
    assert house.state(second) is TicketState.CALLED


def test_eight_browsers_at_once_call_each_number_once(house: House) -> None:
    for _ in range(12):
        house.take("A")
    house.open(1, 2, 4)

    def press(counter: int) -> list[str]:
        return [label for _ in range(6) if (label := _pressed(house, counter))]

    with ThreadPoolExecutor(6) as pool:
        labels = [label for some in pool.map(press, (1, 2, 4, 1, 2, 4)) for label in some]
    assert len(labels) == len(set(labels))
    rest = [label for label in house.all_called(1) if label]
    left = {waiting.label for waiting in house.counters.snapshot().waiting}
    assert left == set()
    assert sorted([*labels, *rest]) == [f"A-{number:03d}" for number in range(1, 13)]


def _pressed(house: House, counter: int) -> str:
    call = None
    code = ""
    try:
        call = house.counters.call_next(counter, AN)
    except Exception as error:  # noqa: BLE001  looked at below
        code = str(error)
    assert code in ("", "counter_busy")
    if call is None:
        return ""
    house.counters.done(counter, AN, call.ticket_id)
    return call.label


def test_a_counter_whose_choice_is_taken_by_others_calls_the_next(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.empty()
    house, beside = (House(server.url, tmp_path / name, alone=True) for name in ("k1", "k2"))
    for _ in range(calls.HEADS + 1):
        house.take()
    house.open(1, 2)
    beside.now = house.now
    really = calls.take

    def when_the_others_have_called(*arguments: Any) -> Ticket | None:
        monkeypatch.setattr(calls, "take", really)
        assert [beside.called(2) for _ in range(calls.HEADS)] == [f"A-{one:03d}" for one in range(1, calls.HEADS + 1)]
        return really(*arguments)

    monkeypatch.setattr(calls, "take", when_the_others_have_called)
    assert house.called(1) == f"A-{calls.HEADS + 1:03d}"
    house.close()
    beside.close()


def test_a_favoured_ticket_overtakes_once_in_three_calls(house: House) -> None:
    house.open(1)
    for _ in range(5):
        house.take()
    for _ in range(2):
        house.take(priority="Trẻ em")
    house.take(priority=RETURNING)
    assert house.all_called() == ["A-006", "A-001", "A-002", "A-007", "A-003", "A-004", "A-008", "A-005"]


def test_an_appointment_takes_its_turn_when_its_time_has_come(house: House) -> None:
    house.open(1)
    booked = house.take(due_at=MONDAY + timedelta(minutes=30))
    others = [house.take() for _ in range(3)]
    assert house.called() == others[0].label
    house.now = MONDAY + timedelta(minutes=20)
    assert house.called() == booked.label
    early = house.take(due_at=MONDAY + timedelta(hours=2))
    assert house.all_called() == [others[1].label, others[2].label, early.label]


def test_everything_survives_a_restart_in_mid_call(house: House, location: str) -> None:
    house.open(1, 2)
    called, held, waits = house.take(), house.take(), house.take()
    house.counters.call_next(1, AN)
    house.counters.call_next(2, AN)
    house.counters.hold(2, AN)
    house.close()
    again = House(location, house.folder)
    again.now = house.now
    view = again.counters.snapshot()
    one, two = view.counter(1), view.counter(2)
    assert one is not None
    assert two is not None
    assert one.current is not None
    assert one.current.label == called.label
    assert [call.label for call in two.held] == [held.label]
    assert refused(again.counters.call_next, 1, AN) == "counter_busy"
    assert again.called(2) == waits.label
    again.close()
