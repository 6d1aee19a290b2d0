"""The hall's part of the configuration: what a site writes is what the hall does."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.config import ASSETS, Config, ConfigError, parse
from kiosk.hall.calling import CallingRules
from kiosk.hall.setup import hall_of, tickets_of
from kiosk.hall.shared_store import SharedStore

SERVER = "postgresql+psycopg://kiosk@127.0.0.1:9/hall"


def hall(**keys: Any) -> dict[str, Any]:
    return {"hall": keys}


def problem(data: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(data)
    ((path, sentence),) = caught.value.problems
    return f"{path}: {sentence}"


def opened(config: Config) -> CallingRules:
    tickets = tickets_of(config, "k1", lambda: datetime.now(UTC))
    rules = hall_of(config, tickets).rules
    tickets.close()
    return rules


def at(folder: Path, **keys: Any) -> Config:
    return parse({"site": {"kiosk_id": "k1"}, "storage": {"data_dir": str(folder)}, **hall(**keys)})


def test_the_rules_are_those_of_the_configuration(tmp_path: Path) -> None:
    assert opened(at(tmp_path)) == CallingRules()
    rules = opened(
        at(
            tmp_path,
            priority_every=3,
            head_start_minutes=30,
            appointment_early_minutes=5,
            recall_after_seconds=10,
            recalls=1,
            absent_after_seconds=30,
            absences=2,
            at_closing="cancel",
            over_night="keep",
        )
    )
    seconds = (timedelta(seconds=10), 1, timedelta(seconds=30), 2)
    assert rules == CallingRules(3, timedelta(minutes=30), timedelta(minutes=5), *seconds, "cancel", "keep")


def test_what_the_example_calls_usual_is_usual() -> None:
    text = (ASSETS / "config" / "site.example.toml").read_text(encoding="utf-8")
    lines = [line[2:] for line in text.splitlines() if line.startswith("# ") and " = " in line]
    start = next(number for number, line in enumerate(lines) if line.startswith("priority_every"))
    end = next(number for number, line in enumerate(lines) if line.startswith("list_at_shutdown"))
    told = tomllib.loads("\n".join(lines[start : end + 1]))
    usual = parse({}).hall
    assert told == {key: getattr(usual, key) for key in told}
    assert len(told) == 10


def test_a_server_that_is_away_keeps_no_kiosk_from_starting(tmp_path: Path) -> None:
    config = at(tmp_path, database=SERVER)
    tickets = tickets_of(config, "k1", lambda: datetime.now(UTC))
    assert isinstance(tickets, SharedStore)
    ticket = hall_of(config, tickets).take("A", datetime.now(UTC))
    tickets.close()
    assert ticket.label == "A-K1-001"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (hall(database="mysql://hall"), "hall.database: «mysql://hall» is no database"),
        (
            {**hall(database="postgresql+psycopg://kiosk:secret@h/hall"), "site": {"kiosk_id": "k2"}},
            "hall.database: must hold no password",
        ),
        ({**hall(database=SERVER), "site": {"kiosk_id": "kiosk-east"}}, "site.kiosk_id: stands on numbers"),
        (hall(database=SERVER), "site.kiosk_id: give each kiosk"),
        (hall(priority_every=0), "hall.priority_every"),
        (hall(over_night="sell"), "hall.over_night"),
    ],
)
def test_mistakes_are_told_with_their_place(data: dict[str, Any], words: str) -> None:
    told = problem(data)
    assert told.startswith(words)
    assert "secret" not in told
