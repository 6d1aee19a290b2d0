"""The tour as a technician starts it: `main.py tour`, with the province there, and with a province that is away."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from kiosk.state import Step

ROOT = Path(__file__).parents[2]
SECONDS = 150
PERSONAL = (
    "027190012345",
    "123456789",
    "Nguyễn Thị Đào",
    "0900000001",
    "0912345678",
)  # synthetic
ON_THE_WAY = [Step.HOME, Step.TICKET, Step.PROCEDURES, Step.BRING, Step.IDENTIFY, Step.CARD]
ON_THE_WAY += [Step.NOTICE, Step.FORM, Step.PAPERS]
ON_THE_WAY += [Step.SCAN, Step.REVIEW, Step.DECLARE, Step.COLLECT, Step.SLIP, Step.RATING]

pytestmark = pytest.mark.timeout(SECONDS + 30)


def kiosk(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """`main.py` in a process without a screen."""
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    command = [sys.executable, str(ROOT / "main.py"), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, timeout=SECONDS)


def check_pictures(out: Path, tour: dict[str, Any]) -> None:
    """Every screen on the way has its picture, in the size of the glass, and shows something."""
    steps = tour["steps"]
    assert len(steps) >= 12
    seen = list(dict.fromkeys(step["screen"] for step in steps))
    assert seen == [step.value for step in ON_THE_WAY]
    seconds = [step["seconds"] for step in steps]
    assert seconds == sorted(seconds)
    assert len({step["picture"] for step in steps}) == len(steps)
    for step in steps:
        with Image.open(out / step["picture"]) as picture:
            assert picture.format == "PNG"
            assert picture.size == (1080, 1920)
            assert len(picture.convert("RGB").resize((270, 480)).getcolors(270 * 480) or ()) > 20


def check_slips(out: Path) -> None:
    """The number and the provisional slip were printed: black on white, with something on them."""
    slips = sorted(out.glob("slip-*.png"))
    assert len(slips) >= 2
    for slip in slips:
        with Image.open(slip) as picture:
            assert picture.convert("L").getextrema() == (0, 255)


def check_nothing_personal(folder: Path) -> None:
    """Nothing that tells who stood there is readable in logs, audit log or stores."""
    needles = [text.encode() for text in PERSONAL]
    log = folder / "logs" / "kiosk.log"
    assert log.exists()
    kept = [path for path in folder.rglob("*") if path.is_file() and folder / "province" not in path.parents]
    leaks = [path.relative_to(folder).as_posix() for path in kept if any(n in path.read_bytes() for n in needles)]
    assert leaks == []


def test_a_tour_ends_with_the_code_of_the_province(tmp_path: Path) -> None:
    out = tmp_path / "tour"
    done = kiosk("tour", "--out", out, "--json")
    assert done.returncode == 0, done.stderr[-2000:]
    tour = json.loads(done.stdout)
    assert tour == json.loads((out / "tour.json").read_text(encoding="utf-8"))
    assert set(tour) == {"ticket", "dossier", "chip_dossier", "steps"}
    assert tour["ticket"] == {"number": "A-001", "print": "confirmed"}
    assert re.fullmatch(r"H05\.114-\d{6}-\d{4,}", tour["dossier"]["code"])
    assert re.fullmatch(r"[0-9a-f-]{32,36}", tour["dossier"]["id"])
    assert re.fullmatch(r"H05\.114-\d{6}-\d{4,}", tour["chip_dossier"]["code"])
    assert tour["chip_dossier"]["id"] != tour["dossier"]["id"]
    assert [step["screen"] for step in tour["steps"]].count("card") == 4
    check_pictures(out, tour)
    check_slips(out)
    check_nothing_personal(out / "data")
    assert not any(text in done.stderr or text in done.stdout for text in PERSONAL)


def test_without_a_province_the_slip_is_printed_and_the_dossier_waits(tmp_path: Path) -> None:
    out, data = tmp_path / "tour", tmp_path / "data"
    with socket.socket() as held:  # bound but not listening: whoever connects is refused
        held.bind(("127.0.0.1", 0))
        file = config_file(tmp_path, data, held.getsockname()[1])
        done = kiosk("tour", "--config", file, "--out", out, "--json")
        assert done.returncode == 1, done.stderr[-2000:]
        listed = kiosk("outbox", "list", "--config", file, "--json")
    tour = json.loads(done.stdout)
    assert tour["ticket"]["print"] == "confirmed"
    assert tour["dossier"]["id"]
    assert tour["dossier"]["code"] is None
    check_pictures(out, tour)
    check_slips(out)
    check_nothing_personal(data)
    assert listed.returncode == 0, listed.stderr
    entries = {entry["id"]: entry for entry in json.loads(listed.stdout)["entries"]}
    assert set(entries) == {tour["dossier"]["id"]}
    waiting = entries[tour["dossier"]["id"]]
    papers = 2  # the filled form and the scanned authorisation
    assert (waiting["state"], waiting["code"], waiting["attachments"]) == ("pending", None, papers)


def config_file(folder: Path, data: Path, port: int) -> Path:
    """A site with simulated devices and a province behind `port`."""
    (folder / "token").write_text("synthetic", encoding="utf-8")
    (folder / "token").chmod(0o600)
    devices = "".join(
        f'[devices.{kind}]\ndriver = "simulated"\n'
        for kind in ("printer", "code_scanner", "document_scanner", "card_reader")
    )
    file = folder / "kiosk.toml"
    file.write_text(
        f'[storage]\ndata_dir = "{data}"\n'
        f'[province]\nurl = "http://127.0.0.1:{port}"\ntoken_file = "{folder / "token"}"\n'
        f'{devices}[[hall.series]]\nletter = "A"\ntitle = "Khai sinh, kết hôn, hộ tịch"\ncounters = [1, 2]\n',
        encoding="utf-8",
    )
    return file
