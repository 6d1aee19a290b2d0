"""Self-tests of the way to the province: its health, its clock beside ours, and what seals the line."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from cryptography import x509

from kiosk.config import Province
from kiosk.diagnostics.selftests import Finding, failed, not_done, passed
from offline_queue.gateway import Health, SubmitError

MAX_CLOCK_SKEW_SECONDS = 60  # tickets and receipts show minutes
FEW_DAYS = 14  # certificates are renewed 30 days before their end: with 14 left somebody has forgotten it
CONNECT_SECONDS = 3.0


class HealthGateway(Protocol):
    """What the tests need of the way to the province."""

    def health(self) -> Health:
        """Whether it is up and what time it has. Raises `SubmitError`."""


def clock(gateway: HealthGateway, now: Callable[[], datetime]) -> Finding:
    """Our clock beside the province's, in the middle of the question."""
    asked = now()
    try:
        told = gateway.health().time
    except SubmitError as error:
        return not_done(error.code)
    ours = asked + (now() - asked) / 2
    skew = (told - ours).total_seconds()
    figures = {"difference_s": round(skew, 1)}
    return passed(**figures) if abs(skew) <= MAX_CLOCK_SKEW_SECONDS else failed("clock_differs", **figures)


def province_tls(gateway: HealthGateway, table: Province) -> Finding:
    """Whether the province is up, and the version and the last day of what seals the line to it."""
    started = time.perf_counter()
    figures: dict[str, float | str] = {}
    try:
        figures["health"] = gateway.health().status
    except SubmitError as error:
        return failed(error.code, **({"reason": error.detail} if error.detail else {}))
    figures["answer_ms"] = round((time.perf_counter() - started) * 1000)
    parts = urlsplit(table.url or "")
    if parts.scheme != "https":
        return passed("province_not_sealed", **figures)  # the configuration allows it on loopback only
    try:
        figures |= _seal(parts.hostname or "", parts.port or 443, table)
    except OSError:
        return passed("tls_not_seen", **figures)  # it has answered: there is a proxy in between
    days = [value for name, value in figures.items() if name.endswith("_days") and isinstance(value, float | int)]
    return failed("certificate_ends", **figures) if min(days) < FEW_DAYS else passed(**figures)


def _seal(host: str, port: int, table: Province) -> dict[str, float | str]:
    """TLS version and days left of both certificates. Raises OSError."""
    context = ssl.create_default_context(cafile=table.ca_file or None)
    figures: dict[str, float | str] = {}
    if table.client_cert:
        context.load_cert_chain(table.client_cert)
        pem = Path(table.client_cert).read_bytes()
        figures["client_certificate_days"] = _days(x509.load_pem_x509_certificate(pem[pem.index(b"-----BEGIN CERT") :]))
    with (
        socket.create_connection((host, port), CONNECT_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as line,
    ):
        certificate = x509.load_der_x509_certificate(line.getpeercert(binary_form=True) or b"")
        return {"tls": line.version() or "", "certificate_days": _days(certificate), **figures}


def _days(certificate: x509.Certificate) -> float:
    return round((certificate.not_valid_after_utc - datetime.now(UTC)).total_seconds() / 86400, 1)
