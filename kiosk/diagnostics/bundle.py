"""What a technician takes along on a USB stick: logs, configuration, records, states, versions; nothing of any person.

Only what is known to hold no personal data goes in, and all of it through the redactor. Of the log only the lines that
our own modules wrote: an exception's text, or what a library says, may quote a citizen. Of the audit log, which names
officers, only whether its chain is whole.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import platform
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from devices.interfaces import DEVICE_KINDS
from kiosk import __version__, audit
from kiosk.config import Config
from kiosk.diagnostics.errors import BundleFailed
from kiosk.diagnostics.history import History
from kiosk.diagnostics.records import TestRecord
from kiosk.diagnostics.redaction import Redactor
from offline_queue.errors import KeyRefused

OURS = ("kiosk", "devices", "offline_queue", "screens", "main", "__main__")
LOG_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) ([A-Z]+) ([\w.]+) (.*)")
LOG_FILE = re.compile(r"kiosk\.log(\.\d+)?")
LOG_BYTES = 8_000_000  # of each file: a log that was never rotated must not fill the stick
HASH = re.compile(r"[0-9a-f]{64}")
MOUNTS = Path("/proc/self/mounts")
STICKS = ("/media/", "/run/media/", "/mnt/")  # where desktops, udisks and administrators mount them
SPARE_BYTES = 64 * 1024  # a file system needs room for its own tables
CODES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "usb_full"),
    errno.EROFS: "usb_read_only",
    **dict.fromkeys((errno.EACCES, errno.EPERM), "usb_not_writable"),
}
CONTENTS = {
    "logs/": "lines of this program's own modules; lines of libraries and texts of exceptions are left out",
    "configuration.json": "as it is in force; secrets are blanked, files with keys and tokens are not here",
    "records.json": "self-tests; who has confirmed them is left out",
    "history/": "changes of state and counters of each device, and who it was when it last told of itself",
    "states.json": "what the devices, the province and the machine have told when this was written",
    "versions.json": "this program, Python, its packages, the system",
    "audit.json": "whether the chain of the audit log is whole, its first and last hash; not what stands in it",
}
LEFT_OUT = ("outbox", "scans", "tickets", "contents of the audit log", "accounts", "keys", "tokens", "printed slips")


def write(
    folder: Path,
    config: Config,
    data_dir: Path,
    records: Sequence[TestRecord],
    report: Mapping[str, Any],
    now: datetime,
) -> Path:
    """Write `kiosk-<id>-<time>.zip` into `folder` and return its path; whole and on the disk, or not at all.

    `report` is that of `states.report`, `now` aware. Raises `BundleFailed`.
    """
    data = pack(config, data_dir, records, report, now)
    name = f"kiosk-{config.site.kiosk_id}-{now:%Y%m%d-%H%M%S}"
    try:
        if not folder.is_dir():
            raise BundleFailed("usb_gone")
        if shutil.disk_usage(folder).free < len(data) + SPARE_BYTES:
            raise BundleFailed("usb_full")
        return _store(folder, name, data)
    except OSError as error:
        raise BundleFailed(CODES.get(error.errno or 0, "usb_gone"), error.strerror or "") from None


def pack(
    config: Config, data_dir: Path, records: Sequence[TestRecord], report: Mapping[str, Any], now: datetime
) -> bytes:
    """The ZIP file. What cannot be read is named in the manifest and left out."""
    redactor = Redactor(secrets_of(config))
    files: dict[str, bytes] = {}
    unreadable: list[str] = []
    for name, path in _logs(data_dir):
        try:
            files[name] = redactor.text(_own_lines(path)).encode()
        except OSError:
            unreadable.append(name)
    parts = {
        "configuration.json": config.model_dump(mode="json"),
        "records.json": [_record(record.to_json()) for record in records],
        "states.json": _states(report),
        **dict(_history(data_dir, unreadable)),
    }
    files |= {name: _json(redactor.value(part)) for name, part in parts.items()}
    files["versions.json"] = _json(_versions())  # numbers with many dots and digits: what packages say of themselves
    files["audit.json"] = _json(_audit(data_dir / "audit.jsonl", config.storage.audit_key))
    files["manifest.json"] = _json(_manifest(files, unreadable, redactor, config, now))
    return _zipped(files, now)


def secrets_of(config: Config) -> Iterator[str]:
    """Texts that must stand nowhere: what the files of the configuration hold, passwords in its addresses."""
    province = config.province
    named = (
        config.storage.key,
        config.storage.audit_key,
        province.token_file if province else None,
        config.hall.certificate_key,
    )
    for path in (*named, Path(province.client_cert) if province and province.client_cert else None):
        if path is not None:
            with suppress(OSError):
                data = path.read_bytes()[:65536]
                text = data.decode("utf-8", errors="ignore").strip()
                yield from (data.hex(), text, *(line.strip() for line in text.splitlines()))
    for address in (config.hall.database, *_texts(config.devices)):
        with suppress(ValueError):
            parts = urlsplit(address)
            yield from (secret for secret in (parts.password or "", unquote(parts.password or "")) if secret)
            yield from (value for name, value in parse_qsl(parts.query) if name in ("password", "token", "sslpassword"))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)


# -- parts -------------------------------------------------------------------------------------------------------------
def _logs(data_dir: Path) -> Iterator[tuple[str, Path]]:
    """The log and its older files; a link could lead anywhere."""
    folder = data_dir / "logs"
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if LOG_FILE.fullmatch(path.name) and path.is_file() and not path.is_symlink():
                yield f"logs/{path.name}", path


def _own_lines(path: Path) -> str:
    """The newest lines of our own modules; of others only when, how grave and from whom."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LOG_BYTES))
        text = file.read(LOG_BYTES).decode("utf-8", errors="replace")
    lines: list[str] = []
    dropped = 0
    for line in text.splitlines():
        found = LOG_LINE.fullmatch(line)
        if found is None:
            dropped += 1  # a traceback, or a message of several lines
            continue
        if dropped:
            lines.append(f"    ({dropped} lines left out)")
            dropped = 0
        at, level, logger, message = found.groups()
        ours = logger.split(".")[0] in OURS
        lines.append(f"{at} {level} {logger} {message if ours else f'({len(message)} characters left out)'}")
    return "\n".join((*lines, f"    ({dropped} lines left out)" if dropped else "")) + "\n"


def _record(told: Mapping[str, Any]) -> dict[str, Any]:
    """A self-test without the person who has confirmed it."""
    return {**told, "confirmed_by": bool(told.get("confirmed_by"))}


def _history(data_dir: Path, unreadable: list[str]) -> Iterator[tuple[str, Any]]:
    """What the machine remembers of each device: times, states, codes, counters, and no other key."""
    folder = data_dir / "diagnostics"
    for kind in DEVICE_KINDS:
        name = f"history/{kind}.json"
        try:
            lines = (folder / f"{kind}.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            continue
        except OSError:
            unreadable.append(name)
            continue
        yield name, [{key: line.get(key) for key in ("at", "condition", "code")} for line in _objects(lines)]
    with suppress(OSError):
        for counters in _objects([(folder / "counters.json").read_text(encoding="utf-8", errors="replace")]):
            yield "history/counters.json", {kind: counters[kind] for kind in DEVICE_KINDS if kind in counters}
    try:
        known = {kind: {"since": who["since"], **who["told"]} for kind, who in History(data_dir).identities().items()}
        if known:
            yield "history/identities.json", known
    except OSError:
        unreadable.append("history/identities.json")


def _objects(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        with suppress(ValueError):
            if isinstance(found := json.loads(line), dict):
                yield found


def _states(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report, with bytes as megabytes: a number of twelve digits could be taken for somebody's."""
    host = {name: value for name, value in report["host"].items() if name != "free_disk_bytes"}
    if free := report["host"].get("free_disk_bytes"):
        host["free_disk_mb"] = free // 10**6
    told = _without_persons({**report, "host": host})
    assert isinstance(told, dict)
    return told


def _without_persons(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: bool(v) if k == "confirmed_by" else _without_persons(v) for k, v in value.items()}
    return [_without_persons(one) for one in value] if isinstance(value, list | tuple) else value


def _versions() -> dict[str, Any]:
    packages = {str(found.metadata["Name"]).lower(): found.version for found in metadata.distributions()}
    system = {"system": platform.platform(), "machine": platform.machine()}
    return {
        "kiosk": __version__,
        "python": platform.python_version(),
        **system,
        "packages": dict(sorted(packages.items())),
    }


def _audit(path: Path, key_file: Path) -> dict[str, Any]:
    """Whether the chain is whole; its first and last hash, by which a shortened file is found out later."""
    try:
        broken = audit.verify(path, key_file)
        with path.open("rb") as file:
            chains = [_chain(line) for line in file if line.endswith(b"\n")]
    except FileNotFoundError:
        return {"exists": False}
    except OSError as error:
        return {"exists": True, "readable": False, "reason": error.strerror}
    except KeyRefused as refused:
        return {"exists": True, "readable": False, "reason": refused.code}
    ends = {"head": chains[0], "tail": chains[-1]} if chains else {}
    return {"exists": True, "lines": len(chains), "whole": broken is None, "first_broken_line": broken, **ends}


def _chain(line: bytes) -> str:
    chain = next((str(record.get("chain")) for record in _objects([line.decode("utf-8", errors="replace")])), "")
    return chain if HASH.fullmatch(chain) else "none"


def _manifest(
    files: Mapping[str, bytes], unreadable: Sequence[str], redactor: Redactor, config: Config, now: datetime
) -> dict[str, Any]:
    return {
        "kiosk": config.site.kiosk_id,
        "agency": config.site.agency_code,
        "written_at": now.isoformat(timespec="seconds"),
        "contents": CONTENTS,
        "left_out": LEFT_OUT,
        "unreadable": list(unreadable),
        "blanked": dict(sorted(redactor.counts.items())),
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()
        },
    }


# -- the stick ---------------------------------------------------------------------------------------------------------
def sticks(mounts: Path = MOUNTS) -> tuple[Path, ...]:
    """Folders where a stick is mounted now: an empty mount point would be a folder of this machine. Raises OSError."""
    rows = (line.split() for line in mounts.read_text(encoding="utf-8").splitlines())
    places = (re.sub(r"\\([0-7]{3})", _octal, row[1]) for row in rows if len(row) > 1)
    return tuple(Path(place) for place in places if place.startswith(STICKS))


def _octal(match: re.Match[str]) -> str:
    """How the kernel writes spaces and backslashes in names (proc_pid_mountinfo(5))."""
    return chr(int(match[1], 8))


# -- the file ----------------------------------------------------------------------------------------------------------
def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str).encode() + b"\n"


def _zipped(files: Mapping[str, bytes], now: datetime) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, now.timetuple()[:6]), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _store(folder: Path, name: str, data: bytes) -> Path:
    """Write beside, force to the disk, rename: a stick that is pulled out holds a whole file or none."""
    path = next(path for path in _names(folder, name) if not path.exists())
    part = folder / f".{path.name}.part"
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    _sync_folder(folder)
    return path


def _names(folder: Path, name: str) -> Iterator[Path]:
    yield folder / f"{name}.zip"
    for number in range(2, 1000):
        yield folder / f"{name}-{number}.zip"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems of sticks cannot
            raise
    finally:
        os.close(descriptor)
