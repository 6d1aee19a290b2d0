"""A card or paper that its owner is about to leave behind, or has left."""

from __future__ import annotations

from kiosk.state import AppState, Step

BETWEEN = (Step.RATING, Step.HOME)  # nobody else's matter is on the glass


def told(state: AppState) -> str:
    """Code of what is said of it above a screen that is nobody's; "" for nothing."""
    return "card_left" if state.card_left and state.step in BETWEEN else ""


def reminds(state: AppState) -> bool:
    """Whether that is heard until it is taken: after a dossier was handed in, and after its session."""
    card = state.card_present and state.step in (Step.COLLECT, Step.SLIP)
    paper = state.step is Step.COLLECT and state.session is not None and state.session.paper_left
    return card or paper or bool(told(state))
