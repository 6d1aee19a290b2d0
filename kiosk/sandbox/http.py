"""Requests and answers of the embedded province: JSON bodies, RFC 9457 problems, the bearer token."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from kiosk.dossier_schema import problems_against
from kiosk.sandbox.faults import App, Receive, Scope, Send
from offline_queue.entry import Problem

MAX_BODY = 1_000_000

_PUBLIC = "/v1/health"
_TITLES = {
    400: "Yêu cầu không đúng.",
    401: "Kiosk chưa được phép kết nối.",
    403: "Không được phép.",
    404: "Không tìm thấy.",
    405: "Không hỗ trợ cách gọi này.",
    409: "Dữ liệu không khớp với lần gửi trước.",
    412: "Phiên bản tải tệp không được hỗ trợ.",
    413: "Dữ liệu lớn quá mức cho phép.",
    415: "Kiểu dữ liệu không được hỗ trợ.",
    422: "Dữ liệu chưa đúng.",
    500: "Hệ thống của tỉnh gặp lỗi.",
    503: "Hệ thống của tỉnh đang bận.",
}


class ProblemError(Exception):
    """Answered as `application/problem+json` with this status."""

    def __init__(self, status: int, detail: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(status)
        self.status = status
        self.detail = detail
        self.problems = tuple(problems)


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON in ASCII, so that whatever text a client has sent can be given back."""
    return Response(json.dumps(value), status, dict(headers or {}), "application/json")


def problem(
    status: int, detail: str = "", problems: Sequence[Problem] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """A problem document (RFC 9457)."""
    body: dict[str, Any] = {"type": "about:blank", "title": _TITLES.get(status, HTTPStatus(status).phrase)}
    body["status"] = status
    if detail:
        body["detail"] = detail
    if problems:
        body["problems"] = [asdict(each) for each in problems]
    return Response(json.dumps(body), status, dict(headers or {}), "application/problem+json")


async def read_json(request: Request, schema: str = "") -> Any:
    """The JSON body, valid against the schema at this pointer of the API description; else `ProblemError`."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise ProblemError(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise ProblemError(413)
    try:
        payload = json.loads(body)
        canonical(payload)
    except (ValueError, RecursionError) as error:
        raise ProblemError(422, "Nội dung gửi đến không phải là JSON.") from error
    if schema and (found := problems_against(schema, payload)):
        raise ProblemError(422, problems=found)
    return payload


def canonical(payload: object) -> bytes:
    """The same bytes for the same JSON value; `ValueError` for what RFC 8259 has no text for (NaN, half characters)."""
    return json.dumps(payload, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()


class Authorised:
    """ASGI middleware: everything but the health check wants the kiosk's token, or any where `token` is ""."""

    def __init__(self, app: App, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode() if token else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI 3)."""
        if scope["type"] == "http" and scope["path"] != _PUBLIC:
            given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
            if not self._good(given):
                await problem(401, headers={"WWW-Authenticate": "Bearer"})(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _good(self, given: bytes) -> bool:
        if self._expected:
            return hmac.compare_digest(given, self._expected)
        return given.startswith(b"Bearer ") and len(given) > len(b"Bearer ")


def install_problems(app: FastAPI) -> None:
    """Every error of the application becomes a problem document."""

    async def on_problem(_request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)
        return problem(error.status, error.detail, error.problems)

    async def on_http(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem(error.status_code, str(error.detail or ""), headers=error.headers)

    async def on_validation(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        where = [Problem("/" + "/".join(str(step) for step in e["loc"]), _TITLES[422]) for e in error.errors()]
        return problem(422, problems=where)

    async def on_gone(_request: Request, _error: Exception) -> Response:
        return problem(400)

    async def on_surprise(_request: Request, _error: Exception) -> Response:
        return problem(500)

    app.add_exception_handler(ProblemError, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(ClientDisconnect, on_gone)
    app.add_exception_handler(500, on_surprise)
