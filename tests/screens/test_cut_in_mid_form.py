"""The power is cut while somebody fills a form: nothing of what was typed is left, and the kiosk begins at home.

The second start is also the one of a site that takes no suggestions: home without that button.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from kiosk.config import DEFAULT_FILE
from tests.screens.test_errands import SIZE

ROOT = Path(__file__).parents[2]
SECONDS = 100
NAME, NUMBER = "Bùi Thị Vẹn", "027190012345"

pytestmark = pytest.mark.timeout(2 * SECONDS)


def start(folder: Path, config: Path, *arguments: str) -> subprocess.Popen[str]:
    """`main.py run` with a robot; whatever it writes anywhere lies in `folder`."""
    usual = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    environment = usual | {"KIOSK_SIZE": SIZE, "HOME": str(folder), "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.screens.cut_probe", "--config", str(config), *arguments]
    return subprocess.Popen(  # in a session of its own: its virtual screen loses the power too
        command, cwd=folder, env=environment, text=True, start_new_session=True, **PIPES
    )


PIPES: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}


def site(folder: Path, feedback: bool) -> Path:
    """The embedded default with its data in `folder`."""
    text = DEFAULT_FILE.read_text(encoding="utf-8").replace('listen = "127.0.0.1:8000"\n', "")
    text = text.replace("[storage]\n", f'[storage]\ndata_dir = "{folder / "data"}"\n')
    file = folder / "kiosk.toml"
    file.write_text(text if feedback else text.replace("[feedback]\n", ""), encoding="utf-8")
    return file


def traces(folder: Path) -> list[str]:
    """Files in which the name or the number can be read, however written."""
    wanted = [unicodedata.normalize(form, NAME) for form in ("NFC", "NFD")] + [NUMBER]
    needles = [text.encode(code) for text in wanted for code in ("utf-8", "utf-16-le")]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(needle in path.read_bytes() for needle in needles)]


def test_nothing_of_a_half_filled_form_outlives_the_power(tmp_path: Path) -> None:
    kiosk = start(tmp_path, site(tmp_path, feedback=True), "--name", NAME)
    assert kiosk.stdout is not None
    told = kiosk.stdout.readline()
    os.killpg(kiosk.pid, signal.SIGKILL)
    _, errors = kiosk.communicate()
    assert told, errors[-2000:]
    assert json.loads(told) == {"step": "form", "typed": True}
    assert (tmp_path / "data" / "logs" / "kiosk.log").exists()
    assert traces(tmp_path) == []
    (tmp_path / "planted").write_text(unicodedata.normalize("NFD", NAME), encoding="utf-8")
    assert traces(tmp_path) == ["planted"]

    again = start(tmp_path, site(tmp_path, feedback=False))
    out, errors = again.communicate(timeout=SECONDS)
    assert again.returncode == 0, errors[-2000:]
    told_now = json.loads(out.splitlines()[-1])
    assert told_now == {"step": "home", "nobody": True, "sees": ["Theo dõi hồ sơ, lịch hẹn"], "findings": []}
