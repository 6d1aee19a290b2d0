"""HTTP servers inside the kiosk: what the embedded province and the pages of the desk share of uvicorn."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from typing import Any

import uvicorn

ACCEPT_TURNS = 5  # of asyncio's loop, from a new line to a protocol that knows it


def bind(host: str, port: int) -> socket.socket:
    """A bound socket that does not listen: the port is kept, who connects is refused. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol is named, as asyncio sets TCP_NODELAY on such sockets only: else answers on a kept line wait 40 ms
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


async def stop_accepting(servers: Iterable[asyncio.Server]) -> None:
    """Accept no new line, and let those that are being accepted become known: to be awaited before `Server.close`.

    asyncio loses a line whose server is closed between its accept and its protocol: nobody closes it any more.
    """
    loop = asyncio.get_running_loop()
    for server in servers:
        for listening in server.sockets:
            loop.remove_reader(listening)
    for _ in range(ACCEPT_TURNS):
        await asyncio.sleep(0)


def quiet(app: Any, **more: Any) -> uvicorn.Config:
    """uvicorn's settings for an application (ASGI 3) that logs no request and does not tell what serves it."""
    settings: dict[str, Any] = {
        "loop": "asyncio",
        "http": "h11",
        "ws": "none",
        "lifespan": "off",
        "interface": "asgi3",
        "log_config": None,
        "log_level": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "timeout_graceful_shutdown": 2,
    }
    return uvicorn.Config(app, **settings | more)
