"""Probe of the window, run as a process of its own: `bare`, `kiosk`, `journeys`; the last line of stdout is JSON."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

STARTED = time.time()
IDLE_SECONDS = 5.0
CHIPS = 8
TYPED = ("giay khai sinh", "nhap ho khau", "tro cap")
SETTLE_SECONDS = 3.0
BUILD_SECONDS = 8.0  # the screens that nobody sees yet are built one by one after the first frame


def process_started() -> float:
    """When this process began, as seconds since the epoch."""
    ticks = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
    boot = float(
        next(line.split()[1] for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime"))
    )
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return max(boot + ticks / os.sysconf("SC_CLK_TCK"), time.time() - uptime)


def rss_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure_idle(stop: Callable[[], None], first: list[float]) -> None:
    """After the first frame: settle, measure CPU and memory, stop."""
    time.sleep(BUILD_SECONDS)
    before, began = time.process_time(), time.monotonic()
    time.sleep(IDLE_SECONDS)
    cpu = 100 * (time.process_time() - before) / (time.monotonic() - began)
    print(json.dumps({"first_frame_seconds": first[0], "idle_cpu_percent": cpu, "rss_mb": rss_mb()}))
    sys.stdout.flush()
    stop()


def bare() -> None:
    """A label, nothing else: what Kivy itself costs."""
    from screens.launch import PORTRAIT, prepare_kivy, screen

    with screen(PORTRAIT):
        prepare_kivy(PORTRAIT)
        from kivy.app import App
        from kivy.clock import Clock
        from kivy.core.window import Window
        from kivy.uix.label import Label

        first: list[float] = []

        class Bare(App):  # type: ignore[misc]
            def build(self) -> Label:
                Window.bind(on_flip=self.flipped)
                return Label(text="Kiosk")

            def flipped(self, *_: object) -> None:
                if not first:
                    first.append(time.time() - process_started())
                    stop = lambda: Clock.schedule_once(lambda _dt: self.stop(), 0)  # noqa: E731
                    threading.Thread(target=measure_idle, args=(stop, first), daemon=True).start()

        Bare().run()


def kiosk(
    work: Callable[[Any, Any], None] | None = None,
    devices: Mapping[str, Any] | None = None,
    hall: Mapping[str, Any] | None = None,
) -> None:
    """The kiosk with the embedded default and fresh data; `devices` replaces tables, `hall` keys of its table."""
    from kiosk import config as configuration
    from kiosk.wiring import Machine
    from screens.launch import PORTRAIT, prepare_kivy, screen

    config = configuration.load(None)
    config = config.model_copy(update={"devices": {**config.devices, **(devices or {})}})
    with tempfile.TemporaryDirectory() as folder, screen(PORTRAIT):
        table = config.hall.model_copy(update={"listen": "", **(hall or {})})
        storage = config.storage.model_copy(update={"data_dir": Path(folder)})
        config = config.model_copy(update={"hall": table, "storage": storage})
        with Machine(config) as machine:
            prepare_kivy(PORTRAIT)
            from kivy.clock import Clock
            from kivy.core.window import Window

            from screens.window import KioskWindow

            window = KioskWindow(machine.kiosk, machine.inbox)
            first: list[float] = []

            def flipped(*_: object) -> None:
                if not first:
                    first.append(time.time() - process_started())
                    threading.Thread(target=measure, daemon=True).start()

            def stop() -> None:
                Clock.schedule_once(lambda _dt: window.stop(), 0)

            def measure() -> None:
                if work is None:
                    measure_idle(stop, first)
                else:
                    work(window, machine)
                    stop()

            Window.bind(on_flip=flipped)
            window.run()


def journeys(count: int) -> None:
    """Numbers taken by touch: touch to drawn screen, and memory after 20 and after `count`."""

    def work(window: Any, _machine: Any) -> None:
        from kiosk.state import Step
        from screens.robot import Robot
        from screens.tr import tr

        robot = Robot(window)
        robot.wait(lambda _s: len(window.screens) == len(Step), "all screens")
        answer: dict[str, float] = {}
        touched: list[float] = []
        for number in range(1, count + 1):
            robot.wait_step(Step.HOME)
            touched.append(robot.timed_tap(tr._("Tôi không biết"), Step.TICKET))
            robot.tap(lambda w: type(w).__name__ == "MainAction", "done")
            if number in (20, count):
                time.sleep(SETTLE_SECONDS)  # memory is given back when a citizen has gone
                answer[f"rss_mb_after_{number}_journeys"] = rss_mb()
        touched.sort()
        answer["touch_to_drawn_ms_p50"] = 1000 * statistics.median(touched)
        answer["touch_to_drawn_ms_p95"] = 1000 * touched[int(0.95 * (len(touched) - 1))]
        print(json.dumps(answer))
        sys.stdout.flush()
        robot.close()

    kiosk(work)


def stalls() -> None:
    """Longest pause of the main thread while the province hangs, the printer is silent, and pages are scanned."""
    from devices.printer.virtual import Fault, Printer
    from devices.printer.virtual_lines import TcpPrinter

    def work(window: Any, machine: Any) -> None:
        from kivy.clock import Clock

        from kiosk.state import Job, Step
        from screens.robot import Robot

        robot = Robot(window)
        robot.wait(lambda _s: len(window.screens) == len(Step), "all screens")
        time.sleep(SETTLE_SECONDS)
        machine.province.fault = "slow"
        turns: list[float] = []
        robot.on_main(lambda: Clock.schedule_interval(lambda _dt: turns.append(time.perf_counter()), 0))
        kiosk = machine.kiosk
        for _ in range(5):
            robot.on_main(lambda: kiosk.take_number("A") or True)
            time.sleep(1)
            robot.on_main(lambda: kiosk.done_with_ticket() or True)
        robot.on_main(lambda: (kiosk.browse(), kiosk.choose_procedure("1.001193"), kiosk.choose_case("certificate")))
        robot.on_main(lambda: kiosk.open_paper("birth_certificate") or True)
        for _ in range(4):
            robot.on_main(lambda: kiosk.scan_page() or True)
            robot.wait(lambda s: bool(s.session and s.session.scan is not Job.RUNNING), "the page")
        gaps = sorted(1000 * (b - a) for a, b in pairwise(turns))
        answer = {"main_thread_gap_ms_p99": gaps[int(0.99 * (len(gaps) - 1))], "main_thread_gap_ms_max": gaps[-1]}
        print(json.dumps(answer))
        sys.stdout.flush()
        robot.close()

    printer = Printer()
    printer.fault = Fault.SILENT
    with TcpPrinter(printer, 0) as line:
        kiosk(
            work,
            {
                "printer": {"driver": "escpos", "url": line.url},
                "document_scanner": {"driver": "simulated", "seconds_per_page": 1.5},
            },
        )


def chip() -> None:
    """Pauses of the main thread while chips are read, at the speed of a real card."""
    from devices.card_reader.chip.card import make_card
    from devices.card_reader.chip.faults import Faults
    from devices.card_reader.chip.profile import Person

    def work(window: Any, machine: Any) -> None:
        from kivy.clock import Clock

        from kiosk.state import CardReading, Step
        from screens.robot import Robot

        robot = Robot(window)
        robot.wait(lambda _s: len(window.screens) == len(Step), "all screens")
        kiosk, reader = machine.kiosk, machine.devices["card_reader"]
        card = make_card(faults=Faults(slow=0.025))
        turns: list[float] = []
        gaps: list[float] = []

        def frame(_dt: float) -> None:
            turns.append(time.perf_counter())

        robot.on_main(lambda: (kiosk.browse(), kiosk.choose_procedure("1.001193"), kiosk.choose_case("certificate")))
        robot.on_main(lambda: kiosk.start_dossier() or True)
        robot.on_main(lambda: kiosk.type_id_number(Person().number) or True)
        for _ in range(CHIPS):
            time.sleep(SETTLE_SECONDS)
            ticking = robot.on_main(lambda: Clock.schedule_interval(frame, 0))
            reader.insert(card)
            robot.wait(lambda s: bool(s.session and s.session.card.verified), "the chip")
            robot.on_main(ticking.cancel)
            gaps += [1000 * (b - a) for a, b in pairwise(turns)]
            turns.clear()
            reader.remove()
            robot.wait(lambda s: not s.card_present, "the card in the citizen's hand")
            robot.on_main(lambda: (kiosk.back(), kiosk.change_session(card=CardReading())))
            robot.on_main(lambda: kiosk.type_id_number(Person().number) or True)
        gaps.sort()
        p99 = gaps[int(0.99 * (len(gaps) - 1))]
        print(json.dumps({"chip_frame_gap_ms_p99": p99, "chip_frame_gap_ms_max": gaps[-1]}))
        sys.stdout.flush()
        robot.close()

    kiosk(work)


def typing() -> None:
    """From a key of the search to the frame that shows its first results; by the wall and by the processor's clock."""

    def work(window: Any, machine: Any) -> None:
        from kivy.clock import Clock
        from kivy.core.window import Window

        from kiosk.state import Step
        from screens.robot import Robot

        robot, kiosk = Robot(window), machine.kiosk
        robot.wait(lambda _s: len(window.screens) == len(Step), "all screens")
        time.sleep(SETTLE_SECONDS)
        robot.on_main(lambda: kiosk.browse() or True)
        wall, processor = [], []
        for query in TYPED:
            for end in range(1, len(query) + 1):
                drawn = threading.Event()
                began: list[float] = []

                def press(text: str = query[:end], began: list[float] = began) -> None:
                    began += [time.perf_counter(), time.thread_time()]
                    kiosk.search(text)

                def flipped(*_: object, began: list[float] = began, drawn: threading.Event = drawn) -> None:
                    if began and not drawn.is_set():
                        wall.append(1000 * (time.perf_counter() - began[0]))
                        processor.append(1000 * (time.thread_time() - began[1]))
                        drawn.set()

                robot.on_main(partial(Window.bind, on_flip=flipped))
                Clock.schedule_once(lambda _dt, p=press: p(), 0)
                drawn.wait(5)
                robot.on_main(partial(Window.unbind, on_flip=flipped))
                time.sleep(0.3)
        answer = {}
        for name, values in (("wall", sorted(wall)), ("processor", sorted(processor))):
            answer[f"key_to_results_{name}_ms_p50"] = statistics.median(values)
            answer[f"key_to_results_{name}_ms_p95"] = values[int(0.95 * (len(values) - 1))]
        print(json.dumps(answer))
        sys.stdout.flush()
        robot.close()

    kiosk(work)


def main() -> None:
    """One probe."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["bare", "kiosk", "journeys", "stalls", "chip", "typing"])
    parser.add_argument("--count", type=int, default=300)
    options = parser.parse_args()
    if options.what == "bare":
        bare()
    elif options.what == "kiosk":
        kiosk()
    elif options.what == "stalls":
        stalls()
    elif options.what == "chip":
        chip()
    elif options.what == "typing":
        typing()
    else:
        journeys(options.count)


if __name__ == "__main__":
    main()
