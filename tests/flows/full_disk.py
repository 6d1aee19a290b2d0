"""A kiosk that was in use is started on its disk without one free byte; its test gives it a small disk of its own.

`python -m tests.flows.full_disk FOLDER`
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from kiosk import config as configuration
from kiosk.config import Config, Province
from kiosk.hall.tickets import HallError
from kiosk.wiring import Machine
from offline_queue.errors import OutboxFull
from tests.flows.conftest import Player
from tests.flows.test_dossier import submit


def of_folder(folder: Path) -> Config:
    """The embedded default with its data there."""
    default = configuration.load(None)
    province = Province(url="http://127.0.0.1:9")  # nobody: an embedded one would need room of its own
    storage = default.storage.model_copy(update={"data_dir": folder / "data", "min_free_mb": 1, "warn_free_mb": 1})
    hall = default.hall.model_copy(update={"listen": ""})
    return default.model_copy(update={"storage": storage, "hall": hall, "province": province})


def fill(file: Path) -> None:
    """Take every byte that is left."""
    for size in (65536, 1):
        with suppress(OSError), file.open("ab", buffering=0) as ballast:
            while ballast.write(os.urandom(size)):
                pass


def files(folder: Path) -> dict[str, bytes]:
    """What lies in the data folder."""
    found = {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: content for name, content in found.items() if content and not name.endswith("-shm")}


def refused(config: Config, before: dict[str, bytes]) -> None:
    """It does not start, says why, and leaves all as it was."""
    try:
        with Machine(config):
            raise SystemExit("it started without room")
    except OutboxFull as error:
        print(error.code)
    after = files(config.storage.data_dir)
    changed = {name for name, content in before.items() if after.get(name) != content}
    assert not changed, changed
    assert not [name for name in after if "damaged" in name or "salvage" in name]


def main(folder: Path) -> None:
    """Use it, fill the disk, start it, make room, start it."""
    config = of_folder(folder)
    with Machine(config) as machine:
        submit(Player(machine), "2.000635")
        kept = [entry.id for entry in machine.kiosk.parts.outbox.list(10)]
    before = files(config.storage.data_dir)
    fill(folder / "ballast")
    refused(config, before)
    store = config.storage.data_dir / "outbox.db"
    with store.open("r+b") as file:  # damaged as well, and room for one copy of it: two are needed
        file.seek(store.stat().st_size // 8192 * 4096)
        sound = file.read(4096)
        file.seek(-4096, os.SEEK_CUR)
        file.write(os.urandom(4096))
    os.truncate(folder / "ballast", (folder / "ballast").stat().st_size - store.stat().st_size - 65536)
    refused(config, files(config.storage.data_dir))
    with store.open("r+b") as file:
        file.seek(store.stat().st_size // 8192 * 4096)
        file.write(sound)
    for free in range(0, 128 * 1024, 8192):  # whichever of the stores finds no room, it says so
        fill(folder / "ballast")
        os.truncate(folder / "ballast", (folder / "ballast").stat().st_size - free)
        try:
            with Machine(config) as machine:
                assert machine.kiosk.parts.outbox.notices() == {}
        except (OutboxFull, HallError) as error:
            if error.code != "disk_full":
                raise
    (folder / "ballast").unlink()
    with Machine(config) as machine:
        assert [entry.id for entry in machine.kiosk.parts.outbox.list(10)] == kept
        assert machine.kiosk.parts.outbox.notices() == {}
    print("started")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
