"""uvicorn on a loopback port that can be closed and opened again while it runs, and lines that can be cut."""

from __future__ import annotations

import asyncio
import socket
import threading

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from kiosk.sandbox.faults import App, Faults, Scope
from kiosk.serving import bind, quiet, stop_accepting

_SLOW_SECONDS = 10.0
_KEEP_ALIVE_SECONDS = 75


class Listener(uvicorn.Server):
    """Serves `app` behind the faults of the moment. All but `run_on` and `up` belongs to the loop's thread."""

    def __init__(self, app: App, faults: frozenset[str]) -> None:
        self.faults = faults
        self.slow_seconds = _SLOW_SECONDS
        self.up = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._reserved: socket.socket | None = None
        guarded = Faults(app, lambda: self.faults, self._pause, self._hang_up)
        super().__init__(quiet(guarded, timeout_keep_alive=_KEEP_ALIVE_SECONDS))

    def run_on(self, bound: socket.socket) -> None:
        """Serve on this socket until `should_exit`; returns when everything is closed."""
        self.run(sockets=[bound])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; tells the starting thread."""
        await super().startup(sockets)
        if not self.up.is_set():
            self.loop = asyncio.get_running_loop()
            await self.set_faults(self.faults)
            self.up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, but a request that hangs is cut like by a power failure, not waited for."""
        self._stopping.set()
        await stop_accepting(self.servers)
        self._cut_all()
        if self._reserved is not None:
            self._reserved.close()
        await super().shutdown(sockets)

    async def set_faults(self, faults: frozenset[str]) -> None:
        """From now on these; with `refuse` the port closes at once, and opens when it goes."""
        self.faults = faults
        if "refuse" in faults and self._reserved is None:
            address = self.servers[0].sockets[0].getsockname()
            await stop_accepting(self.servers)
            for server in self.servers:
                server.close()
            self._cut_all()
            self._reserved = bind(address[0], address[1])
        elif "refuse" not in faults and self._reserved is not None:
            reserved, self._reserved = self._reserved, None
            await super().startup([reserved])

    async def _pause(self) -> bool:
        try:
            await asyncio.wait_for(self._stopping.wait(), self.slow_seconds)
        except TimeoutError:
            return True
        return False

    def _hang_up(self, scope: Scope) -> None:
        for connection in list(self.server_state.connections):
            if isinstance(connection, H11Protocol) and connection.client == scope["client"]:
                connection.transport.abort()

    def _cut_all(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
