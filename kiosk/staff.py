"""Accounts of officers and technicians: one `name:role:argon2-hash` a line, PINs that delay but never lock."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fcntl import LOCK_EX, flock
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

ROLES = ("staff", "technician")
LONGEST_NAME = 60
LONGEST_DELAY = timedelta(seconds=30)


class AccountsError(ValueError):
    """Every mistake of an accounts file, or of an account that is to be added."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Account:
    """One person who may open a door: `role` is "staff" or "technician", `hash` an encoded argon2 hash of the PIN."""

    name: str
    role: str
    hash: str = field(repr=False)


def load_accounts(path: Path) -> tuple[Account, ...]:
    """Read the accounts; none yet while there is no file. Raises `AccountsError` with every mistake.

    Empty lines and lines that begin with `#` are skipped. A four-digit PIN is soon guessed from its hash, so the file
    must be closed to other users.
    """
    try:
        text = path.read_text(encoding="utf-8")
        open_to_others = path.stat().st_mode & 0o007
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise AccountsError((f"{path}: cannot be read ({type(error).__name__})",)) from None
    problems = [f"{path}: is open to other users; chmod 600"] if open_to_others else []
    accounts: dict[str, Account] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, role, encoded = (*line.strip().split(":", 2), "", "")[:3]
        mistakes = [*_mistakes(name, role), *_hash_mistakes(encoded)]
        if name in accounts:
            mistakes.append(f"«{name}» stands here twice")
        problems += [f"{path}, line {number}: {mistake}" for mistake in mistakes]
        accounts[name] = Account(name, role, encoded)
    if problems:
        raise AccountsError(tuple(problems))
    return tuple(accounts.values())


def add_account(path: Path, name: str, role: str, pin: str) -> Account:
    """Add a person to the file (mode 0600, replaced as a whole, made when missing). Raises `AccountsError`."""
    mistakes = _mistakes(name, role)
    if not re.fullmatch(r"[0-9]{4,12}", pin):
        mistakes.append("a PIN has 4 to 12 digits")
    if mistakes:
        raise AccountsError(tuple(mistakes))
    account = Account(name, role, _hasher().hash(pin))
    with _locked(path):
        if name in {one.name for one in load_accounts(path)}:
            raise AccountsError((f"there is an account «{name}» already",))
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if before and not before.endswith("\n"):
            before += "\n"
        _replace(path, f"{before}{name}:{role}:{account.hash}\n")
    return account


def verify(account: Account | None, pin: str) -> bool:
    """Whether `pin` is the account's; the same work for None, so that nobody learns from the time which names exist."""
    from argon2.exceptions import InvalidHashError, VerificationError

    encoded = account.hash if account else _nobodys_hash()
    try:
        _hasher().verify(encoded, pin)
    except (VerificationError, InvalidHashError):
        return False
    return account is not None


@lru_cache(maxsize=1)
def default_accounts() -> tuple[Account, ...]:
    """The two people of the embedded default, whose PINs are shown on the dev dock and protect nothing."""
    from argon2 import PasswordHasher

    quick = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)
    return (
        Account("Cán bộ", "staff", quick.hash("2468")),
        Account("Kỹ thuật", "technician", quick.hash("8642")),
    )


class LoginDelay:
    """How long the next try must wait after wrong PINs: 1, 2, 4 … at most 30 seconds, for each name by itself."""

    def __init__(self) -> None:
        self._wrong: dict[str, tuple[int, datetime]] = {}

    def wrong(self, name: str, now: datetime) -> datetime:
        """Count a wrong PIN at the aware time `now`; return when the next try is taken."""
        count = self._wrong.get(name, (0, now))[0] + 1
        self._wrong[name] = count, now
        return now + _delay(count)

    def right(self, name: str) -> None:
        """Forget the wrong PINs of a name."""
        self._wrong.pop(name, None)

    def retry_at(self, name: str, now: datetime) -> datetime | None:
        """When the next try is taken; None when it is taken now, also after the clock has jumped back."""
        count, last = self._wrong.get(name, (0, now))
        return last + _delay(count) if last <= now < last + _delay(count) else None


def _delay(count: int) -> timedelta:
    return min(LONGEST_DELAY, timedelta(seconds=2 ** min(count - 1, 10))) if count else timedelta()


def _mistakes(name: str, role: str) -> list[str]:
    mistakes = []
    if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME:
        mistakes.append(f"a name has 1 to {LONGEST_NAME} letters and no space at its ends")
    if ":" in name or name.startswith("#") or not name.isprintable():
        mistakes.append("a name has no colon, no line break and no # at its beginning")
    if role not in ROLES:
        mistakes.append(f"the role «{role}» is none of {', '.join(ROLES)}")
    return mistakes


def _hash_mistakes(encoded: str) -> list[str]:
    from argon2 import extract_parameters
    from argon2.exceptions import InvalidHashError

    try:
        extract_parameters(encoded)
    except InvalidHashError:
        return ["the third part is no argon2 hash"]
    return []


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # imported when the first PIN is checked

    return PasswordHasher()


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher().hash("no PIN: it has letters")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One writer at a time; the folder is locked, since the file itself is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        flock(folder, LOCK_EX)
        yield
        os.fsync(folder)
    finally:
        os.close(folder)


def _replace(path: Path, text: str) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
