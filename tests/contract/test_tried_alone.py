"""Drivers at the command line: a mistake is told in one sentence, and what is no driver says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from devices.document_scanner.camera import OverheadCamera, Settings
from devices.document_scanner.jpeg_stream import JpegCamera
from devices.frames import check_source

ROOT = Path(__file__).parent.parent.parent
NO_URL = "argument --url: «foo» must begin with socket://, serial:// or usblp://"
NO_SOURCE = "argument --source: «foo» is no number and no path that begins with /"


def said(*command: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a module."""
    line = [sys.executable, "-m", *command]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("module", "name", "sentence"),
    [
        ("printer.escpos", "--url", NO_URL),
        ("printer.custom_vkp", "--url", NO_URL),
        ("code_scanner.serial_line", "--url", NO_URL),
        ("code_scanner.camera", "--source", NO_SOURCE),
        ("document_scanner.camera", "--source", NO_SOURCE),
    ],
)
def test_a_place_that_cannot_be_is_told_in_a_sentence(module: str, name: str, sentence: str) -> None:
    code, out, err = said(f"devices.{module}", name, "foo", "test")
    assert (code, out) == (2, "")
    assert err.endswith(f"{sentence}\n")
    assert "Traceback" not in err


@pytest.mark.parametrize("kind", ["printer", "document_scanner", "card_reader"])
def test_a_simulated_device_is_no_driver_to_try(kind: str) -> None:
    code, out, err = said(f"devices.{kind}.simulated", "test")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "no driver to try" in err


@pytest.mark.parametrize("kind", ["document_scanner", "code_scanner"])
def test_help_names_streams(kind: str) -> None:
    assert "http://127.0.0.1:8080/stream" in said(f"devices.{kind}.camera", "--help")[1]


@pytest.mark.parametrize("port", ["99999", "0", "many"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(ValueError, match="a port is a number from 1 to 65535"):
        check_source(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("scheme", ["http", "HTTP"])
def test_a_stream_is_one_in_capitals_too(scheme: str) -> None:
    camera = OverheadCamera(Settings(driver="camera", source=f"{scheme}://127.0.0.1:8080/"))
    assert isinstance(camera._camera, JpegCamera)
