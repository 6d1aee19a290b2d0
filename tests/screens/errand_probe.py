"""Every errand of those who come back, and an officer's, in one window; a process of its own, answers in JSON."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.screens.stage import window_on

PATIENCE = 20.0
ASK_SECONDS = 0.2  # between two looks at what the bank or the phone says
SCANNER = {"driver": "simulated", "seconds_per_page": 0.0}


def probe(size: tuple[int, int], out: Path, only: str) -> dict[str, Any]:
    """`{errand: what was seen, "findings": [...], "stored": {client_ref: payload}}`."""
    answer: dict[str, Any] = {"findings": [], "stored": {}}
    window_on(size, lambda window, machine: work(window, machine, out, only, answer), {"document_scanner": SCANNER})
    return answer


def work(window: Any, machine: Any, out: Path, only: str, answer: dict[str, Any]) -> None:
    """One errand after the other."""
    from kiosk.errands import paying, vneid
    from screens.robot import RobotLost
    from tests.screens.officer import Officer

    paying.POLL_SECONDS = vneid.ASK_SECONDS = ASK_SECONDS
    visitor = Officer(machine, window, out)
    try:
        for name, errand in errands(visitor).items():
            if only not in name:
                continue
            visitor.errand, visitor.seen = name, {}
            began = time.monotonic()
            errand()
            answer[name] = visitor.seen | {"seconds": round(time.monotonic() - began, 1)}
    except RobotLost:
        if out != Path():
            visitor.robot.picture(out / "lost.png")
        raise
    finally:
        answer["findings"] = visitor.findings
        visitor.robot.close()
    answer["stored"] = stored(machine, {name: answer[name]["ref"] for name in answer if name.startswith("suggestion")})


def errands(visitor: Any) -> dict[str, Callable[[], None]]:
    """By name; the fee that is not paid in the first is paid in the second."""
    from kiosk.sandbox.progress import known_code

    due, papers, ready, refused = (known_code(visitor.province.agency_code, status) for status in (6, 5, 9, 3))
    return {
        "fee": lambda: visitor.fee(due),
        "paid": lambda: visitor.paid(due),
        "result": lambda: visitor.result((ready, refused)),
        "appointment": lambda: visitor.appointment("LH-0001"),
        "suggestion": lambda: visitor.suggestion(named=False),
        "suggestion_named": lambda: visitor.suggestion(named=True),
        "phone": lambda: visitor.phone(lambda word: setattr(visitor.province.people, "phone", word)),
        "papers": lambda: visitor.papers(papers),
        "officer": visitor.works,
    }


def stored(machine: Any, refs: dict[str, str]) -> dict[str, Any]:
    """What the province has of suggestions: their answers and who has sent them."""
    from kiosk.sandbox.store import Store

    end = time.monotonic() + PATIENCE
    while machine.kiosk.parts.outbox.counts().pending and time.monotonic() < end:
        time.sleep(0.1)
    machine.province.stop()
    store, found = Store(machine.config.storage.data_dir / "province"), {}
    for name, ref in refs.items():
        accepted = store.by_client_ref(ref)
        assert accepted
        found[name] = {"answers": accepted.payload["form"]["answers"], "submitter": accepted.payload["submitter"]}
    store.close()
    return found


def main() -> None:
    """`[--size 1920x1080] [--out DIR] [--only NAME]`; the last line of stdout is JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="1080x1920")
    parser.add_argument("--out", type=Path, default=Path(), help="keep pictures in this folder")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    options.out.mkdir(parents=True, exist_ok=True)
    width, _, height = options.size.partition("x")
    print(json.dumps(probe((int(width), int(height)), options.out, options.only), ensure_ascii=False))


if __name__ == "__main__":
    main()
