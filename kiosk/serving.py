"""HTTP servers inside the kiosk: what the embedded province and the pages of the desk share of uvicorn."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
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


async def cut_late(cut: Callable[[], None]) -> None:
    """After the ports are closed: give lines that were being accepted their turns, so that `cut` finds them."""
    for _ in range(ACCEPT_TURNS):
        await asyncio.sleep(0)
    cut()
    await asyncio.sleep(0)  # the loop closes what was cut


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
