"""The import arrows, the tree and the naming law of the design."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("main", "screens", "kiosk", "devices", "offline_queue")
# main → screens → kiosk → {devices, offline_queue}; the last two import nothing of ours
MAY_IMPORT = {
    "screens": {"screens", "kiosk", "devices", "offline_queue"},
    "kiosk": {"kiosk", "devices", "offline_queue"},
    "devices": {"devices"},
    "offline_queue": {"offline_queue"},
}
# the one file that may know a library (DESIGN 3: a third-party name stands only in its driver file)
ONLY_IN = {
    "serial": {"devices/transport.py"},
    "escpos": {"devices/printer/raster.py"},
    "sane": {"devices/document_scanner/sane_child.py"},
    "smartcard": {"devices/card_reader/pcsc.py"},
    "requests": {"offline_queue/http_gateway.py"},
}
TOP_LEVEL = {
    "main.py", "kiosk", "devices", "screens", "assets", "offline_queue", "tests", "pyproject.toml", "README.md",
    "Makefile", "requirements.lock", "LICENSE", "CHANGELOG.md", "build", "node_modules",
}  # fmt: skip


def sources(*folders: str) -> list[Path]:
    """All Python files below folders of the project."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Modules that a file imports, whole names."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_imports_go_one_way(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(package)
        for name in imported(path)
        if name.split(".")[0] in OURS and name.split(".")[0] not in MAY_IMPORT[package]
    ]
    assert wrong == []


def test_rules_know_no_kivy_and_no_http_client() -> None:
    banned = {"kivy", "requests", "httpx", "urllib3", "serial", "escpos", "sane", "smartcard", "cv2"}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources("kiosk", "offline_queue")
        for name in imported(path)
        if name.split(".")[0] in banned and str(path.relative_to(ROOT)) != "offline_queue/http_gateway.py"
    ]
    assert wrong == []


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_library_is_known_in_one_file(library: str) -> None:
    users = {
        str(path.relative_to(ROOT))
        for path in sources("kiosk", "devices", "screens", "offline_queue")
        if any(name.split(".")[0] == library for name in imported(path))
    }
    assert users <= ONLY_IN[library]


def test_top_level_is_the_design() -> None:
    assert {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} <= TOP_LEVEL | {"__pycache__"}


def test_step_is_screen_is_file() -> None:
    from kiosk.state import Step

    for step in Step:
        assert (ROOT / "screens" / f"{step.value}.py").exists(), step
        assert (ROOT / "screens" / f"{step.value}.kv").exists(), step


def test_files_stay_readable() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {lines}"
        for path in sources("kiosk", "devices", "screens", "offline_queue", "tests")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 420
    ]
    assert long == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in [ROOT / "main.py", *sources("kiosk", "devices", "screens", "offline_queue", "tests")]
        if path.read_text(encoding="utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_no_logic_in_kv() -> None:
    for path in (ROOT / "screens").glob("*.kv"):
        text = path.read_text(encoding="utf-8")
        assert "get_running_app" not in text, path
        bare = re.findall(r"""^\s*text: (['"])(?P<words>[^'"]*[A-Za-zÀ-ỹ]{3}[^'"]*)\1\s*$""", text, re.MULTILINE)
        assert bare == [], f"{path.name}: text without tr._: {bare}"
