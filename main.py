"""Command line of the kiosk: `main.py VERB`; each verb is one function of `kiosk/commands/` or `screens/`."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable
from datetime import date, time
from pathlib import Path
from typing import NoReturn

FAILED, USAGE = 1, 2


class UsageError(Exception):
    """What is wrong with the words of the command line, in one sentence."""


class Parser(argparse.ArgumentParser):
    """Leaves it to `main` to say what is wrong, as every other failure is told."""

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError`."""
        raise UsageError(f"{message}; see {self.prog} --help")


def _day(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError
    return date.fromisoformat(text).isoformat()


def _month(text: str) -> str:
    return _day(f"{text}-01")[:7]


def _at(text: str) -> time:
    if not re.fullmatch(r"[0-9]{2}:[0-9]{2}", text):
        raise ValueError
    return time.fromisoformat(text)


def _like(read: Callable[[str], object], what: str) -> Callable[[str], object]:
    """`read` for argparse, which tells what is none by its message alone."""

    def reading(text: str) -> object:
        try:
            return read(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"«{text}» is no {what}") from None

    return reading


def parser() -> argparse.ArgumentParser:
    """All verbs with their options."""
    # both options stand before or after the verb: suppressed defaults keep what was said before it
    common = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--config", type=Path, help="configuration (TOML); without it the embedded default runs")
    common.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else")
    top = Parser(prog="main.py", description=__doc__, parents=[common])
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, text: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=text, description=text, parents=[common])

    _kiosk(verb)
    _devices(verb)
    _records(verb)
    _outbox(verb("outbox", "the technician's view of the queue"), common)
    return top


def _kiosk(verb: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """The window, the data, and the hall."""
    run = verb("run", "the kiosk, in the window or full screen")
    run.add_argument("--full-screen", action="store_true")
    run.add_argument("--scenario", type=Path, metavar="FILE", help="what the simulated devices do, and when (TOML)")
    tour = verb("tour", "take a number and submit a dossier with real touches, a picture of every screen")
    tour.add_argument("--out", type=Path, required=True)
    verb("check", "validate configuration, catalogue, forms and translations")
    search = verb("search", "look procedures up as the screen does, best first; - reads one query a line")
    search.add_argument("words", nargs="*", metavar="WORDS")
    ticket = verb("ticket", "issue and print one ticket without a window")
    ticket.add_argument("--series", required=True)
    ticket.add_argument("--priority", default="")
    ticket.add_argument(
        "--at", type=_like(_at, "time such as 14:30"), metavar="HH:MM", help="the time of an appointment, today"
    )
    hall = verb("hall", "the numbers of the hall")
    hall.add_argument("act", choices=["list"], help="print the numbers that have not ended, to go on by hand")


def _devices(verb: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Hardware, and the embedded province."""
    diagnose = verb("diagnose", "state of each device, of the province and of this machine")
    diagnose.add_argument("--device")
    diagnose.add_argument("--self-test", action="store_true", help="run the self-tests that need no person")
    diagnose.add_argument("--report", type=Path, metavar="FOLDER", help="also write the readiness report, a PDF, there")
    diagnose.add_argument("--bundle", type=Path, metavar="FOLDER", help="also write the redacted bundle, a ZIP, there")
    card = verb("card", "read the chip of the card on the reader")
    key = card.add_mutually_exclusive_group()
    key.add_argument("--can", help="card access number: the last six digits of the number")
    key.add_argument("--id", help="the 12-digit number on the card")
    key.add_argument("--mrz", type=Path, metavar="FILE", help="text file with the three lines of the card's back")
    card.add_argument("--trace", type=Path, metavar="FILE", help="commands and answers, personal data blanked")
    scan = verb("scan", "scan, crop, check")
    scan.add_argument("--out", type=Path, required=True)
    province = verb("province", "the embedded province alone")
    province.add_argument("--listen", default="127.0.0.1:8500")
    province.add_argument("--data", type=Path, required=True)
    province.add_argument("--fault", default="")


def _records(verb: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Figures, accounts, audit log."""
    report = verb("report", "the centre's figures of a day or a month")
    period = report.add_mutually_exclusive_group(required=True)
    period.add_argument("--day", type=_like(_day, "day such as 2026-11-24"), metavar="2026-11-24")
    period.add_argument("--month", type=_like(_month, "month such as 2026-11"), metavar="2026-11")
    report.add_argument("--csv", type=Path, metavar="FILE")
    report.add_argument("--pdf", type=Path, metavar="FILE", help="one page with charts")
    report.add_argument("--words", action="store_true", help="also what people wrote, which may name somebody")
    account = verb("account", "staff accounts")
    account.add_argument("act", choices=["add"])
    account.add_argument("name")
    account.add_argument("--role", choices=["staff", "technician"], required=True)
    audit = verb("audit", "the audit log")
    audit.add_argument("act", choices=["verify"])


def _outbox(outbox: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    acts = outbox.add_subparsers(dest="act", required=True, metavar="ACT")
    add = acts.add_parser("add", parents=[common])
    add.add_argument("payload", type=Path)
    add.add_argument("scans", type=Path, nargs="*")
    acts.add_parser("list", parents=[common])
    for name in ("show", "retry"):
        acts.add_parser(name, parents=[common]).add_argument("id")
    for name, half in (("export", "public"), ("backup", "public"), ("import", "private")):
        move = acts.add_parser(name, parents=[common])
        move.add_argument("file", type=Path)
        move.add_argument("--key", type=Path, required=True, help=f"the centre's {half} key (X25519, PEM)")
    acts.add_parser("verify", parents=[common])
    acts.add_parser("rekey", parents=[common])
    acts.add_parser("drain", parents=[common]).add_argument("--seconds", type=float, default=50)


def main(argv: list[str] | None = None) -> int:
    """Run one verb. Exit code: 0 done, 1 it failed, 2 usage or configuration."""
    try:
        try:
            return _main(sys.argv[1:] if argv is None else argv)
        finally:
            if sys.stdout is not None:  # started with it closed
                sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has read enough (`… | head -1`): what is left to say goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains of it at its end
        return FAILED


def _main(argv: list[str]) -> int:
    try:
        options = parser().parse_args(argv, argparse.Namespace(config=None, json=False))
    except UsageError as error:
        sys.stderr.write(f"{error}\n")
        if "--json" in argv:
            sys.stdout.write(json.dumps({"error": {"code": "usage", "message": str(error)}}, ensure_ascii=False) + "\n")
        return USAGE
    from kiosk import commands

    if options.verb in ("run", "tour"):
        from screens import launch

        return commands.guarded(options, launch.run if options.verb == "run" else launch.tour)
    return commands.guarded(options, commands.VERBS[options.verb])


if __name__ == "__main__":
    from kiosk.wiping import wipe_what_is_freed

    wipe_what_is_freed()
    sys.exit(main())
