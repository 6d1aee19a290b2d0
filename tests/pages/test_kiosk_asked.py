"""What the pages ask of the running kiosk: done as at the glass, told to the page, and nothing of it on the glass."""

from __future__ import annotations

import pytest

from kiosk.config import Config
from kiosk.desk_events import DeskAsked
from kiosk.hall.tickets import TicketState
from kiosk.needs import HELP_CALLED
from kiosk.state import Step
from tests.flows.conftest import Player, config, player  # noqa: F401  fixtures
from tests.pages.desk import OFFICER


def ask(player: Player, verb: str, *arguments: str | int) -> str:  # noqa: F811  the fixture
    """Put it into the inbox as a page does; the answer."""
    asked = DeskAsked(verb, arguments, OFFICER)
    player.machine.inbox.put(asked)
    while not asked.answer.done():
        player.drain(0.02)
    return asked.answer.result()


def ticket_of(player: Player) -> int:  # noqa: F811  the fixture
    """A number that a citizen has just taken; the citizen still stands there."""
    player.kiosk.take_number("A")
    session = player.state.session
    assert session is not None
    assert session.ticket is not None
    return session.ticket.id


def log(config: Config) -> str:  # noqa: F811  the fixture
    """The audit log."""
    path = config.storage.data_dir / "audit.jsonl"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def test_a_reprint_is_printed_and_told_to_the_page_alone(player: Player, config: Config) -> None:  # noqa: F811
    number = ticket_of(player)
    assert ask(player, "reprint_ticket", number, "lost") == "reprint_sent"
    assert player.state.step is Step.TICKET
    assert player.state.staff.code == ""
    assert player.state.toast == ""
    hall = player.kiosk.parts.hall
    player.drain()
    ticket = hall.store.get(number)
    assert ticket is not None
    assert (ticket.state, ticket.reprints) == (TicketState.PRINTED, 1)
    assert len(list((config.storage.data_dir / "printed").glob("*.png"))) == 2
    assert f'"who": "{OFFICER}", "act": "reprinted"' in log(config)


@pytest.mark.parametrize(
    ("verb", "arguments", "code"),
    [
        ("reprint_ticket", (999, "lost"), "ticket_unknown"),
        ("reprint_ticket", (999, "because"), "desk_not_done"),
        ("seen", ("disk_full",), "desk_not_done"),
    ],
)
def test_what_cannot_be_done_is_told_to_the_page_alone(
    player: Player,  # noqa: F811  the fixture
    config: Config,  # noqa: F811  the fixture
    verb: str,
    arguments: tuple[str | int, ...],
    code: str,
) -> None:
    assert ask(player, verb, *arguments) == code
    assert player.state.toast == ""
    assert OFFICER not in log(config)


def test_the_bell_is_acknowledged_once(player: Player, config: Config) -> None:  # noqa: F811  the fixture
    player.kiosk.call_help()
    assert ask(player, "seen", HELP_CALLED) == "notice_was_seen"
    assert HELP_CALLED not in player.state.outbox.notices
    assert f'"who": "{OFFICER}", "act": "notice_seen"' in log(config)


def test_a_page_that_has_given_up_gets_nothing_done(player: Player, config: Config) -> None:  # noqa: F811
    player.kiosk.call_help()
    asked = DeskAsked("seen", (HELP_CALLED,), OFFICER)
    assert asked.answer.cancel()
    player.kiosk.handle(asked)
    assert HELP_CALLED in player.state.outbox.notices
    assert "notice_seen" not in log(config)
