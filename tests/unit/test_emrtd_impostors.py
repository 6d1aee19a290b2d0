"""A chip that does not know the password, in the conversations of the worked examples of ICAO Doc 9303-11."""

from __future__ import annotations

import pytest
from ecdsa.curves import Curve

from devices.card_reader.emrtd import bac, pace
from devices.card_reader.emrtd.channel import DG2, Channel
from devices.card_reader.emrtd.ciphers import AES128, AUTHENTICATION, DES3, ENCRYPTION
from devices.card_reader.emrtd.errors import Blocked, ChipProtocolError, Malformed, WrongPassword
from devices.card_reader.emrtd.pace import Password
from devices.card_reader.emrtd.security_infos import PACE_ECDH_GM, PaceInfo
from devices.errors import DeviceError
from tests.unit.emrtd_examples import (
    D_AUTHENTICATE,
    D_AUTHENTICATED,
    D_CARD_KEY,
    D_CARD_NONCE,
    D_KEY,
    D_NONCE,
    D_OUR_KEY,
    G1_IC,
    G1_IC_MAP,
    G1_IC_TOKEN,
    G1_IFD,
    G1_IFD_MAP,
    G1_IFD_TOKEN,
    G1_KEY,
    G1_OUR_SCALARS,
    G1_SEALED_NONCE,
    ScriptedCard,
    fixed,
)

G1_INFO = PaceInfo(PACE_ECDH_GM + b"\x02", AES128, 13)


def basic(answer: str, challenge: str = f"{D_CARD_NONCE}9000") -> Channel:
    """The conversation of appendix D.3 with this answer to EXTERNAL AUTHENTICATE."""
    channel = Channel(ScriptedCard(("0084000008", challenge), (f"0082000028{D_AUTHENTICATE}28", answer)))
    try:
        bac.authenticate(channel, D_KEY, fixed(D_NONCE, D_OUR_KEY))
    finally:
        assert channel.messaging is None
    return channel


def sealed(plain: str) -> str:
    """What a chip that knows the key would send (9303-11, 4.3.4.2)."""
    seed = D_KEY.seed()[:16]
    hidden = DES3.encrypt(DES3.derive(seed, ENCRYPTION), bytes.fromhex(plain))
    return (hidden + DES3.mac(DES3.derive(seed, AUTHENTICATION), hidden)).hex().upper()


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (D_AUTHENTICATED[:-1] + "8" + "9000", ChipProtocolError, "MAC"),
        ("00" + D_AUTHENTICATED[2:] + "9000", ChipProtocolError, "MAC"),
        (sealed(D_NONCE + D_CARD_NONCE + D_CARD_KEY) + "9000", ChipProtocolError, "challenge"),
        (sealed(D_CARD_NONCE + "00" * 8 + D_CARD_KEY) + "9000", ChipProtocolError, "challenge"),
        (D_AUTHENTICATE + "9000", ChipProtocolError, "challenge"),  # our own message comes back
        (D_AUTHENTICATED[:-2] + "9000", ChipProtocolError, "EXTERNAL"),
        ("9000", ChipProtocolError, "EXTERNAL"),
        ("6F00", ChipProtocolError, "6F00"),
        ("6300", WrongPassword, "BAC"),
        ("63C2", WrongPassword, "BAC"),
        ("6988", WrongPassword, "BAC"),
        ("63C0", Blocked, "BAC"),
        ("6983", Blocked, "BAC"),
    ],
)
def test_what_a_chip_may_answer_to_basic_access_control(answer: str, error: type[DeviceError], text: str) -> None:
    with pytest.raises(error, match=text):
        basic(answer)


@pytest.mark.parametrize("challenge", ["9000", "00" * 7 + "9000", "00" * 9 + "9000", "6D00"])
def test_challenges_of_another_length(challenge: str) -> None:
    with pytest.raises(ChipProtocolError):
        basic("9000", challenge)


def by_pace(nonce: str = "", mapped: str = "", agreed: str = "", token: str = "") -> Channel:
    """The conversation of appendix G.1 with some of the answers changed; the last one changed is the last at all."""
    scalars = iter(G1_OUR_SCALARS)

    def private_key(curve: Curve) -> int:
        return int(next(scalars), 16)

    channel = Channel(
        ScriptedCard(
            ("0022C1A40F800A04007F00070202040202830101", "9000"),
            ("10860000027C0000", nonce or f"7C128010{G1_SEALED_NONCE}9000"),
            (f"10860000457C43814104{G1_IFD_MAP}00", mapped or f"7C43824104{G1_IC_MAP}9000"),
            (f"10860000457C43834104{G1_IFD}00", agreed or f"7C43844104{G1_IC}9000"),
            (f"008600000C7C0A8508{G1_IFD_TOKEN}00", token or f"7C0A8608{G1_IC_TOKEN}9000"),
        )
    )
    try:
        pace.authenticate(channel, G1_INFO, Password.from_mrz(G1_KEY), private_key=private_key)
    except DeviceError:
        assert channel.messaging is None
        raise
    return channel


@pytest.mark.parametrize(
    ("changed", "error", "text"),
    [
        ({"token": f"7C0A8608{G1_IFD_TOKEN}9000"}, ChipProtocolError, "token"),
        ({"token": f"7C0A8608{'00' * 8}9000"}, ChipProtocolError, "token"),
        ({"token": "7C0286009000"}, ChipProtocolError, "token"),
        ({"token": "7C009000"}, Malformed, "no object 86"),
        ({"token": "6300"}, WrongPassword, "PACE"),
        ({"token": "63C1"}, WrongPassword, "PACE"),
        ({"token": "63C0"}, Blocked, "PACE"),
        ({"token": "6A80"}, ChipProtocolError, "6A80"),
        ({"agreed": f"7C43844104{G1_IFD}9000"}, ChipProtocolError, "our own"),
        ({"agreed": f"7C43844104{'00' * 64}9000"}, Malformed, "curve"),
        ({"agreed": f"7C43844104{G1_IC[:-1]}59000"}, Malformed, "curve"),
        ({"agreed": f"7C43844104{'FF' * 64}9000"}, Malformed, "curve"),
        ({"agreed": "7C038401009000"}, Malformed, "point"),
        ({"agreed": f"7C23842102{G1_IC[:64]}9000"}, Malformed, "point"),
        ({"mapped": f"7C43824104{G1_IC_MAP[:-1]}59000"}, Malformed, "curve"),
        ({"mapped": f"7C43844104{G1_IC_MAP}9000"}, Malformed, "no object 82"),
        ({"nonce": "7C0280009000"}, ChipProtocolError, "nonce"),
        ({"nonce": f"7C0F800D{'00' * 13}9000"}, ChipProtocolError, "nonce"),
        ({"nonce": f"7C528050{'00' * 80}9000"}, ChipProtocolError, "nonce"),
        ({"nonce": "6985"}, ChipProtocolError, "6985"),
    ],
)
def test_what_a_chip_may_answer_to_pace(changed: dict[str, str], error: type[DeviceError], text: str) -> None:
    assert by_pace().messaging is not None
    with pytest.raises(error, match=text):
        by_pace(**changed)


def test_a_file_that_claims_to_be_larger_than_any_is_not_begun() -> None:
    """One command, and no waiting for half a megabyte and more."""
    for head in ("75830800019000", "7584FFFFFFFF9000"):
        with (
            pytest.raises(Malformed, match="larger"),
            ScriptedCard(("00B0820000", head)) as line,
        ):
            list(Channel(line).read(DG2))
