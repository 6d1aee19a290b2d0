"""Start and stop the embedded province: the province's API over real HTTP on loopback."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from kiosk.sandbox.due import ZONE
from kiosk.sandbox.faults import parse_faults
from kiosk.sandbox.people import People
from kiosk.sandbox.procedures import published

if TYPE_CHECKING:
    import socket

    from kiosk.sandbox.listener import Listener
    from kiosk.sandbox.store import Store

_PATIENCE = 30.0


def vietnam_now() -> datetime:
    """The time in Vietnam."""
    return datetime.now(ZONE)


class Province:
    """A province in a thread of this process. Everything it is told is kept, encrypted, in `data_dir`."""

    def __init__(
        self,
        data_dir: Path,
        agency_code: str = "H05.114",
        token: str = "sandbox",  # noqa: S107 - no secret: it serves this machine only
        fault: str = "",
        clock: Callable[[], datetime] = vietnam_now,
        catalogue: Callable[[], Mapping[str, Any]] = published,
        step_seconds: float = 60,
        paid_after_seconds: float = 20,
        confirmed_after_seconds: float = 5,
    ) -> None:
        """`clock` gives aware times; a dossier moves on each `step_seconds`. `ValueError` for an unknown fault."""
        self.url = ""  # once it runs
        self.token = token
        self._data_dir = data_dir
        self.agency_code = agency_code
        self._faults = parse_faults(fault)
        self._clock = clock
        self._catalogue = catalogue
        self._seconds = (step_seconds, paid_after_seconds, confirmed_after_seconds)
        self.people = People()
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None
        self._store: Store | None = None

    @property
    def fault(self) -> str:
        """Faults of the moment, separated by commas; "" when all is well. May be set while it runs."""
        return ",".join(sorted(self._faults))

    @fault.setter
    def fault(self, text: str) -> None:
        self._faults = parse_faults(text)
        if self._listener is not None and self._listener.loop is not None:
            change = self._listener.set_faults(self._faults)
            asyncio.run_coroutine_threadsafe(change, self._listener.loop).result(_PATIENCE)

    def decide(self, code: str, status: int, note: str = "", ask: str = "") -> None:
        """An officer of the province decides about a dossier, while it runs; `ask` is what its citizen must do."""
        from kiosk.sandbox.store import Act

        store, listener = self._store, self._listener
        if store is None or listener is None or listener.loop is None:
            raise RuntimeError("the embedded province does not run")
        act = Act(status, self._clock(), note, ask)

        async def on_its_thread() -> None:
            store.decide(code, act)

        asyncio.run_coroutine_threadsafe(on_its_thread(), listener.loop).result(_PATIENCE)

    def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Its URL, once it answers (or refuses, by `fault`). Port 0 is the one used last, where that is free.

        Raises `OSError` (port taken, disk full), `KeyRefused` (the key does not fit the data), `ValueError` (not
        a loopback address).
        """
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError("the embedded province serves loopback addresses only")
        from kiosk.sandbox.api import Settings, create_app
        from kiosk.sandbox.listener import Listener
        from kiosk.sandbox.store import Store
        from kiosk.sandbox.uploads import EncryptedUploads

        store = Store(self._data_dir)
        uploads = EncryptedUploads(self._data_dir / "uploads", store.blob_key, store)
        settings = Settings(self.agency_code, self.token, self._clock, self._catalogue, *self._seconds, self.people)
        listener = Listener(create_app(store, uploads, settings), self._faults)
        try:
            bound = self._bind(host, port, store)
        except OSError:
            store.close()
            raise
        name = f"[{host}]" if ":" in host else host
        url = f"http://{name}:{bound.getsockname()[1]}"
        self._store, self._listener = store, listener
        self._thread = threading.Thread(target=listener.run_on, args=(bound,), name="province", daemon=True)
        self._thread.start()
        if not listener.up.wait(_PATIENCE):
            self.stop()
            raise OSError("the embedded province does not start")
        self.url = url
        return url

    def stop(self) -> None:
        """Cut every line, close the port and the store. Nothing happens when it does not run."""
        if self._listener is not None and self._thread is not None:
            self._listener.should_exit = True
            self._thread.join(_PATIENCE)
        if self._store is not None:
            self._store.close()
        self._listener = self._thread = self._store = None

    def __enter__(self) -> Province:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @staticmethod
    def _bind(host: str, port: int, store: Store) -> socket.socket:
        """A kiosk resumes its uploads at the address that it was given, so a restart should not move."""
        from kiosk.serving import bind

        last = int(store.setting("port") or 0)
        try:
            bound = bind(host, port or last)
        except OSError:
            if port or not last:
                raise
            bound = bind(host, 0)
        store.put_setting("port", str(bound.getsockname()[1]))
        return bound


def serve(listen: str, data_dir: Path, fault: str = "") -> None:
    """Run a province at `HOST:PORT` until SIGINT or SIGTERM; its URL goes to stdout as one line. Any token will do.

    To be called on the main thread. Raises as `Province` and `Province.start` do.
    """
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdecimal():
        raise ValueError("--listen wants HOST:PORT, such as 127.0.0.1:8080")
    ends = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        with Province(data_dir, token="", fault=fault) as province:
            url = province.start(host.strip("[]"), int(port))
            sys.stdout.write(url + "\n")
            sys.stdout.flush()
            signal.sigwait(ends)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
