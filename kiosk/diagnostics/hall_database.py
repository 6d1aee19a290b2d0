"""Whether the database of a hall of several kiosks can be used: if not, the cable, its name, or who asks."""

from __future__ import annotations

import socket
from typing import Any

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from devices.registry import unknown
from kiosk.hall.database import SERVER_OPTIONS

EVERY_SERVER_HAS = "postgres"
PORT = 5432
CONNECT_SECONDS = 2.0


def ask(location: str) -> dict[str, Any]:
    """`{"ok", "code", "detail"}` of a server; nothing is written there.

    libpq tells a refusal in words alone, in the server's language: so another database of it is asked for the names of
    all, and where that is refused too, whether the server answers at all.
    """
    url = make_url(location)
    if _names(url) is not None:
        return {"ok": True, "code": None, "detail": None}
    names = _names(url.set(database=EVERY_SERVER_HAS))
    if names is not None and url.database not in names:
        return {"ok": False, "code": "hall_database_unknown", "detail": unknown(url.database or "", names)}
    return {"ok": False, "code": "hall_refused" if _answers(url) else "hall_away", "detail": None}


def _names(url: URL) -> list[str] | None:
    """The databases of the server; None where this one cannot be entered."""
    engine = create_engine(url, connect_args=SERVER_OPTIONS)
    try:
        with engine.connect() as connection:
            return list(connection.scalars(text("SELECT datname FROM pg_database WHERE NOT datistemplate")))
    except SQLAlchemyError:
        return None
    finally:
        engine.dispose()


def _answers(url: URL) -> bool:
    """Whether anything listens there."""
    host, port = str(url.host or url.query.get("host") or "localhost"), url.port or PORT
    family = socket.AF_UNIX if host.startswith("/") else socket.AF_INET
    try:
        if family is socket.AF_INET:
            socket.create_connection((host, port), CONNECT_SECONDS).close()
            return True
        with socket.socket(family) as line:
            line.connect(f"{host}/.s.PGSQL.{port}")
    except OSError:
        return False
    return True
