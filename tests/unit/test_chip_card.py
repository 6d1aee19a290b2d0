"""The simulated card against the worked examples of ICAO Doc 9303-11, and each of its faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from devices.card_reader.chip import files
from devices.card_reader.chip.access import Chance
from devices.card_reader.chip.card import ChipCard, make_card
from devices.card_reader.chip.faults import CardPulled, Faults
from devices.card_reader.chip.files import Files
from devices.card_reader.chip.profile import MRZ, Profile
from devices.card_reader.emrtd.ciphers import DES3
from devices.card_reader.emrtd.mrz import MrzKey
from tests.unit.emrtd_examples import G1_CARD_SCALARS, G1_IC, G1_IC_MAP, G1_IFD, G1_IFD_MAP, fixed

SELECT_APPLICATION = "00A4040C07A0000002471001"
EXAMPLE_COM = bytes.fromhex("60145F0104303130365F36063034303030305C026175")  # appendix D.4


def say(card: ChipCard, apdu: str) -> str:
    return card.process(bytes.fromhex(apdu.replace(" ", ""))).hex().upper()


@pytest.fixture
def example_card() -> ChipCard:
    """The card of 9303-11, appendix D: document number L898902C, with its random numbers."""
    chance = Chance(octets=fixed("4608F91988702212", "0B4F80323EB3191CB04970CB4052790B"))
    content = Files({}, {files.COM: EXAMPLE_COM})
    return ChipCard(content, Profile(), MrzKey("L898902C", "690806", "940623"), "123456", chance=chance)


def authenticated(card: ChipCard) -> ChipCard:
    """Appendix D.3: after this the session of the example is open."""
    assert say(card, SELECT_APPLICATION) == "9000"
    assert say(card, "0084000008") == "4608F919887022129000"
    answer = say(
        card,
        "0082000028 72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2 5F1448EEA8AD90A7 28",
    )
    assert answer == "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D74499000"
    return card


def test_basic_access_control_and_secure_messaging_of_appendix_d(example_card: ChipCard) -> None:
    card = authenticated(example_card)
    assert say(card, "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800") == "990290008E08FA855A5D4C50A8ED9000"
    assert (
        say(card, "0CB000000D9701048E08ED6705417E96BA5500") == "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000"
    )
    assert (
        say(card, "0CB000040D9701128E082EA28A70F3C7B53500")
        == "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000"
    )


@pytest.mark.parametrize(
    ("apdu", "status"),
    [
        ("0CA4020C158709016375432908C044F68E08BF8B92D635FF24F900", "6988"),
        ("0CA4020C0B8709016375432908C044F600", "6987"),
        ("00A4020C02011E", "6987"),
    ],
)
def test_broken_messaging_leaves_only_a_reset(example_card: ChipCard, apdu: str, status: str) -> None:
    card = authenticated(example_card)
    assert say(card, apdu) == status
    assert say(card, "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800") == "6882"
    assert say(card, SELECT_APPLICATION) == "9000"
    assert say(card, "0084000008") == "6982"
    assert say(card, "00B09E0004") == "6982"


def test_a_wrong_key_is_refused_and_the_challenge_is_spent(example_card: ChipCard) -> None:
    say(example_card, SELECT_APPLICATION)
    say(example_card, "0084000008")
    assert say(example_card, "0082000028" + "00" * 40 + "28") == "6300"
    assert say(example_card, "0082000028" + "00" * 40 + "28") == "6985"


def test_an_authentication_of_another_challenge_is_refused() -> None:
    """The message of appendix D.3 again, to a chip with another RND.IC."""
    key = MrzKey("L898902C", "690806", "940623")
    card = ChipCard(Files({}, {}), Profile(), key, "123456", chance=Chance(octets=bytes))
    say(card, SELECT_APPLICATION)
    say(card, "0084000008")
    message = "72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2 5F1448EEA8AD90A7"
    assert say(card, f"0082000028 {message} 28") == "6300"


def test_the_cryptogram_of_an_odd_instruction_is_wrong_in_an_even_one(example_card: ChipCard) -> None:
    """SELECT of appendix D.4 with its data in object 85, under a right MAC."""
    card = authenticated(example_card)
    counter, key = bytes.fromhex("887022120C06C227"), bytes.fromhex("F1CB1F1FB5ADF208806B89DC579DC1F8")
    hidden = bytes.fromhex("85086375432908C044F6")
    mac = DES3.mac(key, counter + bytes.fromhex("0CA4020C80000000") + hidden)
    assert card.process(bytes.fromhex("0CA4020C14") + hidden + b"\x8e\x08" + mac + b"\0") == b"\x69\x88"


@pytest.mark.parametrize("apdu", ["10A4040C07A0000002471001", "1022C1A403830101", "10B09C0004"])
def test_only_general_authenticate_is_chained(apdu: str) -> None:
    assert say(make_card(), apdu) == "6884"


def example_pace(**profile: Any) -> ChipCard:
    """The card of 9303-11, appendix G.1: document number T22000129, on brainpoolP256r1."""
    scalars: Iterator[str] = iter(G1_CARD_SCALARS)
    chance = Chance(
        octets=lambda size: bytes.fromhex("3F00C4D39D153F2B2A214A078D899B22"),
        scalar=lambda curve: int(next(scalars), 16),
    )
    kind = Profile(passwords=frozenset({MRZ}), **profile)
    key = MrzKey("T22000129", "640812", "101031")
    return ChipCard(Files(files.master(kind), {}), kind, key, "000000", chance=chance)


def to_the_tokens(card: ChipCard) -> None:
    assert say(card, "0022C1A412800A04007F0007020204020283010184010D") == "9000"
    assert say(card, "10860000027C0000") == "7C12801095A3A016522EE98D01E76CB6B98B42C39000"
    assert say(card, f"10860000457C438141 04{G1_IFD_MAP}00") == f"7C43824104{G1_IC_MAP}9000"
    assert say(card, f"10860000457C438341 04{G1_IFD}00") == f"7C43844104{G1_IC}9000"


def test_pace_of_appendix_g_1() -> None:
    card = example_pace()
    to_the_tokens(card)
    assert say(card, "008600000C7C0A8508C2B0BD78D94BA86600") == "7C0A86083ABB9674BCE93C089000"


def test_a_key_that_is_sent_back_is_refused() -> None:
    """9303-11, 4.4.4: the two public keys must not be the same."""
    card = example_pace()
    say(card, "0022C1A412800A04007F00070202040202830101 84010D")
    say(card, "10860000027C0000")
    say(card, f"10860000457C438141 04{G1_IFD_MAP}00")
    assert say(card, f"10860000457C438341 04{G1_IC}00") == "6A80"
    assert say(card, "008600000C7C0A8508C2B0BD78D94BA86600") == "6985"


def test_a_wrong_token_is_a_wrong_password() -> None:
    card = example_pace()
    to_the_tokens(card)
    assert say(card, "008600000C7C0A8508C2B0BD78D94BA86700") == "6300"
    assert say(card, "10860000027C0000") == "6985"


def test_before_access_control_there_is_only_card_access() -> None:
    card = make_card()
    listing = (
        "3134300d060804007f0007020202020101300f060a04007f000702020302020201013012060a04007f0007020204020202010202010d"
    )
    assert say(card, "00A4020C02011C") == "9000"
    assert say(card, "00B0000000") == listing.upper() + "9000"
    assert say(card, "00B09C0000") == listing.upper() + "9000"
    assert say(card, "00B09C0001") == "319000"
    assert say(card, "00B000FF01") == "6B00"
    assert say(card, "00A4000C023F00") == "6D00"
    assert say(card, "00A4020C02011E") == "6A82"
    assert say(card, SELECT_APPLICATION) == "9000"
    assert say(card, "00A4020C02011E") == "6982"
    assert say(card, "00B0810000") == "6982"


def test_a_pulled_card_says_nothing_until_it_lies_there_again() -> None:
    card = make_card(faults=Faults(pulled_after=2))
    for _ in range(2):
        assert say(card, SELECT_APPLICATION) == "9000"
    for _ in range(2):
        with pytest.raises(CardPulled):
            card.process(b"\0\x84\0\0\x08")
    card.lay_down()
    assert say(card, SELECT_APPLICATION) == "9000"
