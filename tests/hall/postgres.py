"""A PostgreSQL server of the tests: its own data folder, a Unix socket, no network; gone with the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import psycopg

BIN = max(Path("/usr/lib/postgresql").glob("*/bin"))
SUPERUSER = "postgres"
# fsync=off: what is committed has left the process, so it survives the server's death, though not the machine's. A site
# keeps PostgreSQL's own default, with which it is on the disk.
FAST = ("fsync=off", "full_page_writes=off")
SMALL = ("shared_buffers=16MB", "max_connections=60")


class Server:
    """One server; as root it runs as another user, since PostgreSQL refuses root. `durable`: as at a site."""

    def __init__(self, durable: bool = False) -> None:
        self._options = SMALL if durable else (*FAST, *SMALL)
        self.folder = Path(tempfile.mkdtemp(prefix="kiosk-hall-pg-"))
        self._data = self.folder / "data"
        self._pid_file = self._data / "postmaster.pid"
        self._user = SUPERUSER if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            shutil.chown(self.folder, SUPERUSER)
        self._run("initdb", "-D", str(self._data), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-sync",
                  "--locale=C.UTF-8", "--no-instructions")  # fmt: skip
        self.start()

    @property
    def url(self) -> str:
        """Where it is, as a site would write it into its configuration."""
        return f"postgresql+psycopg://{SUPERUSER}@/postgres?host={self.folder}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-k {self.folder} -c listen_addresses='' " + " ".join(f"-c {one}" for one in self._options)
        self._run("pg_ctl", "start", "-w", "-D", str(self._data), "-l", str(self.folder / "log"), "-o", options)

    def stop(self) -> None:
        """Stop it at once, as a crash does."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self._data))

    def freeze(self) -> None:
        """Stop answering without closing a line, as a network does that has gone away."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Answer again."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if not self._pid_file.exists():
            return  # it is stopped
        postmaster = self._pid_file.read_text().split()[0]
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for process in (postmaster, *children):
            with suppress(ProcessLookupError):
                os.kill(int(process), number)

    def empty(self) -> None:
        """Forget all tables, and whatever a test that failed has left it in."""
        self.thaw()
        if not self._pid_file.exists():
            self.start()
        with psycopg.connect(host=str(self.folder), user=SUPERUSER, dbname="postgres", autocommit=True) as connection:
            connection.execute("SET client_min_messages TO warning")
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")

    def remove(self) -> None:
        """Stop it and delete its files."""
        subprocess.run([*self._as_user(), str(BIN / "pg_ctl"), "stop", "-m", "immediate", "-D", str(self._data)],
                       capture_output=True, check=False)  # fmt: skip
        shutil.rmtree(self.folder, ignore_errors=True)

    def _as_user(self) -> list[str]:
        return ["runuser", "-u", self._user, "--"] if os.geteuid() == 0 else []

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user(), str(BIN / program), *arguments]
        # a server that inherits a pipe keeps it open for ever: its words go to nobody, or to its log
        subprocess.run(command, cwd="/", check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
