"""The kiosk in a real window with fresh data, for probes that run as processes of their own."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def window_on(
    size: tuple[int, int], work: Callable[[Any, Any], None], devices: Mapping[str, Mapping[str, Any]] | None = None
) -> None:
    """Show the embedded default in a window of `size`, do `work(window, machine)` on another thread, close.

    `devices` replaces tables of the configuration.
    """
    from kiosk import config as configuration
    from kiosk.wiring import Machine
    from screens.launch import prepare_kivy, screen

    config = configuration.load(None)
    with tempfile.TemporaryDirectory() as folder, screen(size):
        hall = config.hall.model_copy(update={"listen": ""})
        storage = config.storage.model_copy(update={"data_dir": Path(folder)})
        changed = {"hall": hall, "storage": storage, "devices": {**config.devices, **(devices or {})}}
        with Machine(config.model_copy(update=changed)) as machine:
            prepare_kivy(size)
            from kivy.clock import Clock

            from screens.window import KioskWindow

            def perform() -> None:
                try:
                    work(window, machine)
                finally:
                    Clock.schedule_once(lambda _dt: window.stop(), 0)

            def start() -> None:
                threading.Thread(target=perform, daemon=True).start()

            window = KioskWindow(machine.kiosk, machine.inbox, on_first_frame=start)
            window.run()
