"""The technician's report: every probe's failure is a line in it, never a crash."""

from __future__ import annotations

import os
import platform
import shutil
import time
from typing import Any

from devices.interfaces import DEVICE_KINDS, Condition, DeviceStatus
from kiosk import wiring
from kiosk.config import Config
from offline_queue.gateway import SubmitError

LOW_DISK_BYTES = 1024**3
MAX_CLOCK_SKEW_SECONDS = 60


def report(config: Config, only: str = "") -> tuple[dict[str, Any], bool]:
    """`{"devices", "province", "host"}` and whether nothing needs a hand; `only` one kind of device if given."""
    made = wiring.open_devices(config)
    kinds = (only,) if only else DEVICE_KINDS
    devices = {kind: _device(config, kind, made.get(kind)) for kind in kinds}
    answer: dict[str, Any] = {"devices": devices, "province": _province(config), "host": _host(config)}
    healthy = all(
        part["ok"] for part in (*(d for d in devices.values() if d["configured"]), answer["province"], answer["host"])
    )
    return answer, healthy


def _device(config: Config, kind: str, device: Any) -> dict[str, Any]:
    if device is None:
        return {"configured": False, "driver": None, "condition": None, "code": None, "detail": None, "ok": False}
    started = time.perf_counter()
    try:
        status: DeviceStatus = device.status()
    finally:
        device.close()
    return {
        "configured": True,
        "driver": config.devices[kind].get("driver"),
        "condition": status.condition.value,
        "code": status.code or None,
        "detail": status.detail or None,
        "seconds": round(time.perf_counter() - started, 3),
        "ok": status.condition is Condition.READY,
    }


def _province(config: Config) -> dict[str, Any]:
    table = config.province
    if table is None:
        return {"configured": False, "ok": False, "code": "province_absent"}
    if table.sandbox:
        return {"configured": True, "sandbox": True, "ok": True, "code": None}
    try:
        stores = wiring.open_stores(config)
    except (wiring.Refused, OSError) as error:
        return {"configured": True, "sandbox": False, "ok": False, "code": getattr(error, "code", "storage_failed")}
    started = time.perf_counter()
    try:
        health = wiring.gateway_of(config, stores.outbox).health()
    except SubmitError as error:
        return {"configured": True, "sandbox": False, "ok": False, "code": error.code, "detail": error.detail}
    except OSError as error:
        return {"configured": True, "sandbox": False, "ok": False, "code": "token_unreadable", "detail": error.strerror}
    finally:
        stores.close()
    skew = (health.time - wiring.site_clock(config)()).total_seconds()
    return {
        "configured": True,
        "sandbox": False,
        "ok": abs(skew) <= MAX_CLOCK_SKEW_SECONDS,
        "code": None if abs(skew) <= MAX_CLOCK_SKEW_SECONDS else "clock_differs",
        "seconds": round(time.perf_counter() - started, 3),
        "clock_difference_seconds": round(skew, 1),
    }


def _host(config: Config) -> dict[str, Any]:
    folder = config.storage.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    writable = os.access(folder, os.W_OK)
    code = None if free >= LOW_DISK_BYTES and writable else ("disk_low" if writable else "data_not_writable")
    return {
        "ok": code is None,
        "code": code,
        "system": platform.platform(),
        "python": platform.python_version(),
        "free_disk_bytes": free,
        "data_dir": str(config.storage.data_dir),
        "load": round(os.getloadavg()[0], 2),
    }
