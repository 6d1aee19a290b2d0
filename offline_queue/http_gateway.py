"""The province over HTTP, as `assets/province-api.yaml` describes it: the only file that knows the HTTP client."""

from __future__ import annotations

import io
import ipaddress
import json
import logging
import ssl
import time
from collections.abc import Mapping, MutableMapping
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests
import urllib3

from offline_queue import answers
from offline_queue.answers import Answer
from offline_queue.entry import Attachment, OutboxEntry, Receipt
from offline_queue.gateway import (
    Appointment,
    Health,
    OpenBlob,
    Payment,
    PhoneAnswer,
    PhoneSession,
    PhoneState,
    Progress,
    Registered,
    SubmitError,
    Unreachable,
)
from offline_queue.timed_response import TimedResponse
from offline_queue.tus import TusUpload

HEALTH_TIMEOUT = (3.0, 5.0)
MOST_BYTES = 8 * 1024 * 1024  # of an answer: the catalogue is the longest
LONGEST_ANSWER = 60.0  # seconds
READ_BYTES = 64 * 1024
KEPT_SECONDS = 2.0  # between two dossiers on one line

# its warnings quote addresses, and answers that it could not read
logging.getLogger("urllib3").setLevel(logging.ERROR)


class HttpGateway:
    """`Gateway` over HTTP. `timeout` is (to connect, between two bytes) in seconds; `client_cert` a PEM with its key.

    `uploads` keeps the addresses of uploads by (entry id, SHA-256), so that they go on after a restart. `longest` is
    how many seconds a whole answer may take, headers and body, however slowly it drips.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        ca_file: str = "",
        client_cert: str = "",
        timeout: tuple[float, float] = (5.0, 20.0),
        uploads: MutableMapping[tuple[str, str], str] | None = None,
        longest: float = LONGEST_ANSWER,
    ) -> None:
        self._url = url.rstrip("/")
        self._authorization = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = timeout
        self._uploads = uploads if uploads is not None else {}
        self._files = _session(self._url, ca_file, client_cert, longest)
        self._dossiers = _session(self._url, ca_file, client_cert, longest)
        self._others = _session(self._url, ca_file, client_cert, longest)
        self._given: dict[
            str, str
        ] = {}  # key of the dossier by code of its receipt, of all over the line of the dossiers
        self._given_at = 0.0

    def close(self) -> None:
        """Let go of the connections."""
        self._files.close()
        self._dossiers.close()
        self._others.close()

    def submit(self, entry: OutboxEntry, open_blob: OpenBlob) -> Receipt:
        """Upload the files, resumed where they stopped, then the dossier with the entry's id as its key."""
        try:
            attachments = [
                {
                    "component": paper.component,
                    "title": paper.title,
                    "copy_type": paper.copy_type,
                    "file_url": self._upload(entry.id, number, paper, open_blob),
                    "sha256": paper.sha256,
                    "size": paper.size,
                    "media_type": paper.media_type,
                    "pages": paper.pages,
                }
                for number, paper in enumerate(entry.attachments, start=1)
            ]
        except Unreachable as error:
            error.unsure = False  # the dossier itself has not left
            raise
        body = json.dumps({**entry.payload, "attachments": attachments}, ensure_ascii=False).encode()
        return self._hand_in(entry.id, body)

    def _hand_in(self, key: str, body: bytes) -> Receipt:
        """Send a dossier over a line that is kept only from one that was accepted to the next, soon after it.

        A receipt does not say whose it is. An answer that something in between sends twice would be taken for the next
        one's, and that dossier be purged without having arrived: so a code that came over this line before is not
        believed, and whatever is no receipt ends the line.
        """
        if self._given and time.monotonic() - self._given_at > KEPT_SECONDS:
            self._end_line()  # servers close a line that rests, and a request into a closed one is a lost reply
        headers = {"Idempotency-Key": key, "Content-Type": "application/json", **self._authorization}
        try:
            answer = self._call(self._dossiers, "POST", f"{self._url}/v1/dossiers", headers, body, self._timeout)
            if answer.status not in (200, 201):
                raise answers.refusal(answer)
            receipt = answers.receipt(answer)
            if self._given.setdefault(receipt.code, key) != key:
                raise Unreachable("the answer for another dossier")
        except SubmitError:
            self._end_line()
            raise
        self._given_at = time.monotonic()
        return receipt

    def _end_line(self) -> None:
        self._dossiers.close()
        self._given.clear()

    def find(self, client_ref: str) -> Receipt | None:
        """Whether the dossier has arrived; None only when the API itself says that it has not."""
        answer = self._get(f"/v1/dossiers?{urlencode({'client_ref': client_ref})}")
        if answer.status == 404 and not answer.is_html:
            return None
        if answer.status != 200:
            raise answers.refusal(answer)
        return answers.receipt(answer)

    def status(self, code: str) -> Mapping[str, Any]:
        """`Progress` of a dossier by official code or client_ref; `Rejected` when unknown."""
        answer = self._get(f"/v1/dossiers/{quote(code, safe='')}")
        if answer.status != 200:
            raise answers.refusal(answer)
        return answers.json_object(answer)

    def procedures(self, etag: str = "") -> tuple[Mapping[str, Any] | None, str]:
        """The catalogue of this site and its ETag; None when unchanged."""
        answer = self._get("/v1/procedures", {"If-None-Match": etag} if etag else {})
        if answer.status == 304:
            return None, etag
        if answer.status != 200:
            raise answers.refusal(answer)
        return answers.json_object(answer), answer.headers.get("etag", "")

    def health(self) -> Health:
        """Whether the province is up, and what time it has; without the token, which the API does not ask for here."""
        timeout = (min(self._timeout[0], HEALTH_TIMEOUT[0]), min(self._timeout[1], HEALTH_TIMEOUT[1]))
        answer = self._alone("GET", "/v1/health", timeout=timeout, token=False)
        if answer.status != 200:
            raise answers.refusal(answer)
        return answers.health(answer)

    def heartbeat(self, report: Mapping[str, Any]) -> None:
        """Tell the province how this kiosk is."""
        body = json.dumps(report, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        path = f"/v1/kiosks/{quote(str(report['kiosk']), safe='')}/heartbeat"
        answer = self._alone("POST", path, headers, body)
        if answer.status not in (200, 204):
            raise answers.refusal(answer)

    def progress(self, code: str) -> Progress | None:
        """Where a dossier stands; None only when the API itself knows of none."""
        answer = self._get(f"/v1/dossiers/{quote(code, safe='')}")
        return answers.progress(answer, code) if self._known(answer) else None

    def ask_payment(self, client_ref: str, amount_vnd: int, agency_code: str) -> Payment:
        """Ask for a payment of a dossier."""
        body = {"client_ref": client_ref, "amount_vnd": amount_vnd, "agency_code": agency_code}
        return answers.payment(self._post("/v1/payments", body))

    def payment(self, payment_id: str) -> Payment | None:
        """Whether the bank has confirmed it."""
        answer = self._get(f"/v1/payments/{quote(payment_id, safe='')}")
        return answers.payment(answer, payment_id) if self._known(answer) else None

    def appointment(self, code: str) -> Appointment | None:
        """An appointment."""
        answer = self._get(f"/v1/appointments/{quote(code, safe='')}")
        return answers.appointment(answer, code) if self._known(answer) else None

    def start_phone(self) -> PhoneSession:
        """Start an e-identification by phone."""
        return answers.phone_session(self._post("/v1/vneid/sessions", {}))

    def phone(self, session: str) -> PhoneAnswer:
        """How it stands; one that the province has forgotten has expired."""
        answer = self._get(f"/v1/vneid/sessions/{quote(session, safe='')}")
        return answers.phone_answer(answer) if self._known(answer) else PhoneAnswer(PhoneState.EXPIRED)

    def registered(self, id_number: str, proof: str) -> Registered:
        """What the national databases know about a citizen; nothing where they do not know them."""
        body = json.dumps({"id_number": id_number, "proof": proof}).encode()
        answer = self._alone("POST", "/v1/persons/lookup", {"Content-Type": "application/json"}, body)
        return answers.registered(answer, id_number) if self._known(answer) else Registered()

    @staticmethod
    def _known(answer: Answer) -> bool:
        """200: it is there; 404 of the API itself: it is not; all else is an error."""
        if answer.status == 404 and not answer.is_html:
            return False
        if answer.status != 200:
            raise answers.refusal(answer)
        return True

    def _post(self, path: str, body: Mapping[str, Any]) -> Answer:
        data = json.dumps(body, ensure_ascii=False).encode()
        answer = self._alone("POST", path, {"Content-Type": "application/json"}, data)
        if answer.status not in (200, 201):
            raise answers.refusal(answer)
        return answer

    def _upload(self, entry_id: str, number: int, paper: Attachment, open_blob: OpenBlob) -> str:
        metadata = {"filename": f"{entry_id}.{number}", "media_type": paper.media_type, "sha256": paper.sha256}
        upload = TusUpload(
            self._about_file,
            f"{self._url}/v1/files",
            self._uploads,
            (entry_id, paper.sha256),
            paper.size,
            metadata,
            partial(open_blob, paper),
        )
        try:
            return upload.run()
        finally:
            self._files.close()  # the next file gets a line of its own, see `_alone`

    def _about_file(self, method: str, url: str, *, headers: Mapping[str, str], data: bytes | None = None) -> Answer:
        """One request of an upload. One line carries one file, so that a late answer can name too small an offset only.

        After a refusal it ends: the same refusal once more must not meet the next request.
        """
        answer = self._call(self._files, method, url, {**headers, **self._authorization}, data, self._timeout)
        if answer.status >= 300:
            self._files.close()
        return answer

    def _get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self._alone("GET", path, headers or {})

    def _alone(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        timeout: tuple[float, float] | None = None,
        token: bool = True,
    ) -> Answer:
        """One request over a line of its own, so that what comes back is its answer and no other's."""
        headers = {**(headers or {}), **(self._authorization if token else {}), "Connection": "close"}
        try:
            return self._call(self._others, method, self._url + path, headers, data, timeout or self._timeout)
        finally:
            self._others.close()  # also when the answer promises to keep the line

    def _call(
        self,
        session: requests.Session,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: bytes | None,
        timeout: tuple[float, float],
    ) -> Answer:
        # a stream goes out in small blocks, each with its own time-out: one for half a megabyte would cut slow lines
        body = io.BytesIO(data) if data else data
        try:
            with session.request(
                method, url, headers=dict(headers), data=body, timeout=timeout, allow_redirects=False, stream=True
            ) as response:
                received = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, received, _read(response))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            # the library's text may quote the address with a client_ref: the kind is enough
            connected = not _never_connected(error)
            raise Unreachable(type(error).__name__, unsure=connected, connected=connected) from None


def _never_connected(error: Exception) -> bool:
    """No address, nobody there, or not the one that the certificate names: not a byte of ours has left."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    if isinstance(reason, urllib3.exceptions.SSLError):
        return bool(reason.args) and isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, urllib3.exceptions.ConnectTimeoutError)  # also a refusal, or no address


def _read(response: requests.Response) -> bytes:
    """The body, within bounds of size; those of time are the line's. Raises `Unreachable`."""
    body = bytearray()
    while block := response.raw.read1(READ_BYTES):
        body += block
        if len(body) > MOST_BYTES:
            raise Unreachable("endless answer")
    return bytes(body)


class _Session(requests.Session):
    """Knows of no redirects: the API has none, and a captive portal's leads away with the token.

    Told not to follow one, the library still reads its whole body, however long, and stumbles over a crooked address.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere."""


class _Adapter(requests.adapters.HTTPAdapter):
    """Its lines, also those through a proxy, read their answers with `TimedResponse`."""

    def __init__(self, longest: float) -> None:
        super().__init__()
        self._longest = longest

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """The library's pool, with another class of connections."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        if "ConnectionCls" not in vars(pool):  # a kept one has it already
            kind = pool.ConnectionCls
            pool.ConnectionCls = type("_Line", (kind,), {"response_class": partial(TimedResponse, self._longest)})
        return pool


def _session(url: str, ca_file: str, client_cert: str, longest: float) -> requests.Session:
    session = _Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(longest))
    # the environment's netrc would replace our token, its CA bundle our CA file; only its proxies are wanted, as a
    # centre may have no other way out, and never for the embedded province on loopback
    session.trust_env = False
    session.proxies = {} if _is_loopback(url) else requests.utils.get_environ_proxies(url)
    session.verify = ca_file or True
    session.cert = client_cert or None
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"User-Agent": "kiosk-mot-cua", "Accept": "application/json", "Accept-Encoding": "identity"})
    return session


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
