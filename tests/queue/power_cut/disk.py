"""A disk that keeps what was synced, and of the rest whatever it likes.

Pessimistic where POSIX promises nothing: the data of a file is safe from its own fsync on, a name from the fsync of its
folder on. Until then any part of it may be there or not, in any order, by sectors of 512 bytes; a rename is one step.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tests.queue.power_cut.recording import MAPPED, Kind, Operation

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes at an offset; without bytes: cut or filled up to it."""

    offset: int
    data: bytes | None

    def on(self, content: bytearray) -> None:
        """Do it."""
        if self.data is None:
            del content[self.offset :]
        end = self.offset + len(self.data or b"")
        content.extend(bytes(max(0, end - len(content))))
        if self.data:
            content[self.offset : end] = self.data

    def sectors(self) -> Iterable[Write]:
        """The same in pieces that a disk writes whole or not at all."""
        if not self.data:
            return [self]
        start = self.offset - self.offset % SECTOR
        cuts = range(start, self.offset + len(self.data), SECTOR)
        whole = ((max(cut, self.offset), min(cut + SECTOR, self.offset + len(self.data))) for cut in cuts)
        return [Write(a, self.data[a - self.offset : b - self.offset]) for a, b in whole]


@dataclass(slots=True)
class File:
    """What is safe, and what was written since."""

    durable: bytes = b""
    pending: list[Write] = field(default_factory=list)

    def after(self, writes: Iterable[Write]) -> bytes:
        """The content with these writes."""
        writes = list(writes)
        if not writes:
            return self.durable  # the very object, whose hash is known
        content = bytearray(self.durable)
        for write in writes:
            write.on(content)
        return bytes(content)


Names = dict[str, "File | Folder | None"]  # None: the name is taken away


@dataclass(slots=True)
class Folder:
    """Names that are safe, those that a running system sees, and each step since the last fsync."""

    durable: Names = field(default_factory=dict)
    current: Names = field(default_factory=dict)
    pending: list[Names] = field(default_factory=list)

    def change(self, names: Names) -> None:
        """One step, all of it or nothing."""
        self.current |= names
        self.pending.append(names)


Node = File | Folder
Writes = Callable[[Sequence[Write]], Iterable[Write]]
Steps = Callable[[Sequence[Names]], Iterable[Names]]
Tree = dict[PurePosixPath, bytes | None]
"""Paths with their content, None for a folder."""


class Disk:
    """Follows a recording."""

    def __init__(self, root_inode: int) -> None:
        self.root = Folder()
        self._nodes: dict[int, Node] = {root_inode: self.root}

    def follow(self, operation: Operation) -> None:
        """Do one step."""
        match operation.kind:
            case Kind.WRITE:
                self._file(operation).pending.append(Write(operation.offset, operation.data))
            case Kind.TRUNCATE:
                self._file(operation).pending.append(Write(operation.offset, None))
            case Kind.CREATE | Kind.MKDIR:
                node = self._nodes[operation.inode] = File() if operation.kind is Kind.CREATE else Folder()
                self._change(operation.text, node)
            case Kind.LINK:
                self._change(operation.text, self._nodes[operation.inode])
            case Kind.UNLINK:
                self._change(operation.text, None)
            case Kind.RENAME:
                self._rename(operation)
            case Kind.SYNC:
                self._sync(self._nodes[operation.inode])

    def pending_writes(self) -> int:
        """How many writes and names are not safe."""
        return sum(len(node.pending) for node in self._nodes.values())

    def after_cut(self, steps: Steps, writes: Writes) -> Tree:
        """All that is there when of each folder's and each file's pending changes these remain."""
        tree: Tree = {}

        def collect(folder: Folder, path: PurePosixPath) -> None:
            names = dict(folder.durable)
            for step in steps(folder.pending):
                names |= step
            for name, node in names.items():
                if isinstance(node, Folder):
                    tree[path / name] = None
                    collect(node, path / name)
                elif node is not None and not name.endswith(MAPPED):
                    tree[path / name] = node.after(writes(node.pending))

        collect(self.root, PurePosixPath())
        return tree

    def _file(self, operation: Operation) -> File:
        node = self._nodes[operation.inode]
        assert isinstance(node, File)
        return node

    def _folder(self, path: PurePosixPath) -> Folder:
        folder = self.root
        for name in path.parts:
            inner = folder.current[name]
            assert isinstance(inner, Folder)
            folder = inner
        return folder

    def _change(self, text: str, node: Node | None) -> None:
        path = PurePosixPath(text)
        self._folder(path.parent).change({path.name: node})

    def _rename(self, operation: Operation) -> None:
        old, new = PurePosixPath(operation.text), PurePosixPath(operation.target)
        assert old.parent == new.parent, "a rename into another folder is not one step"
        self._folder(old.parent).change({old.name: None, new.name: self._nodes[operation.inode]})

    @staticmethod
    def _sync(node: Node) -> None:
        if isinstance(node, File):
            node.durable = node.after(node.pending)
        else:
            node.durable = dict(node.current)
        node.pending.clear()


Fate = Callable[[Disk, random.Random], Tree]


def dropped(disk: Disk, rng: random.Random) -> Tree:
    """Nothing that was not synced is there."""
    return disk.after_cut(lambda _: (), lambda _: ())


def kept(disk: Disk, rng: random.Random) -> Tree:
    """Everything is there, as if only the processes had been killed."""
    return disk.after_cut(lambda steps: steps, lambda writes: writes)


def some(disk: Disk, rng: random.Random) -> Tree:
    """Each name and each write by the toss of a coin: late ones without those before."""
    return disk.after_cut(
        lambda steps: [step for step in steps if rng.random() < 0.5],
        lambda writes: [write for write in writes if rng.random() < 0.5],
    )


def torn(disk: Disk, rng: random.Random) -> Tree:
    """Everything, but each file's last write ends at a sector."""

    def tear(writes: Sequence[Write]) -> Iterable[Write]:
        if not writes:
            return ()
        pieces = list(writes[-1].sectors())
        return [*writes[:-1], *pieces[: rng.randrange(len(pieces))]]

    return disk.after_cut(lambda steps: steps, tear)


def scattered(disk: Disk, rng: random.Random) -> Tree:
    """Each sector by itself is the new or the old one; names by the toss of a coin."""
    return disk.after_cut(
        lambda steps: [step for step in steps if rng.random() < 0.5],
        lambda writes: [piece for write in writes for piece in write.sectors() if rng.random() < 0.5],
    )


def names_without_data(disk: Disk, rng: random.Random) -> Tree:
    """Names are written first: files that were not synced are empty or old."""
    return disk.after_cut(lambda steps: steps, lambda _: ())


def data_without_names(disk: Disk, rng: random.Random) -> Tree:
    """Names are written last: files that were synced have none."""
    return disk.after_cut(lambda _: (), lambda writes: writes)


FATES: tuple[Fate, ...] = (dropped, kept, some, torn, scattered, names_without_data, data_without_names)


def build(tree: Tree, folder: Path) -> None:
    """Write it below `folder`."""
    folder.mkdir()
    for path, content in tree.items():
        if content is None:
            (folder / path).mkdir(mode=0o700)
        else:
            (folder / path).write_bytes(content)
            (folder / path).chmod(0o600)
