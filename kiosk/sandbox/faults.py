"""Faults on demand: what a province and the line to it can do to a kiosk, played by an ASGI middleware.

refuse      nothing listens (done by the listener)      slow        each answer comes 10 s late
drop        the line breaks before an answer            lost-reply  a dossier, a payment is taken, then the line breaks
500  503    the server is broken, or asks for a pause   garbage     a captive portal's page instead of an answer
reject      every dossier is found faulty
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

FAULTS = ("refuse", "slow", "drop", "500", "503", "garbage", "lost-reply", "reject")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_PROBLEM = b"application/problem+json"
_PORTAL = b"<!doctype html><html><head><title>Wi-Fi</title></head><body><h1>Welcome! Please sign in.</h1></body></html>"
_REJECTED = {
    "type": "about:blank",
    "title": "Hồ sơ chưa đúng.",
    "status": 422,
    "problems": [
        {"path": "/submitter/full_name", "message": "Họ tên không khớp với dữ liệu dân cư."},
        {"path": "/attachments", "message": "Thiếu giấy tờ bắt buộc."},
    ],
}


def parse_faults(text: str) -> frozenset[str]:
    """The faults named in `text`, separated by commas; "" is none. `ValueError` names the unknown ones."""
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    if unknown := sorted(names.difference(FAULTS)):
        raise ValueError(f"unknown fault {', '.join(unknown)}; known: {', '.join(FAULTS)}")
    return names


class Faults:
    """Wraps an application. `active()` names the faults of the moment, `pause` waits (False: the server ends),
    `hang_up` breaks the line."""

    def __init__(
        self,
        app: App,
        active: Callable[[], frozenset[str]],
        pause: Callable[[], Awaitable[bool]],
        hang_up: Callable[[Scope], None],
    ) -> None:
        self._app = app
        self._active = active
        self._pause = pause
        self._hang_up = hang_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI 3)."""
        active = self._active()
        submits = scope["method"] == "POST" and scope["path"].rstrip("/") == "/v1/dossiers"
        ended = "slow" in active and not await self._pause()
        if ended or "drop" in active:
            await self._break(scope, receive)
        elif "garbage" in active:
            await _answer(send, 200, _PORTAL, b"text/html; charset=utf-8")
        elif "500" in active:
            await _answer(send, 500, _problem(HTTPStatus.INTERNAL_SERVER_ERROR), _PROBLEM)
        elif "503" in active:
            later = (b"retry-after", b"2")
            await _answer(send, 503, _problem(HTTPStatus.SERVICE_UNAVAILABLE), _PROBLEM, later)
        elif "reject" in active and submits:
            await _answer(send, 422, json.dumps(_REJECTED).encode(), _PROBLEM)
        elif "lost-reply" in active and (submits or _asks_payment(scope)):
            await self._lose_reply(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _lose_reply(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Only 201 is lost: a dossier is accepted once per key, a later attempt gets its 200; of a payment each is."""
        lost = False

        async def send_unless_accepted(message: Message) -> None:
            nonlocal lost
            if message["type"] == "http.response.start" and message["status"] == HTTPStatus.CREATED:
                lost = True
            if not lost:
                await send(message)

        await self._app(scope, receive, send_unless_accepted)
        if lost:
            await self._break(scope, receive)

    async def _break(self, scope: Scope, receive: Receive) -> None:
        """Returns once the server has noticed, so that it does not try to answer."""
        self._hang_up(scope)
        while (await receive())["type"] != "http.disconnect":
            pass


def _asks_payment(scope: Scope) -> bool:
    return bool(scope["method"] == "POST" and scope["path"].rstrip("/") == "/v1/payments")


def _problem(status: HTTPStatus) -> bytes:
    return json.dumps({"type": "about:blank", "title": status.phrase, "status": status.value}).encode()


async def _answer(send: Send, status: int, body: bytes, media_type: bytes, *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
