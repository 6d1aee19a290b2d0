"""Logging in and out, and the few files that every page needs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from kiosk.pages.looks import STATIC
from kiosk.pages.visit import Visit, answering

WAIT, WRONG = 429, 403
GOALS = {"counter": "/counter"}  # where an officer goes on after the log-in


def _form(visit: Visit) -> Response:
    to = visit.path.get("to", "")
    if visit.session is not None:
        return visit.go(GOALS.get(to, "/"))
    code = "login_over" if visit.session_id else ""
    return visit.page("login.html", names=visit.house.door.names, name="", code=code, seconds=0, to=to)


def _log_in(visit: Visit) -> Response:
    house, name = visit.house, visit.form.get("name", "")
    code, seconds = house.door.knock(name, visit.form.get("pin", ""), visit.address)
    to = visit.form.get("to", "")
    known = name if name in house.door.names else ""
    if code:
        if code == "pin_wrong":
            visit.desk.audit.write(known or "unknown", "pin_wrong", place="page")
        status = WAIT if code == "pin_wait" else WRONG
        return visit.page("login.html", status, names=house.door.names, name=known, code=code, seconds=seconds, to=to)
    visit.desk.audit.write(name, "logged_in", role="staff", place="page")
    # a new id at each log-in: one that was planted is worth nothing
    before = house.sessions.close(visit.session_id)
    session_id, visit.session = house.sessions.open(name)
    if before is not None and before.name == name:
        visit.session.counter = before.counter
    response = visit.go(GOALS.get(to, "/"))
    response.set_cookie(house.cookie, session_id, secure=house.secure, httponly=True, samesite="strict", path="/")
    return response


def _log_out(visit: Visit) -> Response:
    visit.house.sessions.close(visit.session_id)
    response = visit.go("/login")
    response.delete_cookie(visit.house.cookie, secure=visit.house.secure, httponly=True, samesite="strict", path="/")
    visit.audit("logged_out", place="page")
    return response


async def _static(request: Request) -> Response:
    found = STATIC.get(request.path_params["name"])
    if found is None:
        return Response(status_code=404)
    return FileResponse(found[0], media_type=found[1], headers={"Cache-Control": "private, max-age=86400"})


ROUTES = [
    Route("/login", answering(_form, public=True), methods=["GET"]),
    Route("/login", answering(_log_in, public=True), methods=["POST"]),
    Route("/logout", answering(_log_out, hall=True), methods=["POST"]),
    Route("/static/{name}", _static, methods=["GET"]),
]
