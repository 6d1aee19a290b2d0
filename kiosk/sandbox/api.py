"""The province's API as a FastAPI application. On its one thread no handler waits between a look and a write."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from starlette.responses import Response
from tuspyserver import create_tus_router

from kiosk.dossier_schema import DOSSIER, request_schema
from kiosk.errands.vietqr import vietqr
from kiosk.sandbox import citizens, progress
from kiosk.sandbox.due import ZONE, due_at
from kiosk.sandbox.faults import App
from kiosk.sandbox.http import Authorised, ProblemError, answer, canonical, install_problems, read_json
from kiosk.sandbox.people import People
from kiosk.sandbox.store import Payment, Store, VneidSession
from kiosk.sandbox.uploads import EncryptedUploads
from offline_queue.entry import Problem

if TYPE_CHECKING:
    from tuspyserver.storage import TusStorage

MAX_FILE = 64 * 1024 * 1024

_AGENCY = re.compile(r"(?:\d{2,3}\.)*[GH]\d{2}(?:\.\d{2,4})*")
_PAYMENT_LIFE = timedelta(minutes=15)
_VNEID_LIFE = timedelta(minutes=5)
_BANK_BIN, _ACCOUNT = "970436", "0123456789"  # synthetic
_MAX_VND = 10**13 - 1  # 13 digits in EMVCo field 54
_KEEP_UPLOADS_DAYS = 30


@dataclass(frozen=True)
class Settings:
    """How this province behaves. Times are in seconds; `clock` gives the time with its offset."""

    agency_code: str
    token: str
    clock: Callable[[], datetime]
    catalogue: Callable[[], Mapping[str, Any]]  # read when it is first asked for
    step_seconds: float = 60
    paid_after_seconds: float = 20
    confirmed_after_seconds: float = 5
    people: People = field(default_factory=People)


@dataclass(frozen=True)
class Province:
    """What the handlers share."""

    store: Store
    uploads: EncryptedUploads
    settings: Settings

    def now(self) -> datetime:
        """The province's time."""
        return self.settings.clock().astimezone(ZONE)

    def is_confirmed(self, session: VneidSession) -> bool:
        """Whether the citizen has agreed on the phone by now."""
        return self.now() - session.asked_at >= timedelta(seconds=self.settings.confirmed_after_seconds)


def create_app(store: Store, uploads: EncryptedUploads, settings: Settings) -> App:
    """The whole API as an ASGI application."""
    province = Province(store, uploads, settings)
    logging.getLogger("tuspyserver").setLevel(logging.WARNING)  # at INFO it names the files of citizens
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    install_problems(app)
    for router in (
        _files(uploads, store),
        _dossiers(province),
        _payments(province),
        _citizens(province),
        _vneid(province),
        _kiosks(province),
    ):
        app.include_router(router)
    return Authorised(app, settings.token)


def _files(uploads: EncryptedUploads, store: Store) -> APIRouter:
    outer = APIRouter()

    @outer.options("/v1/files")
    async def capabilities() -> Response:
        # tuspyserver answers below "/v1/files/" only, and names extensions that the description does not have.
        extensions = {"Tus-Extension": "creation", "Tus-Max-Size": str(MAX_FILE)}
        return Response(None, 204, {"Tus-Version": "1.0.0", "Tus-Resumable": "1.0.0", **extensions})

    outer.include_router(
        create_tus_router(
            prefix="/v1/files",
            files_dir="/dev/null",
            max_size=MAX_FILE,
            days_to_keep=_KEEP_UPLOADS_DAYS,
            pre_create_hook=_check_creation,
            storage=cast("TusStorage", uploads),
        ),
        dependencies=[Depends(_guard(store))],
    )
    return outer


def _guard(store: Store) -> Callable[[Request], Awaitable[None]]:
    """tuspyserver finds these faults of a PATCH only after it has taken the bytes, or some of them.

    It would also delete an upload on demand, which the description does not offer: a dossier may need it.
    """

    async def check(request: Request) -> None:
        if request.method == "DELETE":
            raise HTTPException(405, headers={"Allow": "HEAD, PATCH"})
        if request.method != "PATCH":
            return
        if request.headers.get("tus-resumable") != "1.0.0":
            raise HTTPException(412, headers={"Tus-Version": "1.0.0"})
        if request.headers.get("content-type") != "application/offset+octet-stream":
            raise HTTPException(415)
        length, offset = (request.headers.get(name, "") for name in ("content-length", "upload-offset"))
        if not length.isdecimal() or not offset.isdecimal():
            raise HTTPException(400, "Content-Length and Upload-Offset are required")
        info = store.upload_info(request.path_params["uuid"])
        if info is not None and int(offset) + int(length) > info["size"]:
            raise HTTPException(400, "more bytes than Upload-Length")

    return check


def _check_creation(metadata: Mapping[str, str], upload: Mapping[str, Any]) -> None:
    size = upload["size"]
    if size is None or size < 0 or not metadata:
        raise HTTPException(400, "Upload-Length and Upload-Metadata are required")
    if size > MAX_FILE:
        raise HTTPException(413)


def _dossiers(province: Province) -> APIRouter:
    router = APIRouter()

    @router.post("/v1/dossiers")
    async def submit(request: Request) -> Response:
        key = _uuid(request.headers.get("idempotency-key", ""), "Idempotency-Key")
        payload = await read_json(request, DOSSIER)
        fingerprint = hashlib.sha256(canonical(payload)).hexdigest()
        if (earlier := province.store.by_key(key)) is not None:
            if earlier.fingerprint != fingerprint:
                raise ProblemError(409, "Mã gửi này đã dùng cho một hồ sơ khác.")
            return answer(earlier.receipt)
        client_ref = _uuid(payload["client_ref"], "client_ref")
        if province.store.by_client_ref(client_ref) is not None:
            raise ProblemError(409, "Hồ sơ này đã được gửi bằng một mã khác.")
        if found := _attachment_problems(province.uploads, payload["attachments"], province.store):
            raise ProblemError(422, problems=found)
        now = province.now()
        agency = payload["kiosk"]["agency_code"]
        if not _AGENCY.fullmatch(agency):
            agency = province.settings.agency_code
        times = (now, due_at(payload["procedure_code"], now))
        accepted = province.store.accept(key, client_ref, fingerprint, agency, times, payload)
        for name in _supplements(payload):
            province.store.supplement(name, now)
        return answer(accepted.receipt, 201)

    @router.get("/v1/dossiers")
    async def find(client_ref: str) -> Response:
        accepted = province.store.by_client_ref(_uuid(client_ref, "client_ref"))
        if accepted is None:
            raise ProblemError(404)
        return answer(accepted.receipt)

    @router.get("/v1/dossiers/{code}")
    async def look(code: str) -> Response:
        settings = province.settings
        found = progress.progress(province.store, code, settings.agency_code, province.now(), settings.step_seconds)
        if found is None:
            raise ProblemError(404)
        return answer(found)

    return router


def _payments(province: Province) -> APIRouter:
    router = APIRouter()

    def state(payment: Payment) -> dict[str, str]:
        """Looked at by whoever asks, and then by the bank."""
        age = province.now() - payment.asked_at
        bank, settings = province.settings.people.bank, province.settings
        if bank == "pays_at_once" or (bank == "pays" and age >= timedelta(seconds=settings.paid_after_seconds)):
            province.store.pay(payment.id, province.now())
        paid = province.store.is_paid(payment.id)
        word = "paid" if paid else "expired" if age >= _PAYMENT_LIFE else "waiting"
        expires = (payment.asked_at + _PAYMENT_LIFE).isoformat(timespec="seconds")
        return {"payment_id": payment.id, "state": word, "vietqr": payment.vietqr, "expires_at": expires}

    @router.post("/v1/payments")
    async def ask(request: Request) -> Response:
        payload = await read_json(request, request_schema("/v1/payments"))
        client_ref, amount = payload["client_ref"], int(payload["amount_vnd"])
        if amount > _MAX_VND:
            raise ProblemError(422, problems=(Problem("/amount_vnd", "Số tiền quá lớn."),))
        forgetful = province.settings.people.forgetful
        payment = None if forgetful else province.store.payment_for(client_ref, amount)
        if payment is None or state(payment)["state"] == "expired":
            bill = "".join(each for each in client_ref if each.isascii() and each.isalnum())[:25]
            text = vietqr(_BANK_BIN, _ACCOUNT, amount, bill, "LE PHI HO SO")
            payment = Payment(secrets.token_hex(8), province.now(), text)
            province.store.add_payment(payment, client_ref, amount)
        return answer(state(payment), 201)

    @router.get("/v1/payments/{payment_id}")
    async def look(payment_id: str) -> Response:
        payment = province.store.payment(payment_id)
        if payment is None:
            raise ProblemError(404)
        return answer(state(payment))

    return router


def _citizens(province: Province) -> APIRouter:
    router = APIRouter()

    @router.post("/v1/persons/lookup")
    async def lookup(request: Request) -> Response:
        payload = await read_json(request, request_schema("/v1/persons/lookup"))
        session = province.store.vneid(proof=payload["proof"])
        by_phone = session is not None and province.is_confirmed(session)
        if not _is_evidence(payload, by_phone):
            raise ProblemError(403)
        known = citizens.family(payload["id_number"])
        if known is None:
            raise ProblemError(404)
        return answer(known)

    @router.get("/v1/appointments/{code}")
    async def appointment(code: str) -> Response:
        found = citizens.appointment(code, province.now())
        if found is None:
            raise ProblemError(404)
        return answer(found)

    return router


def _vneid(province: Province) -> APIRouter:
    router = APIRouter()

    @router.post("/v1/vneid/sessions")
    async def start() -> Response:
        session = VneidSession(secrets.token_hex(8), secrets.token_hex(16), province.now())
        province.store.add_vneid(session)
        expires = (session.asked_at + _VNEID_LIFE).isoformat(timespec="seconds")
        qr = f"https://vneid.example.invalid/{session.session}"
        return answer({"session": session.session, "qr": qr, "expires_at": expires}, 201)

    @router.get("/v1/vneid/sessions/{session_id}")
    async def poll(session_id: str) -> Response:
        session = province.store.vneid(session=session_id)
        if session is None:
            raise ProblemError(404)
        if province.now() - session.asked_at >= _VNEID_LIFE:
            return answer({"state": "expired"})
        plays = province.settings.people.phone
        if plays == "waits" or not province.is_confirmed(session):
            return answer({"state": "waiting"})
        if plays == "refuses":
            return answer({"state": "refused"})
        if plays == "low_level":
            return answer({"state": "confirmed", "level": 1})
        person = citizens.vneid_person()
        return answer({"state": "confirmed", "level": 2, "person": person, "proof": session.proof})

    return router


def _kiosks(province: Province) -> APIRouter:
    router = APIRouter()

    @cache
    def catalogue() -> tuple[bytes, str]:
        content = json.dumps(dict(province.settings.catalogue()), ensure_ascii=False).encode()
        return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'

    @router.get("/v1/procedures")
    async def procedures(request: Request) -> Response:
        content, etag = catalogue()
        known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
        if known & {etag, "*"}:
            return Response(None, 304, {"ETag": etag})
        return Response(content, 200, {"ETag": etag}, "application/json")

    @router.post("/v1/kiosks/{kiosk}/heartbeat")
    async def heartbeat(kiosk: str, request: Request) -> Response:
        body = await read_json(request) if request.headers.get("content-length", "0") != "0" else None
        province.store.note_heartbeat(kiosk, province.now(), body)
        return Response(None, 204)

    @router.get("/v1/health")
    async def health() -> Response:
        return answer({"status": "ok", "time": province.now().isoformat(timespec="milliseconds")})

    return router


def _supplements(payload: Mapping[str, Any]) -> list[str]:
    """Which dossier these papers complete: by its code in the form, or by the client_ref that they replace."""
    named = (payload["form"]["answers"].get("dossier.code"), payload.get("replaces"))
    return [str(name) for name in named if name]


def _is_evidence(payload: Mapping[str, str], by_phone: bool) -> bool:
    if by_phone:
        return bool(payload["id_number"] == citizens.vneid_person()["id_number"])
    return payload["proof"] == citizens.CHIP_PROOF or re.fullmatch("[0-9a-f]{64}", payload["proof"]) is not None


def _attachment_problems(uploads: EncryptedUploads, attachments: list[Any], store: Store) -> list[Problem]:
    found = []
    for index, attachment in enumerate(attachments):
        uid = attachment["file_url"].rstrip("/").rsplit("/", 1)[-1]
        content = uploads.content(uid)
        path = f"/attachments/{index}"
        if content is None:
            found.append(Problem(f"{path}/file_url", "Tệp này chưa được tải lên đủ."))
            continue
        announced = (store.upload_info(uid) or {}).get("metadata", {}).get("sha256", "")
        if {hashlib.sha256(content).hexdigest(), announced} != {attachment["sha256"]}:
            found.append(Problem(f"{path}/sha256", "Nội dung tệp không khớp."))
        if len(content) != attachment["size"]:
            found.append(Problem(f"{path}/size", "Độ dài tệp không khớp."))
    return found


def _uuid(text: str, name: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise ProblemError(422, problems=(Problem(f"/{name}", "Mã không đúng dạng."),)) from error
