"""The store against a plain model of it, in any order of calls."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from offline_queue.entry import EntryState, OutboxCounts, Receipt
from offline_queue.store import Outbox
from tests.queue.people import KEY, entry, paper

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
WAITING = (EntryState.PENDING, EntryState.SENDING)
PICK = st.integers(0, 9)


@dataclass
class Expected:
    """What is known of one entry."""

    id: str
    place: int
    shas: tuple[str, ...]
    state: EntryState = EntryState.PENDING
    due: datetime | None = None
    attempts: int = 0
    certain: int = 0  # up to this attempt it is certain that none has arrived
    error: str = ""
    replaces: Expected | None = None
    known_at: datetime | None = None  # when a look first found it ended

    @property
    def ended(self) -> bool:
        """It came to its end: nothing is sent any more."""
        return self.state in (EntryState.DELIVERED, EntryState.CLOSED)


class StoreMachine(RuleBasedStateMachine):
    """Rules are the store's methods; the model is a list."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.outbox = self.opened()
        self.entries: list[Expected] = []
        self.now = START
        self.places = 0

    def opened(self) -> Outbox:
        return Outbox(self.folder / "outbox.db", KEY, clock=lambda: self.now)

    def teardown(self) -> None:
        self.outbox.close()
        shutil.rmtree(self.folder)

    def pick(self, number: int) -> Expected | None:
        return self.entries[number % len(self.entries)] if self.entries else None

    @rule(papers=st.lists(st.sampled_from(["aa" * 32, "bb" * 32, "cc" * 32]), max_size=2))
    def add(self, papers: list[str]) -> None:
        added = entry(*(paper(sha, 1) for sha in papers))
        self.outbox.add(added)
        self.outbox.add(added)
        self.entries.append(Expected(added.id, self.place(), tuple(papers)))

    def place(self) -> int:
        self.places += 1
        return self.places

    @rule(seconds=st.integers(0, 200))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def lease(self) -> None:
        due = [e for e in self.entries if e.state in WAITING and (e.due is None or e.due <= self.now)]
        leased = self.outbox.lease(self.now, 120)
        if not due:
            assert leased is None
            return
        first = min(due, key=lambda e: (e.due or datetime.min.replace(tzinfo=UTC), e.place))
        first.state, first.due, first.attempts = (
            EntryState.SENDING,
            self.now + timedelta(seconds=120),
            first.attempts + 1,
        )
        assert leased is not None
        assert (leased.id, leased.attempts) == (first.id, first.attempts)
        assert leased.unsure == (first.attempts - 1 > first.certain)

    @rule(number=PICK)
    def delivered(self, number: int) -> None:
        if (one := self.pick(number)) is None:
            return
        free = self.outbox.delivered(one.id, Receipt(f"code-{one.place}", 1, "2026-11-23T08:00:00Z"))
        if one.state is EntryState.DELIVERED:
            assert free == ()
            return
        gone = self.purged(one, EntryState.DELIVERED, "")
        if one.replaces is not None and one.replaces.state is EntryState.CLOSED and one.replaces in self.entries:
            gone |= self.purged(one.replaces, EntryState.CLOSED, "entry_replaced")
        assert set(free) == gone - self.needed()

    def purged(self, one: Expected, state: EntryState, error: str) -> set[str]:
        gone, one.shas = set(one.shas), ()
        one.state, one.error, one.known_at, one.due = state, error, None, None
        return gone

    def needed(self) -> set[str]:
        return {sha for e in self.entries for sha in e.shas}

    @rule(number=PICK)
    def replace(self, number: int) -> None:
        if (one := self.pick(number)) is None:
            return
        corrected = entry(*(paper(sha, 1) for sha in one.shas))
        assert self.outbox.replace(one.id, corrected) == (one.state is EntryState.REJECTED)
        if one.state is EntryState.REJECTED:
            one.state, one.error, one.known_at = EntryState.CLOSED, "entry_replaced", None
            self.entries.append(Expected(corrected.id, self.place(), one.shas, replaces=one))

    @rule(number=PICK)
    def give_back(self, number: int) -> None:
        if (one := self.pick(number)) is None:
            return
        free = self.outbox.give_back(one.id)
        if one.state is not EntryState.REJECTED:
            assert free == ()
            return
        assert set(free) == self.purged(one, EntryState.CLOSED, "entry_returned") - self.needed()

    @rule(number=PICK)
    def exported(self, number: int) -> None:
        if (one := self.pick(number)) is not None:
            self.outbox.exported(one.id)
            if not one.ended:
                one.state, one.error, one.known_at = EntryState.CLOSED, "entry_exported", None
                one.attempts += 1  # the other machine may send it

    @rule(seconds=st.integers(0, 400))
    def forget(self, seconds: int) -> None:
        keep = timedelta(seconds=seconds)
        for one in self.entries:
            if one.ended and one.known_at is None:
                one.known_at = self.now
        old = [e for e in self.entries if e.ended and e.known_at is not None and e.known_at < self.now - keep]
        gone = {sha for e in old for sha in e.shas}
        free = self.outbox.forget(self.now, keep)
        self.entries = [e for e in self.entries if e not in old]
        assert set(free) == gone - self.needed()

    @rule(number=PICK)
    def reject(self, number: int) -> None:
        if (one := self.pick(number)) is not None:
            self.outbox.reject(one.id, ())
            if one.state in WAITING:
                one.state, one.certain = EntryState.REJECTED, one.attempts

    @rule(number=PICK, seconds=st.one_of(st.none(), st.integers(0, 600)), unsure=st.booleans())
    def retry_at(self, number: int, seconds: int | None, unsure: bool) -> None:
        if (one := self.pick(number)) is not None:
            at = None if seconds is None else self.now + timedelta(seconds=seconds)
            self.outbox.retry_at(one.id, at, "province_unreachable", unsure)
            if one.state in WAITING:
                one.state, one.due = EntryState.PENDING, at
                one.certain = one.certain if unsure else one.attempts

    @rule(number=PICK)
    def retry_now(self, number: int) -> None:
        if (one := self.pick(number)) is not None:
            self.outbox.retry_now(one.id)
            if one.state in (EntryState.PENDING, EntryState.REJECTED) or one.error == "entry_exported":
                one.error = ""
                one.state, one.due = EntryState.PENDING, None

    @rule()
    def restart(self) -> None:
        self.outbox.close()
        self.outbox = self.opened()

    @rule()
    def restart_of_the_sender(self) -> None:
        with self.outbox.sending():
            for one in self.entries:
                if one.state is EntryState.SENDING:
                    one.state, one.due = EntryState.PENDING, None

    @invariant()
    def all_is_there(self) -> None:
        def count(*states: EntryState) -> int:
            return sum(1 for e in self.entries if e.state in states)

        waiting = [e for e in self.entries if e.state in WAITING]
        assert self.outbox.counts() == OutboxCounts(
            pending=len(waiting),
            rejected=count(EntryState.REJECTED),
            delivered=count(EntryState.DELIVERED),
            oldest_pending=entry().created_at if waiting else None,
        )
        assert self.outbox.blob_ids() == {sha for e in self.entries for sha in e.shas}
        assert {one.id: one.state for one in self.outbox.list()} == {e.id: e.state for e in self.entries}


TestStore = StoreMachine.TestCase
TestStore.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
