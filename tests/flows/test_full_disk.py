"""A full disk at the start is told as a full disk: nothing is taken for damaged, and with room the kiosk starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.queue.test_store_crash import ROOT, tiny_disk


def test_a_full_disk_is_no_damage(tmp_path: Path) -> None:
    child = [sys.executable, "-m", "tests.flows.full_disk", str(tmp_path)]
    done = subprocess.run([*tiny_disk(tmp_path, 64), *child], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("disk_full\ndisk_full\nstarted\n", 0), done.stderr
    assert done.stderr.count("damaged") == 1  # the second time it was
