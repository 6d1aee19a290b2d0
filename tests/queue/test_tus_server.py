"""Our uploads against `@tus/server` from npm, which nobody here wrote."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from offline_queue.entry import Attachment, OutboxEntry
from offline_queue.gateway import Unreachable
from offline_queue.http_gateway import HttpGateway
from tests.queue.fault_proxy import FaultProxy, between
from tests.queue.people import entry
from tests.queue.wire import PATCH

HERE = Path(__file__).parent / "tus_server"
FILE = random.Random(1).randbytes(2_000_000)
SHA = hashlib.sha256(FILE).hexdigest()

pytestmark = pytest.mark.skipif(
    not (HERE / "node_modules").is_dir() or shutil.which("node") is None, reason="`make setup` installs @tus/server"
)


@dataclass
class TusServer:
    """`@tus/server` as a process, with its files in `folder`."""

    folder: Path
    options: dict[str, Any] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Run it, on the same port as before."""
        options = {"directory": str(self.folder), "port": self.port, **self.options}
        command = ["node", str(HERE / "server.mjs"), json.dumps(options)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def files(self) -> dict[str, bytes]:
        """What is on its disk, by upload id."""
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.suffix != ".json"}


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., TusServer]]:
    running: list[TusServer] = []

    def start(**options: Any) -> TusServer:
        one = TusServer(tmp_path / "files", options)
        one.folder.mkdir()
        running.append(one)
        one.start()
        return one

    yield start
    for one in running:
        one.kill()


@pytest.fixture
def server(start_server: Callable[..., TusServer]) -> TusServer:
    return start_server()


@pytest.fixture
def proxy(server: TusServer) -> Iterator[FaultProxy]:
    with between(("127.0.0.1", server.port)) as one:
        yield one


@pytest.fixture
def uploads() -> dict[tuple[str, str], str]:
    return {}


@pytest.fixture
def gateway(proxy: FaultProxy, uploads: dict[tuple[str, str], str]) -> Iterator[HttpGateway]:
    one = HttpGateway(proxy.url, "token", timeout=(2, 5), uploads=uploads)
    yield one
    one.close()


def with_file(data: bytes = FILE) -> OutboxEntry:
    return entry(Attachment("birth", "Giấy khai sinh", hashlib.sha256(data).hexdigest(), len(data), "application/pdf"))


def read(_: Attachment) -> bytes:
    return FILE


def test_a_file_arrives_whole_with_what_is_said_of_it(gateway: HttpGateway, server: TusServer) -> None:
    one = with_file()
    gateway.submit(one, read)
    ((upload, data),) = server.files().items()
    assert hashlib.sha256(data).hexdigest() == SHA
    about = json.loads((server.folder / f"{upload}.json").read_text())
    assert about["metadata"] == {"filename": f"{one.id}.1", "media_type": "application/pdf", "sha256": SHA}


@pytest.mark.parametrize("fault", ["drop_in_request", "lose_reply", "break_both", "late_request", "bad_gateway"])
def test_a_file_goes_on_after_a_fault(gateway: HttpGateway, proxy: FaultProxy, server: TusServer, fault: str) -> None:
    proxy.script(PATCH, "pass", fault, "pass", fault)
    proxy.pace.late = 0.2
    gateway.submit(with_file(), read)
    proxy.settle()
    assert proxy.did[fault, PATCH] == 2
    assert list(server.files().values()) == [FILE]
    assert proxy.kinds().count("create") == 1


def test_a_line_that_dies_every_500_kb(gateway: HttpGateway, proxy: FaultProxy, server: TusServer) -> None:
    proxy.cut_after = 500_000
    gateway.submit(with_file(), read)
    assert list(server.files().values()) == [FILE]
    assert proxy.carried <= 1.3 * len(FILE)


def test_a_file_goes_on_after_a_restart_of_both(
    gateway: HttpGateway, proxy: FaultProxy, server: TusServer, uploads: dict[tuple[str, str], str]
) -> None:
    proxy.script(PATCH, "pass", *["drop_in_request"] * 3)
    proxy.script("head", *["drop_before"] * 2)
    one = with_file()
    with pytest.raises(Unreachable):
        gateway.submit(one, read)
    server.kill()
    (half,) = server.files().values()
    assert 0 < len(half) < len(FILE)
    with pytest.raises(Unreachable):
        gateway.submit(one, read)
    server.start()
    proxy.seen.clear()
    again = HttpGateway(proxy.url, "token", timeout=(2, 5), uploads=uploads)
    again.submit(one, read)
    again.close()
    assert list(server.files().values()) == [FILE]
    assert proxy.kinds()[0] == "head"
    assert "create" not in proxy.kinds()


@pytest.mark.parametrize("head", ["pass", "stale"])
def test_a_deleted_upload_is_made_anew(gateway: HttpGateway, proxy: FaultProxy, server: TusServer, head: str) -> None:
    proxy.script("head", head)
    proxy.script("post", "bad_gateway")
    one = with_file()
    with pytest.raises(Unreachable):
        gateway.submit(one, read)
    for path in server.folder.iterdir():
        path.unlink()
    gateway.submit(one, read)
    assert list(server.files().values()) == [FILE]
    assert proxy.kinds().count("create") == 2


def test_an_expired_upload_is_made_anew(start_server: Callable[..., TusServer]) -> None:
    """The server says 410: it keeps unfinished uploads for a millisecond only."""
    server = start_server(expireMs=1)
    uploads: dict[tuple[str, str], str] = {}
    with between(("127.0.0.1", server.port)) as proxy:
        gateway = HttpGateway(proxy.url, "token", timeout=(2, 5), uploads=uploads)
        proxy.script(PATCH, *["drop_before"] * 9)
        with pytest.raises(Unreachable):
            gateway.submit(with_file(), read)
        gateway.close()
        assert proxy.kinds().count("create") > 1


@pytest.mark.parametrize("options", [{"relativeLocation": True}, {"inner": "https://127.0.0.1:8443"}, {}])
def test_addresses_of_every_kind_lead_to_the_upload(
    start_server: Callable[..., TusServer], options: dict[str, Any]
) -> None:
    server = start_server(**options)
    uploads: dict[tuple[str, str], str] = {}
    gateway = HttpGateway(f"http://127.0.0.1:{server.port}", "token", timeout=(2, 5), uploads=uploads)
    gateway.submit(with_file(), read)
    gateway.close()
    assert list(server.files().values()) == [FILE]
    assert [url.startswith(f"http://127.0.0.1:{server.port}/v1/files/") for url in uploads.values()] == [True]


def test_a_foreign_address_gets_no_byte(start_server: Callable[..., TusServer]) -> None:
    server = start_server(inner="http://elsewhere.example")
    gateway = HttpGateway(f"http://127.0.0.1:{server.port}", "token", timeout=(2, 5))
    with pytest.raises(Unreachable):
        gateway.submit(with_file(), read)
    gateway.close()
    assert set(server.files().values()) == {b""}


def test_an_empty_file_is_there_without_a_patch(gateway: HttpGateway, proxy: FaultProxy, server: TusServer) -> None:
    gateway.submit(with_file(b""), lambda _: b"")
    assert list(server.files().values()) == [b""]
    assert PATCH not in proxy.kinds()


def test_many_files_of_many_sizes(gateway: HttpGateway, server: TusServer) -> None:
    rng = random.Random(2)
    chunk = 512 * 1024
    files = [rng.randbytes(size) for size in (1, chunk - 1, chunk, chunk + 1, 2 * chunk)]
    by_hash = {hashlib.sha256(data).hexdigest(): data for data in files}
    one = entry(*(Attachment("birth", "x", sha, len(data)) for sha, data in by_hash.items()))
    gateway.submit(one, lambda paper: by_hash[paper.sha256])
    found = {
        json.loads(path.read_text())["metadata"]["sha256"]: path.with_suffix("")
        for path in server.folder.glob("*.json")
    }
    assert {sha: path.read_bytes() for sha, path in found.items()} == by_hash
