"""Any verbs in any order, on both databases: no number lost, none at two counters, every place kept."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from kiosk.hall.counters import Counters
from kiosk.hall.tickets import AT_COUNTER, FOLLOWS, OPEN, WAITING, Ticket, TicketState
from kiosk.hall.view import Call
from tests.hall.house import AN, House, refused
from tests.hall.postgres import Server

NUMBERS = (1, 2, 3, 4)
COUNTER = st.sampled_from(NUMBERS)
LETTER = st.sampled_from("AB")
REFUSALS = {
    "",
    "counter_not_open",
    "counter_busy",
    "counter_idle",
    "call_changed",
    "recall_too_soon",
    "recall_too_often",
    "absent_too_soon",
    "ticket_state",
}
END_OF_THE_LINE = (TicketState.ABSENT,)


class HallMachine(RuleBasedStateMachine):
    """`make`: a hall on an empty database, or on the one that is given."""

    def __init__(self, make: Callable[[str], House]) -> None:
        super().__init__()
        self.make = make
        self.house = make("")
        self.given = {"A": 0, "B": 0}
        self.known: dict[int, Ticket] = {}

    def teardown(self) -> None:
        self.house.close()

    # -- citizens and officers -----------------------------------------------------------------------------------
    @rule(letter=LETTER, group=st.sampled_from(["", "", "Trẻ em", "Quay lại bổ sung hồ sơ"]))
    def take(self, letter: str, group: str) -> None:
        self.house.take(letter, group)
        self.given[letter] += 1

    @rule(counter=COUNTER)
    def open(self, counter: int) -> None:
        self.house.open(counter)

    @rule(counter=COUNTER)
    def pause(self, counter: int) -> None:
        self.house.counters.pause(counter, AN, "Họp")

    @rule(counter=COUNTER)
    def close(self, counter: int) -> None:
        self.press(Counters.close, counter, AN)

    @rule(counter=COUNTER)
    def call_next(self, counter: int) -> None:
        view = self.house.counters.snapshot()
        here = view.counter(counter)
        assert here is not None
        waiting = [one for one in view.waiting if one.series in here.series]
        call = self.press(Counters.call_next, counter, AN)
        if call is None and here.current is None and here.state == "open":
            assert waiting == []

    @rule(counter=COUNTER)
    def done_next(self, counter: int) -> None:
        before = self.house.counters.snapshot().counter(counter)
        call = self.press(Counters.done_next, counter, AN)
        if call is not None:
            assert before is not None
            assert before.current is not None
            assert self.house.state(before.current) is TicketState.DONE

    @rule(
        verb=st.sampled_from([Counters.recall, Counters.serve, Counters.absent, Counters.hold, Counters.done]),
        counter=COUNTER,
        stale=st.booleans(),
    )
    def act(self, verb: Callable[..., Call], counter: int, stale: bool) -> None:
        if not stale:
            self.press(verb, counter, AN)
        elif at_others := [key for key, one in self.known.items() if one.counter != counter]:
            assert refused(verb, self.house.counters, counter, AN, at_others[0]) == "call_changed"

    @rule(counter=COUNTER, letter=LETTER)
    def transfer(self, counter: int, letter: str) -> None:
        self.press(Counters.transfer, counter, AN, letter)

    @rule(counter=COUNTER, data=st.data())
    def resume(self, counter: int, data: st.DataObject) -> None:
        if self.known:
            self.press(Counters.resume, data.draw(st.sampled_from(sorted(self.known))), counter, AN)

    def press(self, verb: Callable[..., Call | None], *arguments: object) -> Call | None:
        """A verb, which may refuse with a known code; what it returns is what the store says."""
        answers: list[Call | None] = []
        code = refused(lambda: answers.append(verb(self.house.counters, *arguments)))
        assert code in REFUSALS
        call = answers[0] if answers else None
        if call is not None:
            assert self.house.state(call) is call.state
        return call

    # -- the world -----------------------------------------------------------------------------------------------
    @rule(minutes=st.sampled_from([0.1, 0.4, 1, 7, -5]))
    def time_goes_on_and_clocks_jump(self, minutes: float) -> None:
        self.house.later(minutes=minutes)

    @rule()
    def restart(self) -> None:
        now = self.house.now
        self.house.close()
        self.house = self.make(self.house.location)
        self.house.now = now

    # -- always --------------------------------------------------------------------------------------------------
    @invariant()
    def nothing_is_lost_nothing_twice(self) -> None:
        tickets = self.house.store.of_day(self.house.now.date())
        for letter, count in self.given.items():
            assert sorted(one.number for one in tickets if one.series == letter) == list(range(1, count + 1))
        here = [one.counter for one in tickets if one.state in AT_COUNTER]
        assert len(here) == len(set(here))
        for ticket in tickets:
            if (before := self.known.get(ticket.id)) is not None:
                assert ticket.state is before.state or ticket.state in after(before.state)
                if ticket.state not in END_OF_THE_LINE and before.state not in END_OF_THE_LINE:
                    assert ticket.place_at == before.place_at or ticket.absences != before.absences
        self.known = {one.id: one for one in tickets}

    @invariant()
    def what_is_shown_is_what_is(self) -> None:
        view = self.house.counters.snapshot()
        shown = [one.ticket_id for one in view.waiting]
        at_counters = [one.current.ticket_id for one in view.counters if one.current]
        held = [call.ticket_id for one in view.counters for call in one.held]
        assert sorted(shown) == sorted(key for key, one in self.known.items() if one.state in WAITING)
        still = [key for key, one in self.known.items() if one.state in OPEN]
        assert sorted([*shown, *at_counters, *held]) == sorted(still)


def after(state: TicketState) -> set[TicketState]:
    """States that one verb may lead to: it serves whom it ends."""
    one = {follower for follower, before in FOLLOWS.items() if state in before}
    return one | {follower for follower, before in FOLLOWS.items() if one & {TicketState.SERVING} & set(before)}


@pytest.fixture
def quick_folder(tmp_path: Path) -> Iterator[Path]:
    """Where a commit costs nothing: power cuts are not what is looked for here."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_any_verbs_in_any_order(kind: str, request: pytest.FixtureRequest, quick_folder: Path) -> None:
    count = itertools.count()
    server: Server | None = request.getfixturevalue("server") if kind == "postgresql" else None

    def make(again: str) -> House:
        if server is not None:
            if not again:
                server.empty()
            return House(server.url, quick_folder / "k1", alone=True)
        return House(again or str(quick_folder / f"{next(count)}.db"), quick_folder / "k1", alone=True)

    class Machine(HallMachine):
        def __init__(self) -> None:
            super().__init__(make)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=3 if server else 8,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
