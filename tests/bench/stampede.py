"""A province comes back, and thousands of kiosks with full outboxes with it: peak load, and time until all is sent.

Each kiosk is a real `Sender`, with the time, the outbox and the province simulated; beside it the naive way, which
tries again every few seconds and at once when something was sent. The province handles so many requests a second; what
does not fit into its short queue is answered with 503 and `Retry-After`.
"""

from __future__ import annotations

import heapq
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from offline_queue.blobs import BlobStore
from offline_queue.entry import OutboxCounts, OutboxEntry, Receipt
from offline_queue.gateway import Busy, Gateway, Health, SubmitError, Unreachable
from offline_queue.sender import Sender
from offline_queue.store import Outbox

KIOSKS, DOSSIERS = 5_000, 4  # waiting in each
CAPACITY, QUEUE_SECONDS = 200, 2.0  # requests a second; how long one may wait for its turn
SLOT_SECONDS = 0.1
SERVICE_SECONDS, REFUSAL_SECONDS = 0.05, 0.01
RETRY_AFTER = 5.0
NAIVE_SECONDS = 5.0
AWAY_SECONDS = 600.0  # the link was gone so long; all kiosks noticed within the first minute
LONGEST_SECONDS = 7_200.0
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class World:
    """The time, and the province as its load sees it."""

    now: float = 0.0
    spent: float = 0.0  # in the step under way
    arrivals: Counter[int] = field(default_factory=Counter)  # requests by second, counted from the return of the link
    refused: int = 0
    delivered: int = 0
    done_at: float = 0.0
    # requests served in each slot of time: a step of one kiosk runs ahead of the others, so a queue would be blocked
    _served: Counter[int] = field(default_factory=Counter)

    def request(self) -> None:
        """One request: away, refused, or answered after its turn."""
        at = self.now + self.spent
        if at < AWAY_SECONDS:
            self.spent += SERVICE_SECONDS
            raise Unreachable("away", unsure=False, connected=False)
        self.arrivals[int(at - AWAY_SECONDS)] += 1
        slot = next((slot for slot in self._slots_from(at) if self._served[slot] < CAPACITY * SLOT_SECONDS), None)
        if slot is None:
            self.refused += 1
            self.spent += REFUSAL_SECONDS
            raise Busy(RETRY_AFTER)
        self._served[slot] += 1
        self.spent += max(0.0, slot * SLOT_SECONDS - at) + SERVICE_SECONDS

    @staticmethod
    def _slots_from(at: float) -> range:
        first = int(at / SLOT_SECONDS)
        return range(first, first + int(QUEUE_SECONDS / SLOT_SECONDS))

    def take(self) -> None:
        """A dossier has arrived."""
        self.delivered += 1
        self.done_at = self.now + self.spent - AWAY_SECONDS


class Province:
    """The gateway of one kiosk."""

    def __init__(self, world: World) -> None:
        self._world = world

    def health(self) -> Health:
        self._world.request()
        return Health("ok", NOON + timedelta(seconds=self._world.now + self._world.spent))

    def find(self, _client_ref: str) -> Receipt | None:
        self._world.request()
        return None

    def submit(self, _entry: OutboxEntry, _open_blob: object) -> Receipt:
        self._world.request()
        self._world.take()
        return Receipt("H05.114-261123-0001", 1, "2026-11-23T12:00:00Z")


class Waiting:
    """As much of an outbox as a sender asks for: entries oldest first, each with the time when it is due."""

    def __init__(self, count: int) -> None:
        self._due = [NOON] * count
        self._attempts = [0] * count
        self._unsure = [False] * count
        self._left = list(range(count))

    def counts(self) -> OutboxCounts:
        return OutboxCounts(pending=len(self._left))

    def seconds_until_due(self, now: datetime) -> float | None:
        soonest = min((self._due[i] for i in self._left), default=None)
        return None if soonest is None else max(0.0, (soonest - now).total_seconds())

    def lease(self, now: datetime) -> OutboxEntry | None:
        for i in self._left:
            if self._due[i] <= now:
                self._attempts[i] += 1
                return OutboxEntry(str(i), "2.000635", NOON, attempts=self._attempts[i], unsure=self._unsure[i])
        return None

    def retry_at(self, entry_id: str, at: datetime | None, _code: str, unsure: bool) -> None:
        self._due[int(entry_id)] = at or NOON
        self._unsure[int(entry_id)] = unsure

    def delivered(self, entry_id: str, _receipt: Receipt) -> Iterable[str]:
        self._left.remove(int(entry_id))
        return ()

    def uses_blob(self, _sha256: str) -> bool:
        return True

    def notices(self) -> dict[str, str]:
        return {}

    def end_notice(self, _code: str) -> None: ...

    def forget(self, _before: datetime) -> tuple[str, ...]:
        return ()


class NoBlobs:
    """Dossiers without scans."""

    def discard(self, *_: object, **__: object) -> None: ...


def ours(world: World, seed: int) -> Callable[[], float | None]:
    """One step of a real sender: seconds until the next, None when nothing waits any more."""
    waiting = Waiting(DOSSIERS)
    sender = Sender(
        cast(Outbox, waiting),
        cast(BlobStore, NoBlobs()),
        cast(Gateway, Province(world)),
        lambda _event: None,
        clock=lambda: NOON + timedelta(seconds=world.now + world.spent),
        rng=random.Random(seed),
        monotonic=lambda: world.now + world.spent,
    )
    return lambda: sender.step() if waiting.counts().pending else None


def naive(world: World, seed: int) -> Callable[[], float | None]:
    """Tries the oldest every few seconds, and goes on at once when it was taken."""
    left = [DOSSIERS]
    province = Province(world)

    def step() -> float | None:
        if not left[0]:
            return None
        try:
            province.submit(OutboxEntry(str(seed), "2.000635", NOON), None)
        except SubmitError:
            return NAIVE_SECONDS
        left[0] -= 1
        return 0.0

    return step


def simulate(kind: Callable[[World, int], Callable[[], float | None]]) -> World:
    """All kiosks lose the link within the first minute, and get it back at the same instant."""
    logging.getLogger("offline_queue.sender").setLevel(logging.CRITICAL)
    world, rng = World(), random.Random(20261123)
    steps = [kind(world, seed) for seed in range(KIOSKS)]
    events = [(rng.uniform(0, 60), number) for number in range(KIOSKS)]
    heapq.heapify(events)
    while events and world.now < LONGEST_SECONDS:
        world.now, number = heapq.heappop(events)
        world.spent = 0.0
        pause = steps[number]()
        if pause is not None:
            heapq.heappush(events, (world.now + world.spent + pause, number))
    return world


def measure() -> Mapping[str, Any]:
    """Requests in the busiest second, refusals, and seconds until everything is there, beside the naive way."""
    answer: dict[str, Any] = {"least_seconds": KIOSKS * DOSSIERS / CAPACITY}
    for name, kind in (("ours", ours), ("naive", naive)):
        world = simulate(kind)
        assert world.delivered == KIOSKS * DOSSIERS or world.now >= LONGEST_SECONDS
        answer |= {
            f"{name}_peak_requests_per_second": max(world.arrivals.values()),
            f"{name}_requests": sum(world.arrivals.values()),
            f"{name}_refused": world.refused,
            f"{name}_delivered": world.delivered,
            f"{name}_seconds_to_drain": round(world.done_at, 1),
        }
    return answer
