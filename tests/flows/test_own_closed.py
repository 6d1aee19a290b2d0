"""Files of a site that cannot be reached: told with all else, the last good ones hold, and the kiosk starts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk import builders, check
from kiosk.catalogue.own_files import LAST_GOOD, OWN_REFUSED
from kiosk.config import ASSETS, Config
from kiosk.wiring import Machine
from tests.flows.test_new_form import own_files

NOBODY = 65534
AS_NOBODY = f"""
import os, sys
os.setgid({NOBODY}); os.setuid({NOBODY})
from pathlib import Path
from kiosk import builders, check, config
site = config.parse({{"storage": {{"data_dir": sys.argv[1]}}, "site": {{"languages": ["vi", "en"]}}}})
print(*check.problems(site), sep="\\n")
data = builders.data_of(site, starting=True)
print("holds:", "1.003677" in data.lookup.catalogue.procedures, len(data.mistakes))
"""


@pytest.fixture
def own(config: Config) -> Path:
    """The site's own files: a procedure, its form, its English."""
    return own_files(config)


def instead(content: str | None) -> Callable[[Path], None]:
    """A file, or a link to itself for None, in the place of what was there."""

    def put(path: Path) -> None:
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.symlink_to(path) if content is None else path.write_text(content)

    return put


NO_FOLDER, LOOP = "cannot be read: Not a directory", "cannot be read: Too many levels of symbolic links"
NOWHERE = "cannot be read: is a link that leads nowhere"
CLOSED = {
    ("forms", NO_FOLDER): instead("x"),
    ("forms", LOOP): instead(None),
    ("locales", NO_FOLDER): instead("x"),
    ("locales/en", LOOP): instead(None),
    ("site.yaml", NOWHERE): instead(None),
    ("exemptions.yaml", NOWHERE): instead(None),
}


@pytest.mark.parametrize("closed", CLOSED)
def test_what_cannot_be_reached_is_told_and_the_last_good_set_holds(
    own: Path, config: Config, closed: tuple[str, str]
) -> None:
    builders.data_of(config, starting=True)
    name, why = closed
    CLOSED[closed](own / name)
    (own / "synonyms.yaml").write_text("phrases: 7", encoding="utf-8")
    assert check.problems(config) == [f"{name}: {why}", "synonyms.yaml: phrases: must be a list"]
    data = builders.data_of(config, starting=True)
    assert data.folder == own / LAST_GOOD
    assert "library-card" in data.forms
    assert [path.name for path in data.texts["en"]] == ["library.po"]


def test_a_kiosk_starts_without_the_whole_folder(own: Path, config: Config) -> None:
    instead("x")(own)
    assert check.problems(config) == ["catalogue: cannot be read: Not a directory"]
    with Machine(config) as machine:
        assert "1.001193" in machine.kiosk.parts.catalogue.procedures
        assert machine.kiosk.parts.outbox.notices()[OWN_REFUSED] == "1: catalogue: cannot be read: Not a directory"


def test_a_last_good_set_that_cannot_be_read_holds_no_more(own: Path, config: Config) -> None:
    builders.data_of(config, starting=True)
    instead("x")(own / LAST_GOOD / "forms")
    (own / "procedures.yaml").write_text("- {code: 1}", encoding="utf-8")
    data = builders.data_of(config, starting=True)
    assert data.folder is None
    assert "1.001193" in data.lookup.catalogue.procedures


@pytest.fixture
def others() -> Iterator[Path]:
    """A data folder that other users reach, with the example of a site."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    shutil.copytree(ASSETS / "config/own-example", folder / "catalogue")
    shutil.chown(folder, NOBODY)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize(
    ("name", "mode"),
    [("", 0o700), ("", 0o744), ("forms", 0o700), ("forms", 0o744), ("locales", 0o700), ("locales/en", 0)],
)
def test_what_the_kiosks_user_may_not_read_is_told(others: Path, name: str, mode: int) -> None:
    (others / "catalogue" / name).chmod(mode)
    run = subprocess.run(
        [sys.executable, "-B", "-c", AS_NOBODY, others], capture_output=True, text=True, cwd=ASSETS.parent, check=False
    )
    told = run.stdout.splitlines()
    assert told, run.stderr
    assert told[0] == f"{name or 'catalogue'}: cannot be read: Permission denied"
    assert told[-1].startswith("holds: False ")
    assert len(told) == (3 if (name, mode) == ("forms", 0o744) else 2), told  # there the form itself is told too
