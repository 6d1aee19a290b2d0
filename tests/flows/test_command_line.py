"""What the command line says of a wrong word, and to nobody; what `check` says to a person."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.test_commands import ROOT, Shell


@pytest.fixture
def main(tmp_path: Path) -> Shell:
    """The command line."""
    return Shell(tmp_path)


def test_check_says_one_mistake_a_line(main: Shell) -> None:
    assert main("check") == (0, "no mistake\n", "")
    own = main.folder / "data" / "catalogue"
    own.mkdir(parents=True)
    (own / "site.yaml").write_text("hidden: ['1.004885']\nseries: Y\n", encoding="utf-8")
    config = main.config('[hall]\nlisten = "127.0.0.1:8000"\n')
    said = main("check", "--config", config)
    assert said.code == 1
    assert [line.partition(":")[0] for line in said.out.splitlines()] == ["site.yaml", "site.yaml", "hint"]
    as_json = main("check", "--config", config, "--json").json
    assert (len(as_json["problems"]), len(as_json["hints"])) == (2, 1)
    (own / "site.yaml").unlink()
    assert main("check", "--config", config).code == 0  # a hint is no mistake


@pytest.mark.parametrize(
    "words",
    ["--help", "check --json", "search khai sinh", "search -", "hall list", "report --day 2026-11-01", "card --x"],
)
def test_nobody_who_reads_on_is_no_failure_of_ours(main: Shell, words: str) -> None:
    """`… | head -1`: the reader of the pipe has gone."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, str(ROOT / "main.py"), *words.split()]
    queries = b"sao y\n" * 1000
    done = subprocess.run(
        command, env=main.environment, input=queries, stdout=write, stderr=subprocess.PIPE, timeout=60
    )
    os.close(write)
    told = done.stderr.decode().splitlines()
    assert len(told) <= 1, told  # at most why the verb itself has failed
    assert not any("Broken" in line for line in told), told
    assert done.returncode in (1, 2)


def test_usage_is_exit_2(main: Shell) -> None:
    assert main("nonsense").code == 2
    for words, argument, what in (
        ("report --day 2026-13-01", "--day: «2026-13-01»", "day such as 2026-11-24"),
        ("report --month 2026-1", "--month: «2026-1»", "month such as 2026-11"),
        ("ticket --series A --at 25:00", "--at: «25:00»", "time such as 14:30"),
    ):
        said = f"argument {argument} is no {what}; see main.py {words.partition(' ')[0]} --help"
        assert main(*words.split()) == (2, "", said + "\n")
        assert main(*words.split(), "--json").json == {"error": {"code": "usage", "message": said}}
    assert main("province", "--listen", "nowhere", "--data", main.folder / "p").code == 2
    assert main("province", "--data", main.folder / "p", "--fault", "what").code == 2
