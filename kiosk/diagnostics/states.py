"""The technician's report: every probe's failure is a line in it, never a crash."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from getpass import getuser
from pathlib import Path
from typing import Any

from devices.interfaces import DEVICE_KINDS, Condition, DeviceStatus, Identified
from kiosk import builders, stores
from kiosk.catalogue import CatalogueError
from kiosk.catalogue.own_files import OWN_REFUSED
from kiosk.catalogue.update import short
from kiosk.config import Config
from kiosk.diagnostics import hall_database, selftests, selftests_devices, selftests_province
from kiosk.diagnostics.connection import connection_of, place_of
from kiosk.diagnostics.history import History
from kiosk.diagnostics.records import TestRecord, Verdict
from kiosk.diagnostics.runner import Run, run_all
from kiosk.diagnostics.selftests import BY_KEY, LOW_DISK_BYTES, TESTS, Finding, SelfTest, not_done
from kiosk.diagnostics.selftests_province import MAX_CLOCK_SKEW_SECONDS
from offline_queue.errors import OutboxError
from offline_queue.gateway import SubmitError

CHANGES = 20  # of each device in the report
LOCKS = Path("/proc/locks")
PROVINCE_TESTS = ("clock", "province_tls")


def report(config: Config, only: str = "", self_test: bool = False) -> tuple[dict[str, Any], bool]:
    """`{"devices", "province", "host"}` and whether nothing needs a hand; `only` one kind of device if given.

    With `self_test` each part has its `tests`, which are kept as records as well.
    """
    probes = _Probes(config, (only,) if only else DEVICE_KINDS)
    answer = probes.run(self_test)
    configured = [device for device in answer["devices"].values() if device["configured"]]
    parts = [*configured, answer["province"], answer["host"]]
    failed = [test for part in parts for test in part.get("tests", ()) if test["verdict"] == Verdict.FAIL]
    return answer, not failed and all(part["ok"] for part in parts)


def written(config: Config, answer: Mapping[str, Any], report: Path | None, bundle: Path | None) -> Iterator[Path]:
    """The files that were asked for, of what `report` has found and what is kept: each in its folder.

    Raises `BundleFailed`, OSError.
    """
    if report is None and bundle is None:
        return
    now, data_dir = builders.site_clock(config)(), config.storage.data_dir
    records = History(data_dir).tests()
    if report:
        from kiosk.diagnostics import readiness

        found = {kind: part for kind, part in answer["devices"].items() if part["configured"]}
        statuses = {k: DeviceStatus(Condition(part["condition"]), part["code"] or "") for k, part in found.items()}
        expected = [test for test in TESTS if not test.device or test.device in found]
        newest = readiness.newest(records)
        connections = {kind: part["connection"] for kind, part in found.items()}
        waiting = _waiting(config)
        told = readiness.Readiness(config, getuser(), now, statuses, newest, expected, connections, waiting)
        yield readiness.write(told, report)
    if bundle:
        from kiosk.diagnostics.bundle import write

        yield write(bundle, config, data_dir, records, answer, now)


def _waiting(config: Config) -> int | None:
    """Dossiers in the outbox that wait to be sent; None where it cannot be opened."""
    try:
        found = stores.open_stores(config)
    except (stores.Refused, OutboxError, OSError):
        return None
    try:
        return found.outbox.counts().pending
    except OutboxError:
        return None
    finally:
        found.close()


class _Probes:
    """One report: what is asked for, and what has come of it."""

    def __init__(self, config: Config, kinds: Sequence[str]) -> None:
        self._config = config
        self._kinds = kinds
        self._clock = builders.site_clock(config)
        self._history = History(config.storage.data_dir)
        self._statuses: dict[str, DeviceStatus] = {}
        self._identities: dict[str, Mapping[str, str]] = {}
        self._province: dict[str, Any] = {"configured": True, "sandbox": False, "ok": False, "code": "test_hangs"}
        self._hall: dict[str, Any] | None = None  # where the hall's database is on no server
        self._open: stores.Stores | None = None
        self._refused = ""

    def run(self, self_test: bool) -> dict[str, Any]:
        """Everything beside each other."""
        table = self._config.province
        if self_test or (table is not None and not table.sandbox):
            self._open_stores()
        chosen = [(BY_KEY[f"{kind}/device_state"], run) for kind, run in self._devices()]
        chosen += self._tests() if self_test else []
        probe = SelfTest("province")
        last = [(probe, self._ask_province), (SelfTest("hall_database"), self._ask_hall)]
        *records, told, _hall = run_all([*chosen, *last], self._clock)
        kept = self._keep(records) if self_test else True
        if self._open is not None and not any(record.code.endswith("_hangs") for record in (*records, told)):
            self._open.close()  # what hangs may still be in it
        answer = {
            "devices": {kind: self._device(kind, records) for kind in self._kinds},
            "province": self._province,
            "host": _host(self._config, self._hall),
        }
        if self_test:
            for kind in self._kinds:
                answer["devices"][kind]["tests"] = [r.to_json() for r in records if r.device == kind]
            rest = [record for record in records if not record.device]
            answer["province"]["tests"] = [r.to_json() for r in rest if r.test in PROVINCE_TESTS]
            answer["host"]["tests"] = [r.to_json() for r in rest if r.test not in PROVINCE_TESTS]
            answer["host"]["tests_kept"] = kept
        return answer

    # -- devices -------------------------------------------------------------------------------------------------
    def _devices(self) -> list[tuple[str, Run]]:
        """A probe for each configured device; one that a running kiosk holds is not disturbed."""
        held = kiosk_runs(self._config.storage.data_dir)
        made = {} if held else builders.open_devices(self._config)
        probes: list[tuple[str, Run]] = []
        for kind in self._kinds:
            if kind not in self._config.devices:
                continue
            if held and (changes := self._history.changes(kind)):
                self._statuses[kind] = changes[0].status
                probes.append((kind, lambda: not_done("kiosk_running")))
            else:
                device = made.get(kind) or builders.open_devices(self._config)[kind]
                probes.append((kind, self._asking(kind, device)))
        return probes

    def _asking(self, kind: str, device: Any) -> Run:
        def run() -> Finding:
            try:
                self._statuses[kind], found = selftests_devices.ask(device)
                if isinstance(device, Identified):
                    self._identities[kind] = device.identity
            finally:
                device.close()
            return found

        return run

    def _device(self, kind: str, records: Sequence[TestRecord]) -> dict[str, Any]:
        table = self._config.devices.get(kind)
        if table is None:
            return {"configured": False, "driver": None, "condition": None, "code": None, "detail": None, "ok": False}
        record = next(record for record in records if (record.test, record.device) == ("device_state", kind))
        status = self._statuses.get(kind) or DeviceStatus(Condition.FAULT, record.code)
        answer = {
            "configured": True,
            "driver": table.get("driver"),
            "condition": status.condition.value,
            "code": status.code or None,
            "detail": status.detail or None,
            "seconds": record.seconds,
            "ok": status.condition is Condition.READY,
            "held_by_kiosk": record.code == "kiosk_running",
        }
        return answer | self._remembered(kind, table)

    def _remembered(self, kind: str, table: Mapping[str, Any]) -> dict[str, Any]:
        """Also who it is: as it has told just now, else as it had told the kiosk that holds it, or any before."""
        connection = connection_of(table) | dict(self._identities.get(kind, {}))
        try:
            changes, counters = self._history.changes(kind), self._history.counters().get(kind, {})
            if not self._identities.get(kind):
                connection |= self._history.identity(kind, place_of(table))
        except OSError:
            return {"connection": connection, "history": [], "counters": {}}
        lines = [{"at": c.at.isoformat(), "condition": c.condition.value, "code": c.code} for c in changes[:CHANGES]]
        return {"connection": connection, "history": lines, "counters": counters}

    # -- the machine and the province --------------------------------------------------------------------------------
    def _tests(self) -> list[tuple[SelfTest, Run]]:
        folder = self._config.storage.data_dir
        runs: dict[str, Run] = {
            "storage_write": lambda: selftests.storage_write(folder),
            "outbox_integrity": self._outbox,
            "disk_free": lambda: selftests.disk_free(folder),
            "memory": selftests.memory,
            "temperature": selftests.temperature,
            **province_tests(self._config, self._gateway, self._clock),
        }
        return [(BY_KEY[key], run) for key, run in runs.items()]

    def _open_stores(self) -> None:
        try:
            self._open = stores.open_stores(self._config)
        except (stores.Refused, OutboxError) as error:
            self._refused = error.code
        except OSError:
            self._refused = "storage_failed"

    def _outbox(self) -> Finding:
        return selftests.outbox_integrity(self._open.outbox) if self._open else selftests.failed(self._refused)

    def _gateway(self) -> Any:
        assert self._open is not None
        return builders.gateway_of(self._config, self._open.outbox)

    def _ask_province(self) -> Finding:
        self._province = _province(self._config, self._open, self._refused)
        return not_done("")

    def _ask_hall(self) -> Finding:
        if (database := self._config.hall.database).startswith("postgresql"):
            self._hall = {"ok": False, "code": "test_hangs", "detail": None}
            self._hall = hall_database.ask(database)
        return not_done("")

    def _keep(self, records: Sequence[TestRecord]) -> bool:
        try:
            for record in records:
                self._history.keep(record)
            for kind, told in self._identities.items():
                self._history.identified(kind, place_of(self._config.devices[kind]), told, self._clock())
        except OSError:
            return False  # told by `data_not_writable` and `disk_low`
        return True


def province_tests(config: Config, gateway: Callable[[], Any], clock: Callable[[], datetime]) -> dict[str, Run]:
    """The tests of the way to the province; not done where there is none, or only the embedded one."""
    table = config.province
    if table is None or table.sandbox:
        code = "province_absent" if table is None else "province_sandbox"
        return dict.fromkeys(PROVINCE_TESTS, lambda: not_done(code))

    def with_gateway(run: Callable[[Any], Finding]) -> Finding:
        try:
            line = gateway()
        except OSError as error:
            return selftests.failed("token_unreadable", reason=error.strerror or "")
        try:
            return run(line)
        finally:
            line.close()

    return {
        "clock": lambda: with_gateway(lambda line: selftests_province.clock(line, clock)),
        "province_tls": lambda: with_gateway(lambda line: selftests_province.province_tls(line, table)),
    }


def kiosk_runs(data_dir: Path, locks: Path = LOCKS) -> bool:
    """Whether a kiosk holds the data folder now; looked up, as trying its lock could keep one from starting."""
    try:
        inode = (data_dir / "lock").stat().st_ino
        rows = [line.split() for line in locks.read_text(encoding="ascii").splitlines()]
    except OSError:
        return False
    return any(row[1] == "FLOCK" and row[5].rpartition(":")[2] == str(inode) for row in rows if len(row) > 5)


def _province(config: Config, stores: stores.Stores | None, refused: str) -> dict[str, Any]:
    table = config.province
    if table is None:
        return {"configured": False, "ok": False, "code": "province_absent"}
    if table.sandbox:
        return {"configured": True, "sandbox": True, "ok": True, "code": None}
    wrong: dict[str, Any] = {"configured": True, "sandbox": False, "ok": False}
    if stores is None:
        return {**wrong, "code": refused}
    started = time.perf_counter()
    try:
        gateway = builders.gateway_of(config, stores.outbox)
    except OSError as error:
        return {**wrong, "code": "token_unreadable", "detail": error.strerror}
    try:
        health = gateway.health()
    except SubmitError as error:
        return {**wrong, "code": error.code, "detail": error.detail}
    except OSError as error:
        return {**wrong, "code": "certificate_unreadable", "detail": error.strerror}
    finally:
        gateway.close()
    skew = (health.time - builders.site_clock(config)()).total_seconds()
    right = abs(skew) <= MAX_CLOCK_SKEW_SECONDS
    return {
        "configured": True,
        "sandbox": False,
        "ok": right,
        "code": None if right else "clock_differs",
        "seconds": round(time.perf_counter() - started, 3),
        "clock_difference_seconds": round(skew, 1),
    }


def _host(config: Config, hall: Mapping[str, Any] | None) -> dict[str, Any]:
    folder = config.storage.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    writable = os.access(folder, os.W_OK)
    code = None if free >= LOW_DISK_BYTES and writable else ("disk_low" if writable else "data_not_writable")
    own = _own_files(config)
    code = code or (hall["code"] if hall else None) or own["code"]
    return {
        "ok": code is None,
        "code": code,
        "system": platform.platform(),
        "python": platform.python_version(),
        "free_disk_bytes": free,
        "data_dir": str(config.storage.data_dir),
        "load": round(os.getloadavg()[0], 2),
        "own_files": own,
    } | ({"hall_database": hall} if hall else {})


def _own_files(config: Config) -> dict[str, Any]:
    """`{"ok", "code", "detail"}` of the site's own catalogue, forms and texts, as the next start would find them."""
    try:
        mistakes: Sequence[str] = builders.data_of(config).mistakes
    except CatalogueError as error:  # in what the program brought along
        mistakes = error.problems
    return {
        "ok": not mistakes,
        "code": OWN_REFUSED if mistakes else None,
        "detail": short(mistakes) if mistakes else None,
    }
