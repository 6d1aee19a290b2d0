"""A hall at work before the kiosk's window: 20 counters and 5 boards, and how soon a call is seen and heard.

Three processes, as in a hall: the kiosk with its window (`kiosk`), the browsers' lines (`lines`), and Chromium for the
first sound. `python -m tests.bench.pages kiosk --seconds 600` is the ten minutes of it.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import requests

from tests.pages.streams import Stream

ROOT = Path(__file__).parent.parent.parent
COUNTERS, BOARDS = 20, 5
CALL_EVERY = 60.0  # seconds, at each counter: five times as busy as a real one
SOUNDS = 8
OFFICER, PIN = "Cán bộ", "2468"
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
NOTE_TIME = "() => window.at ||= Date.now()"
NUMBER = re.compile(r'id="number">([A-Z]-[0-9]+)<')


def measure(seconds: float = 60.0) -> dict[str, float]:
    """Milliseconds from the key at a counter to the change on a board, and pauses of the window meanwhile."""
    return _run("kiosk", "--seconds", str(seconds))


def _run(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.pages", *arguments]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def percentile(values: list[float], part: float) -> float:
    """The value below which this part of them lies."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


# -- the kiosk ---------------------------------------------------------------------------------------------------
def kiosk(seconds: float) -> None:
    """The window and its pages; without readers first, then with all of them."""
    from kiosk.config import SeriesTable
    from kiosk.serving import bind
    from tests.bench import window as probe

    with bind("127.0.0.1", 0) as free:
        port = free.getsockname()[1]

    def work(window: Any, machine: Any) -> None:
        from kivy.clock import Clock

        from kiosk.state import Step
        from screens.robot import Robot

        robot = Robot(window)
        robot.wait(lambda _s: len(window.screens) == len(Step), "all screens")
        turns: list[float] = []
        robot.on_main(lambda: Clock.schedule_interval(lambda _dt: turns.append(time.perf_counter()), 0))
        time.sleep(10)
        alone = gaps(turns)
        done = threading.Event()
        taking = threading.Thread(target=take_numbers, args=(machine.kiosk.parts, done))
        taking.start()
        told = _run("lines", "--url", f"http://127.0.0.1:{port}", "--seconds", str(seconds))
        served = gaps(turns)
        done.set()
        taking.join()
        told |= sounds(f"http://127.0.0.1:{port}", machine.kiosk.parts)
        told |= {
            "frame_gap_alone_ms_p99": percentile(alone, 0.99),
            "frame_gap_served_ms_p99": percentile(served, 0.99),
            "frame_gap_served_ms_max": max(served),
        }
        print(json.dumps(told))
        sys.stdout.flush()
        robot.close()

    everywhere = SeriesTable(letter="A", title="Hộ tịch", counters=tuple(range(1, COUNTERS + 1)))
    probe.kiosk(work, hall={"listen": f"127.0.0.1:{port}", "series": (everywhere,)})


def gaps(turns: list[float]) -> list[float]:
    """Milliseconds between turns of the main thread since the last question."""
    found = [1000 * (after - before) for before, after in pairwise(turns)]
    turns.clear()
    return found


def take_numbers(parts: Any, done: threading.Event) -> None:
    """Citizens take numbers as fast as they are called."""
    while not done.wait(CALL_EVERY / COUNTERS):
        parts.hall.take("A", parts.clock())


# -- the browsers' lines -----------------------------------------------------------------------------------------
def lines(url: str, seconds: float) -> None:
    """All counters work for a while, all boards listen."""
    pressed: dict[str, float] = {}
    seen: list[dict[str, float]] = [{} for _ in range(BOARDS)]
    end = time.monotonic() + seconds
    boards = [threading.Thread(target=listen, args=(url, end, found), daemon=True) for found in seen]
    desks = [threading.Thread(target=sit, args=(url, number, end, pressed)) for number in range(1, COUNTERS + 1)]
    for thread in (*boards, *desks):
        thread.start()
    for thread in desks:
        thread.join()
    waited = [1000 * (found[label] - at) for found in seen for label, at in pressed.items() if label in found]
    print(
        json.dumps(
            {
                "calls": len(pressed),
                "calls_a_board_missed": sum(label not in found for found in seen for label in pressed),
                "call_to_board_ms_p50": statistics.median(waited),
                "call_to_board_ms_p99": percentile(waited, 0.99),
                "call_to_board_ms_max": max(waited),
            }
        )
    )


def listen(url: str, end: float, seen: dict[str, float]) -> None:
    """A board: when each number first stood in the light."""
    with Stream(f"{url}/board/events") as stream:
        while time.monotonic() < end:
            name, data = stream.next()
            at = time.monotonic()
            if name == "hall":
                for letter, number in re.findall(r"<b><s>([A-Z]-)</s>([0-9]+)</b>", data["html"]):
                    seen.setdefault(letter + number, at)


def sit(url: str, number: int, end: float, pressed: dict[str, float]) -> None:
    """A counter: its officer's stream is read, and the one key pressed now and then."""
    http = requests.Session()
    http.headers["Origin"] = url
    page = http.post(f"{url}/login", data={"name": OFFICER, "pin": PIN, "to": "counter"}, timeout=60).text
    page = post(http, url, page, "choose", number)
    stream = Stream(f"{url}/counter/events", http.cookies)
    reading = threading.Thread(target=drain, args=(stream,), daemon=True)
    reading.start()
    time.sleep(CALL_EVERY * number / COUNTERS)
    while time.monotonic() < end - 2:
        at = time.monotonic()
        page = post(http, url, page, "done-next" if NUMBER.search(page) else "next", number)
        if found := NUMBER.search(page):
            pressed[found[1]] = at
        time.sleep(CALL_EVERY)


def post(http: requests.Session, url: str, page: str, verb: str, number: int) -> str:
    """Press; the page afterwards."""
    token = TOKEN.search(page)
    form = {"csrf": token[1] if token else "", "counter": str(number)}
    return http.post(f"{url}/counter/{verb}", data=form, timeout=60).text


def drain(stream: Stream) -> None:
    """Read what comes until nothing comes any more."""
    try:
        while True:
            stream.next()
    except (StopIteration, requests.RequestException):
        return


# -- Chromium ----------------------------------------------------------------------------------------------------
def sounds(url: str, parts: Any) -> dict[str, float]:
    """Milliseconds from the key to the first sound that Chromium plays, each call after a silence."""
    from playwright.sync_api import sync_playwright

    from tests.pages.conftest import CHROMIUM, QUIET

    waited = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        desk, board = browser.new_page(), browser.new_page()
        desk.goto(f"{url}/login?to=counter")
        desk.select_option("#name", OFFICER)
        desk.fill("#pin", PIN)
        desk.keyboard.press("Enter")
        desk.click("#choose-1")
        desk.wait_for_selector("#primary")
        board.goto(f"{url}/board")
        for _ in range(SOUNDS):
            parts.hall.take("A", parts.clock())
            board.reload()
            board.evaluate(f"document.getElementById('voice').addEventListener('playing', {NOTE_TIME})")
            desk.evaluate(f"window.at = 0; addEventListener('submit', {NOTE_TIME}, true)")
            time.sleep(1)
            desk.keyboard.press("n" if desk.locator("#absent").count() else "Space")
            board.wait_for_timeout(3000)
            heard, pressed = board.evaluate("window.at"), desk.evaluate("window.at")
            if heard and pressed:
                waited.append(float(heard - pressed))
        browser.close()
    return {
        "sounds": len(waited),
        "call_to_sound_ms_p50": statistics.median(waited),
        "call_to_sound_ms_max": max(waited),
    }


def main() -> None:
    """One process of the three."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["kiosk", "lines"])
    parser.add_argument("--url", default="")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    if options.what == "kiosk":
        kiosk(options.seconds)
    else:
        lines(options.url, options.seconds)


if __name__ == "__main__":
    main()
