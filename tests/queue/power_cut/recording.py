"""The writes of a process, in the order of the disk: recorded by a library that is loaded before the C library."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
SOURCE = Path(__file__).with_name("shim.c")
HEADER = struct.Struct("=IIIIQq")
MAPPED = "-shm"  # the index of the write-ahead log: written through memory, and made anew after a crash


class Kind(IntEnum):
    """As in `shim.c`."""

    WRITE = 1
    TRUNCATE = 2
    CREATE = 3
    LINK = 4
    UNLINK = 5
    RENAME = 6
    MKDIR = 7
    SYNC = 8
    MARK = 9


@dataclass(frozen=True, slots=True)
class Operation:
    """One step: `text` is a path below the root or a mark, `target` a rename's new path, `offset` a truncate's size."""

    kind: Kind
    inode: int = 0
    offset: int = 0
    data: bytes = field(default=b"", repr=False)
    text: str = ""
    target: str = ""


def compile_shim(folder: Path) -> Path:
    """The library, made in `folder`; the test is skipped where there is no C compiler."""
    if shutil.which("gcc") is None:
        pytest.skip("no gcc")
    library = folder / "shim.so"
    command = ["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return library


def record(module: str, *arguments: str, root: Path, shim: Path) -> list[Operation]:
    """Run `python -m module root arguments…` to its end; all that it did below `root`, an empty folder."""
    log = shim.with_name(f"{root.name}.log")
    environment = {**os.environ, "LD_PRELOAD": str(shim), "POWER_CUT_LOG": str(log), "POWER_CUT_ROOT": str(root)}
    subprocess.run([sys.executable, "-m", module, str(root), *arguments], cwd=ROOT, env=environment, check=True)
    return list(_read(log.read_bytes(), f"{root}/"))


def _read(log: bytes, root: str) -> Iterator[Operation]:
    position = 0
    while position < len(log):
        number, first, second, _, inode, offset = HEADER.unpack_from(log, position)
        middle = position + HEADER.size + first
        one, two = log[position + HEADER.size : middle], log[middle : middle + second].decode()
        position = middle + second
        kind = Kind(number)
        if kind is Kind.WRITE:
            yield Operation(kind, inode, offset, data=one)
        else:
            yield Operation(kind, inode, offset, text=one.decode().removeprefix(root), target=two.removeprefix(root))
