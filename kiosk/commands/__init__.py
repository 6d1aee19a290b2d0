"""The verbs of the command line that need no window. Each returns its exit code."""

from __future__ import annotations

import argparse
import getpass
import json
import logging
import sys
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from devices.document_scanner.page import open_picture
from devices.errors import DeviceError
from devices.interfaces import DEVICE_KINDS, PrintResult
from kiosk import builders, i18n
from kiosk import config as configuration
from kiosk.catalogue.models import CatalogueError
from kiosk.commands.search import search
from kiosk.config import DEFAULT_FILE, Config, ConfigError
from kiosk.diagnostics.errors import BundleFailed
from kiosk.hall.tickets import HallError
from kiosk.provisional import provisional_code
from kiosk.staff import AccountsError
from kiosk.stores import Refused, Stores, open_stores, rotate_key
from offline_queue.entry import EXPORTED, Attachment, EntryState, OutboxEntry
from offline_queue.errors import OutboxError

log = logging.getLogger(__name__)
Verb = Callable[[argparse.Namespace, Config], int]
DONE, FAILED, USAGE = 0, 1, 2
UNSENT = (EntryState.PENDING, EntryState.SENDING)


def guarded(options: argparse.Namespace, verb: Verb) -> int:
    """Load the configuration, run a verb, and say every failure in one sentence (DESIGN 6)."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    try:
        return verb(options, configuration.load(options.config))
    except (ConfigError, AccountsError, CatalogueError) as error:
        return _fail(options, "config_invalid", str(error), USAGE)
    except (Refused, OutboxError, DeviceError, BundleFailed) as error:
        return _fail(options, error.code, _sentence(error.code, error.detail))
    except HallError as error:
        return _fail(options, error.code, _sentence(error.code))
    except BrokenPipeError:
        raise  # nobody reads what is said: `main.py`
    except OSError as error:
        return _fail(options, "storage_failed", f"{error.filename or ''}: {error.strerror or type(error).__name__}")


def _sentence(code: str, detail: str = "") -> str:
    words = " ".join(part for part in (i18n.error_text(code, "en"), i18n.advice(code, "en")) if part)
    return f"{words} ({detail})" if detail else words


def _fail(options: argparse.Namespace, code: str, message: str, exit_code: int = FAILED) -> int:
    print(message, file=sys.stderr)
    if options.json:
        _say(options, {"error": {"code": code, "message": message}})
    return exit_code


def _say(options: argparse.Namespace, answer: Mapping[str, Any]) -> None:
    if options.json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    for key, value in answer.items():
        print(f"{key}: {value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)}")


def check(options: argparse.Namespace, config: Config) -> int:
    """Validate configuration, catalogue, forms and translations."""
    from kiosk.check import hints, problems, read

    file, data = options.config or DEFAULT_FILE, read(config)
    found, hinted = problems(config, file, data), hints(config, file, data)
    if options.json:
        _say(options, {"problems": found, "hints": hinted})
    else:
        print("\n".join([*(found or ["no mistake"]), *(f"hint: {hint}" for hint in hinted)]))
    return FAILED if found else DONE


def ticket(options: argparse.Namespace, config: Config) -> int:
    """Issue and print one ticket; beside a running kiosk as well."""
    from kiosk.commands.hall import give_ticket

    answer = give_ticket(options, config)
    _say(options, answer)
    return DONE if answer["print"] == PrintResult.CONFIRMED else FAILED


def hall(options: argparse.Namespace, config: Config) -> int:
    """The numbers that have not ended, on paper and on stdout; beside a running kiosk as well."""
    from kiosk.commands.hall import list_numbers

    answer = list_numbers(config)
    _say(options, answer)
    return DONE if answer["print"] == PrintResult.CONFIRMED else FAILED


def report(options: argparse.Namespace, config: Config) -> int:
    """The centre's figures of a day or a month."""
    from kiosk.commands.report import tell_figures

    return tell_figures(options, config, _say)


def scan(options: argparse.Namespace, config: Config) -> int:
    """Scan what lies in the document scanner into a folder."""
    scanner = builders.open_devices(config).get("document_scanner")
    if scanner is None:
        raise DeviceError("document_scanner_absent")
    options.out.mkdir(parents=True, exist_ok=True)
    pages = []
    try:
        for number, page in enumerate(scanner.scan_pages(), start=1):
            name = f"page-{number:03d}.jpg"
            (options.out / name).write_bytes(page.jpeg)
            pages.append(
                {
                    "file": name,
                    "width": page.width,
                    "height": page.height,
                    "sharpness": round(page.sharpness, 1),
                    "problems": list(page.problems),
                }
            )
    finally:
        scanner.close()
    _say(options, {"pages": pages})
    return DONE


def card(options: argparse.Namespace, config: Config) -> int:
    """Read the chip of the card on the reader."""
    from kiosk.commands.card import read_card

    _say(options, read_card(options, config))
    return DONE


def diagnose(options: argparse.Namespace, config: Config) -> int:
    """One report; a failing probe is a line in it."""
    from kiosk.diagnostics.states import report, written

    if options.device and options.device not in DEVICE_KINDS:
        return _fail(
            options, "device_unknown", f"no device «{options.device}»: one of {', '.join(DEVICE_KINDS)}", USAGE
        )
    answer, healthy = report(config, options.device or "", options.self_test)
    if options.json:
        _say(options, answer)
    else:
        from kiosk.diagnostics.runner import table

        print("\n".join(table(answer, lambda code: i18n.technician_line(code, "en") or i18n.error_text(code, "en"))))
    for path in written(config, answer, report=options.report, bundle=options.bundle):
        print(path, file=sys.stderr)
    return DONE if healthy else FAILED


def province(options: argparse.Namespace, config: Config) -> int:
    """The embedded province alone, until it is told to stop."""
    from kiosk.sandbox.server import serve

    try:
        serve(options.listen, options.data, options.fault)
    except ValueError as error:
        return _fail(options, "usage", str(error), USAGE)
    return DONE


def account(options: argparse.Namespace, config: Config) -> int:
    """Add an account; the PIN comes from the terminal, or as the first line of standard input."""
    from kiosk import staff

    if config.staff is None:
        return _fail(options, "config_invalid", "[staff] accounts_file is not configured", USAGE)
    pin = getpass.getpass("PIN: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    try:
        staff.add_account(config.staff.accounts_file, options.name, options.role, pin)
    except ValueError as error:
        return _fail(options, "account_invalid", str(error))
    _say(options, {"name": options.name, "role": options.role})
    return DONE


def audit(options: argparse.Namespace, config: Config) -> int:
    """Follow the chain of the audit log; any changed, missing or added line breaks it. Its end is for writing down."""
    from kiosk.audit import last_chain, verify

    path = config.storage.data_dir / "audit.jsonl"
    broken = verify(path, config.storage.audit_key)
    _say(options, {"file": str(path), "first_broken_line": broken, "last_chain": last_chain(path)})
    return DONE if broken is None else FAILED


def outbox(options: argparse.Namespace, config: Config) -> int:
    """add | list | show | retry | drain | export | backup | import | verify | rekey."""
    if options.act == "rekey":
        _say(options, {"scans": rotate_key(config), "key_file": str(config.storage.key)})
        return DONE
    with ExitStack() as exits:
        stores = open_stores(config)
        exits.callback(stores.close)
        act: Callable[[argparse.Namespace, Config, Stores], int] = OUTBOX_ACTS[options.act]
        return act(options, config, stores)


def _outbox_add(options: argparse.Namespace, config: Config, stores: Stores) -> int:
    from kiosk.dossier_schema import dossier_problems

    try:
        payload = json.loads(options.payload.read_bytes())
    except ValueError:
        return _fail(options, "payload_invalid", f"{options.payload}: is not JSON")
    problems = dossier_problems(payload, attachments=False)
    if problems:
        return _fail(options, "payload_invalid", "\n".join(f"{p.path}: {p.message}" for p in problems))
    client_ref = str(uuid.UUID(payload["client_ref"]))
    attachments = []
    with stores.blobs.hold():
        for path in options.scans:
            found = _attachment(path, stores)
            if isinstance(found, str):
                return _fail(options, "scan_invalid", f"{path}: {found}")
            attachments.append(found)
        entry = OutboxEntry(
            id=client_ref,
            procedure_code=payload["procedure_code"],
            created_at=builders.site_clock(config)(),
            provisional_code=provisional_code(client_ref),
            attachments=tuple(attachments),
            payload=payload,
        )
        stores.outbox.add(entry)
    _say(options, {"id": entry.id})
    return DONE


MEDIA_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"%PDF-": "application/pdf", b"\x89PNG": "image/png"}


def _attachment(path: Path, stores: Stores) -> Attachment | str:
    """The stored attachment, or a sentence why the file is none. PNG becomes PDF: the province takes JPEG and PDF."""
    data = path.read_bytes()
    media_type = next((kind for magic, kind in MEDIA_TYPES.items() if data.startswith(magic)), "")
    if not media_type:
        return "is no JPEG, PNG or PDF" if data else "is empty"
    pages = 1
    if media_type != "application/pdf":
        try:
            open_picture(data)
        except DeviceError as error:
            return _sentence(error.code)
    if media_type == "image/png":
        import img2pdf

        try:
            # without date and random identifier: the same scan again is the same attachment
            data = img2pdf.convert(data, nodate=True, engine=img2pdf.Engine.internal)
        except img2pdf.ImageOpenError:
            return "is a damaged picture"
        media_type = "application/pdf"
    elif media_type == "application/pdf":
        import pikepdf

        try:
            with pikepdf.open(path) as pdf:
                pages = max(1, len(pdf.pages))
        except pikepdf.PdfError:
            return "is a damaged PDF"
    return Attachment("other", "Giấy tờ kèm theo", stores.blobs.put(data), len(data), media_type, pages)


def _row(entry: OutboxEntry) -> dict[str, Any]:
    """What a technician may see of an entry: no answers, no person."""
    return {
        "id": entry.id,
        "procedure_code": entry.procedure_code,
        "state": entry.state.value,
        "created_at": entry.created_at.isoformat(),
        "attempts": entry.attempts,
        "next_attempt_at": entry.next_attempt_at.isoformat() if entry.next_attempt_at else None,
        "last_error": entry.last_error or None,
        "code": entry.receipt.code if entry.receipt else None,
        "problems": [asdict(problem) for problem in entry.problems],
        "attachments": len(entry.attachments),
    }


def _outbox_list(options: argparse.Namespace, config: Config, stores: Stores) -> int:
    _say(options, {"entries": [_row(entry) for entry in stores.outbox.list(limit=10_000)]})
    return DONE


def _outbox_show(options: argparse.Namespace, config: Config, stores: Stores) -> int:
    entry = stores.outbox.get(options.id)
    if entry is None:
        return _fail(options, "entry_unknown", f"no entry {options.id}")
    _say(options, _row(entry))
    return DONE


def _outbox_retry(options: argparse.Namespace, config: Config, stores: Stores) -> int:
    entry = stores.outbox.get(options.id)
    if entry is None or not (entry.state in UNSENT or entry.last_error == EXPORTED):
        return _fail(options, "entry_unknown", f"no entry {options.id} waits")
    stores.outbox.retry_now(options.id)
    _say(options, {"id": options.id, "state": EntryState.PENDING.value})
    return DONE


def _outbox_drain(options: argparse.Namespace, config: Config, stores: Stores) -> int:
    from offline_queue.sender import Sender

    with ExitStack() as exits:
        url = ""
        if embedded := builders.province_of(config):
            url = embedded.start()
            exits.callback(embedded.stop)
        gateway = builders.gateway_of(config, stores.outbox, url)
        sender = Sender(stores.outbox, stores.blobs, gateway, lambda _event: None)
        answer = sender.drain(options.seconds)
    _say(options, answer)
    return DONE if not answer["pending"] else FAILED


def _outbox_export(options: argparse.Namespace, config: Config, stores: Stores) -> int:
    from offline_queue import archive

    count = archive.export(stores.outbox, stores.blobs, options.file, archive.load_public_key(options.key))
    _say(options, {"file": str(options.file), "entries": count})
    return DONE


def _outbox_backup(options: argparse.Namespace, config: Config, stores: Stores) -> int:
    from offline_queue import archive

    key = archive.load_public_key(options.key)
    count = archive.export(stores.outbox, stores.blobs, options.file, key, move=False)
    _say(options, {"file": str(options.file), "entries": count})
    return DONE


def _outbox_import(options: argparse.Namespace, config: Config, stores: Stores) -> int:
    from offline_queue import archive

    done = archive.import_(stores.outbox, stores.blobs, options.file, archive.load_private_key(options.key))
    _say(options, asdict(done))
    return DONE


def _outbox_verify(options: argparse.Namespace, config: Config, stores: Stores) -> int:
    problems = [*stores.outbox.damage()]
    entries = stores.outbox.list(1_000_000)
    scans = 0
    for entry in entries:
        for paper in entry.attachments:
            scans += 1
            try:
                stores.blobs.get(paper.sha256, paper.size)
            except OutboxError as error:
                problems.append(f"{entry.id}: {error}")
    _say(options, {"entries": len(entries), "scans": scans, "problems": problems})
    return FAILED if problems else DONE


OUTBOX_ACTS = {
    "add": _outbox_add,
    "list": _outbox_list,
    "show": _outbox_show,
    "retry": _outbox_retry,
    "drain": _outbox_drain,
    "export": _outbox_export,
    "backup": _outbox_backup,
    "import": _outbox_import,
    "verify": _outbox_verify,
}
VERBS: dict[str, Verb] = {
    "audit": audit,
    "check": check,
    "search": search,
    "ticket": ticket,
    "hall": hall,
    "card": card,
    "scan": scan,
    "diagnose": diagnose,
    "province": province,
    "account": account,
    "report": report,
    "outbox": outbox,
}
