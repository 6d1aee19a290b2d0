"""A kiosk that is killed (SIGKILL) at any instant of taking, sending and purging dossiers, and started again."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from offline_queue.blobs import BlobStore
from offline_queue.http_gateway import HttpGateway
from offline_queue.sender import Sender
from offline_queue.store import Outbox
from tests.queue.people import KEY
from tests.queue.power_cut.dossiers import dossier, pages
from tests.queue.province import TOKEN, Province, running

ROOT = Path(__file__).parent.parent.parent
A_LIFE = 1000  # more dossiers than a kiosk takes before it is killed
DRAIN_SECONDS = 120


@dataclass
class Kills:
    """What was acknowledged, and what was going on when it was killed."""

    added: set[int] = field(default_factory=set)
    during: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def kill_again_and_again(folder: Path, url: str, kills: int) -> Kills:
    command = [sys.executable, "-m", "tests.queue.killable", str(folder), url]
    said = Kills()
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for life in range(1, kills + 1):
            process.stdin.write(f"{life * A_LIFE}\n")
            process.stdin.flush()
            hear_of_one_life(process.stdout.readline, said)
        process.stdin.close()
    assert process.returncode == 0
    return said


def hear_of_one_life(readline: Callable[[], str], said: Kills) -> None:
    while line := readline():
        verb, _, rest = line.strip().partition(" ")
        if verb == "added":
            said.added.add(int(rest))
        elif verb == "fault":
            said.faults.append(rest)
        else:
            said.during.update(rest.split() or ["idle"])
            return
    raise AssertionError("the process that kills died itself")


def assert_everything_arrived_once(province: Province, said: Kills) -> None:
    arrived = {uuid.UUID(key).int for key in province.dossiers}
    assert said.added <= arrived, f"{len(said.added - arrived)} acknowledged dossiers lost"
    assert set(province.accepted.values()) == {1}
    for number in arrived:
        body = province.dossiers[dossier(number).id]["body"]
        papers = body.pop("attachments")
        assert body == dossier(number).payload, "other answers"
        files = [bytes(province.uploads[one["file_url"].rsplit("/", 1)[1]].data) for one in papers]
        assert files == pages(number), "other scans"


def killed(folder: Path, kills: int) -> Counter[str]:
    """Kill so many times, let the last one live; the counts."""
    with running() as province:
        said = kill_again_and_again(folder, province.url, kills)
        outbox, blobs = Outbox(folder / "outbox.db", KEY), BlobStore(folder / "scans", KEY)
        gateway = HttpGateway(province.url, TOKEN, uploads=outbox.uploads)
        with closing(outbox), closing(gateway):
            blobs.sweep(outbox.blob_ids)  # as at a start; what is delivered from here on must leave nothing by itself
            Sender(outbox, blobs, gateway, lambda _: None).drain(DRAIN_SECONDS)
            assert (outbox.counts().pending, outbox.counts().rejected) == (0, 0)
            assert outbox.damage() == ()
        assert said.faults == []
        assert [path.name for path in (folder / "scans").iterdir()] == ["lock"]
        assert_everything_arrived_once(province, said)
        asked = sum(1 for method, path in province.requests if (method, path) == ("GET", "/v1/dossiers"))
        return Counter(
            kills=kills,
            acknowledged=len(said.added),
            arrived=len(province.dossiers),
            asked_before_resend=asked,
            **{f"while_{phase}": count for phase, count in said.during.items()},
        )


def test_kill_9_at_any_instant_loses_and_doubles_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    counts = killed(tmp_path, kills=25)
    record_property("kills", dict(counts))
    print(f"\nkill -9: {dict(counts)}")
    assert counts["acknowledged"] > 25


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_600_kills(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    counts = killed(tmp_path, kills=600)
    record_property("kills", dict(counts))
    print(f"\nkill -9: {dict(counts)}")
    assert counts["asked_before_resend"] > 0
    assert min(counts[f"while_{phase}"] for phase in ("opening", "adding", "sending", "purging")) >= 20
