"""The worked examples of ICAO Doc 9303 (public facts), octet by octet, through the reader's own functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from devices.card_reader.emrtd import bac, curves, data_groups, mrz, pace, security_infos, tlv
from devices.card_reader.emrtd.apdu import Command
from devices.card_reader.emrtd.channel import Channel
from devices.card_reader.emrtd.ciphers import AES128, AUTHENTICATION, DES3, ENCRYPTION, PASSWORD, pad
from devices.card_reader.emrtd.mrz import MrzKey
from devices.card_reader.emrtd.pace import Password
from devices.card_reader.emrtd.secure_messaging import SecureMessaging
from devices.card_reader.emrtd.security_infos import PaceInfo
from tests.unit import test_chip_card as card_side
from tests.unit.emrtd_reading import Line

D_KEY = MrzKey("L898902C", "690806", "940623")
VIETNAMESE_CARD_ACCESS = (  # as claimed of the Vietnamese identity card
    "3134300d060804007f0007020202020101300f060a04007f000702020302020201013012060a04007f0007020204020202010202010d"
)


def octets(text: str) -> bytes:
    return bytes.fromhex(text)


def values(*texts: str) -> Callable[[int], bytes]:
    """A source of randomness that is none."""
    left = iter(texts)
    return lambda size: octets(next(left))


# -- 9303-11, appendix D: basic access control ----
def test_d_2_the_keys_of_an_mrz() -> None:
    assert D_KEY.information() == b"L898902C<369080619406236"
    seed = D_KEY.seed()[:16]
    assert seed == octets("239AB9CB282DAF66231DC5A4DF6BFBAE")
    assert DES3.derive(seed, ENCRYPTION) == octets("AB94FDECF2674FDFB9B391F85D7F76F2")
    assert DES3.derive(seed, AUTHENTICATION) == octets("7962D9ECE03D1ACD4C76089DCE131543")


class Script:
    """A line that expects commands and says what the standard says."""

    atr = b""

    def __init__(self, *lines: tuple[str, str]) -> None:
        self.left = [(octets(sent), octets(came)) for sent, came in lines]

    def transmit(self, apdu: bytes) -> tuple[bytes, int]:
        sent, came = self.left.pop(0)
        assert apdu.hex() == sent.hex()
        return came[:-2], int.from_bytes(came[-2:], "big")

    def reset(self) -> None:
        raise AssertionError("no reset is expected")

    def __enter__(self) -> Script:
        return self

    def __exit__(self, *exc: object) -> None: ...


D_3 = (
    ("0084000008", "4608F919887022129000"),
    (
        "0082000028 72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A728",
        "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D7449 9000",
    ),
)
D_4 = (
    ("0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800", "990290008E08FA855A5D4C50A8ED9000"),
    ("0CB000000D9701048E08ED6705417E96BA5500", "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000"),
    (
        "0CB000040D9701128E082EA28A70F3C7B53500",
        "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000",
    ),
)


def opened() -> tuple[Channel, Script]:
    """The session of D.3, before the commands of D.4."""
    line = Script(*D_3, *D_4)
    channel = Channel(line)
    bac.authenticate(channel, D_KEY, values("781723860C06C226", "0B795240CB7049B01C19B33E32804F0B"))
    return channel, line


def test_d_3_authentication_and_session_keys() -> None:
    channel, _ = opened()
    session = channel.messaging
    assert session is not None
    assert session.encryption_key == octets("979EC13B1CBFE9DCD01AB0FED307EAE5")
    assert session.authentication_key == octets("F1CB1F1FB5ADF208806B89DC579DC1F8")
    assert session.counter == 0x887022120C06C226


def test_d_4_secure_messaging() -> None:
    channel, line = opened()
    assert channel.send(Command(0x00, 0xA4, 0x02, 0x0C, octets("011E"))) == (b"", 0x9000)
    assert channel.send(Command(0x00, 0xB0, 0x00, 0x00, expected=4)) == (octets("60145F01"), 0x9000)
    rest, status = channel.send(Command(0x00, 0xB0, 0x00, 0x04, expected=0x12))
    assert (rest, status) == (octets("04303130365F36063034303030305C026175"), 0x9000)
    assert line.left == []
    assert data_groups.parse_com(octets("60145F01") + rest) == (1, 2)


# -- 9303-11, appendix G.1: PACE, ECDH, generic mapping ----
G_KEY = MrzKey("T22000129", "640812", "101031")
G_PACE = "3012060A 04007F00070202040202 020102 02010D"


def test_g_1_the_password_and_the_nonce() -> None:
    secret = Password.from_mrz(G_KEY).secret
    assert secret == octets("7E2D2A41C74EA0B38CD36F863939BFA8E9032AAD")
    key = AES128.derive(secret, PASSWORD)
    assert key == octets("89DED1B26624EC1E634C1989302849DD")
    hidden = octets("95A3A016522EE98D01E76CB6B98B42C3")
    assert AES128.decrypt(key, hidden) == octets("3F00C4D39D153F2B2A214A078D899B22")


def test_g_1_the_whole_protocol() -> None:
    card = card_side.example_pace()
    line = Line(card)
    scalars: Iterator[str] = iter(
        (
            "7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99",
            "A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595",
        )
    )
    (info,) = security_infos.parse(tlv.encode(0x31, octets(G_PACE))).pace
    channel = Channel(line)
    pace.authenticate(channel, info, Password.from_mrz(G_KEY), True, lambda _curve: int(next(scalars), 16))
    said = [command.hex().upper() for command in line.commands]
    assert said[0].startswith("0022C1A4")
    assert card_side.G1_IFD_MAP in said[2]
    assert card_side.G1_IFD in said[3]
    assert "8508C2B0BD78D94BA866" in said[4]
    session = channel.messaging
    assert session is not None
    assert session.encryption_key == octets("F5F0E35C0D7161EE6724EE513A0D9A7F")
    assert session.authentication_key == octets("FE251C7858B356B24514B3BD5F4297D1")
    assert session.counter == 0


def test_g_1_the_mapped_generator() -> None:
    curve = curves.BY_NUMBER[13]
    ours = int("7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99", 16)
    theirs = curves.decode_point(b"\x04" + octets(card_side.G1_IC_MAP), curve)
    shared = curves.multiply(theirs, ours)
    assert curves.x_coordinate(shared, curve) == octets(
        "60332EF2450B5D247EF6D3868397D398852ED6E8CAF6FFEEF6BF85CA57057FD5"
    )
    nonce = int("3F00C4D39D153F2B2A214A078D899B22", 16)
    mapped = curves.add(curves.multiply(curves.generator(curve), nonce), shared)
    assert curves.encode_point(mapped, curve)[1:] == octets(
        "8CED63C91426D4F0EB1435E7CB1D74A46723A0AF21C89634F65A9AE87A9265E2"
        "8C879506743F8611AC33645C5B985C80B5F09A0B83407C1B6A4D857AE76FE522"
    )


# -- other parts -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "digit"),
    [("D23145890", "7"), ("340712", "7"), ("950712", "2"), ("520727", "3"), ("AB2134<<<", "5"), ("HA672242<", "6")],
)
def test_9303_3_check_digits(text: str, digit: str) -> None:
    assert mrz.check_digit(text) == digit


def test_9303_5_the_mrz_of_an_id_card() -> None:
    """Appendix B: the specimen of Utopia, TD1."""
    zone = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<\n"
    read = mrz.parse(zone)
    assert (read.document_number, read.birth_date, read.expiry_date) == ("D23145890", "740812", "120415")
    assert (read.sex, read.nationality, read.name) == ("F", "UTO", "ERIKSSON ANNA MARIA")
    assert read.key() == MrzKey("D23145890", "740812", "120415")


def test_9303_11_card_access_of_the_vietnamese_card() -> None:
    (info,) = security_infos.parse(octets(VIETNAMESE_CARD_ACCESS)).pace
    assert isinstance(info, PaceInfo)
    assert (info.suite, info.parameter) == (AES128, 13)


def test_aes_counter_and_padding() -> None:
    """9303-11, 9.8.6.1: the counter has the cipher's block size and starts at zero; 9.8.5: padding 80 00…"""
    session = SecureMessaging.from_secret(AES128, bytes(16))
    session.protect(Command(0x00, 0xB0, 0x81, 0x00, expected=256))
    assert session.counter == 1
    assert pad(b"\x01", 16) == b"\x01\x80" + bytes(14)
