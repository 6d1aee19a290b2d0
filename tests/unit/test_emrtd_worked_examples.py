"""The reader of chips against the worked examples of ICAO Doc 9303, each value with its clause."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from ecdsa.curves import Curve

from devices.card_reader.emrtd import bac, curves, data_groups, mrz, pace, tlv
from devices.card_reader.emrtd.apdu import Command
from devices.card_reader.emrtd.channel import COM, Channel
from devices.card_reader.emrtd.ciphers import AES128, AUTHENTICATION, DES3, ENCRYPTION, PASSWORD
from devices.card_reader.emrtd.errors import ChipProtocolError, Malformed
from devices.card_reader.emrtd.mrz import MrzKey
from devices.card_reader.emrtd.pace import Password
from devices.card_reader.emrtd.secure_messaging import SecureMessaging
from devices.card_reader.emrtd.security_infos import PaceInfo, parse
from tests.unit.emrtd_examples import (
    D_AUTHENTICATE,
    D_AUTHENTICATED,
    D_CARD_NONCE,
    D_COM,
    D_KEY,
    D_MESSAGES,
    D_NONCE,
    D_OUR_KEY,
    G1_IC,
    G1_IC_MAP,
    G1_IC_TOKEN,
    G1_IFD,
    G1_IFD_MAP,
    G1_IFD_TOKEN,
    G1_KEY,
    G1_NONCE,
    G1_OUR_SCALARS,
    G1_SEALED_NONCE,
    G1_SHARED,
    ScriptedCard,
    fixed,
)

# 9303-11, 9.2.11 and G.1: PACEInfo in EF.CardAccess, with brainpoolP256r1 as number 13
G1_CARD_ACCESS = "3114301206 0A 04007F00070202040202 020102 02010D".replace(" ", "")
TD1 = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
LDS_TD1 = "I<NLDXI85935F86999999990<<<<<<7208148F1108268NLD<<<<<<<<<<<4VAN<DER<STEEN<<MARIANNE<LOUISE"


def upper(data: bytes) -> str:
    return data.hex().upper()


# -- 9303-11, appendix D: basic access control -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("key", "information", "seed"),
    [
        # D.2: two-line document and TD1, number of nine characters at most; D.2: TD1 with a longer number
        (D_KEY, "L898902C<369080619406236", "239AB9CB282DAF66231DC5A4DF6BFBAE"),
        (MrzKey("D23145890734", "340712", "950712"), "D23145890734934071279507122", "B366AD857DDCA2B08C0E299811714730"),
    ],
)
def test_the_key_seed_of_appendix_d2(key: MrzKey, information: str, seed: str) -> None:
    assert key.information().decode() == information
    assert upper(key.seed()[:16]) == seed


def test_the_keys_of_appendix_d1() -> None:
    seed = bytes.fromhex("239AB9CB282DAF66231DC5A4DF6BFBAE")
    assert upper(DES3.derive(seed, ENCRYPTION)) == "AB94FDECF2674FDFB9B391F85D7F76F2"
    assert upper(DES3.derive(seed, AUTHENTICATION)) == "7962D9ECE03D1ACD4C76089DCE131543"


def appendix_d(*messages: tuple[str, str]) -> ScriptedCard:
    """The conversation of D.3, then some of D.4."""
    return ScriptedCard(
        ("0084000008", f"{D_CARD_NONCE}9000"),
        (f"0082000028{D_AUTHENTICATE}28", f"{D_AUTHENTICATED}9000"),
        *((command, f"{answer}9000") for command, answer in messages),
    )


def opened(connection: ScriptedCard) -> Channel:
    channel = Channel(connection)
    bac.authenticate(channel, D_KEY, fixed(D_NONCE, D_OUR_KEY))
    return channel


def test_authentication_and_session_keys_of_appendix_d3() -> None:
    with appendix_d() as connection:
        session = opened(connection).messaging
    assert session is not None
    assert session.suite is DES3
    assert upper(session.encryption_key) == "979EC13B1CBFE9DCD01AB0FED307EAE5"
    assert upper(session.authentication_key) == "F1CB1F1FB5ADF208806B89DC579DC1F8"
    assert f"{session.counter:016X}" == "887022120C06C226"


def test_secure_messaging_of_appendix_d4() -> None:
    """SELECT EF.COM, READ BINARY of its first four bytes, of the other eighteen."""
    with appendix_d(*D_MESSAGES) as connection:
        channel = opened(connection)
        assert channel.send(Command(0x00, 0xA4, 0x02, 0x0C, COM.file_id.to_bytes(2, "big"))) == (b"", 0x9000)
        start, status = channel.send(Command(0x00, 0xB0, 0x00, 0x00, expected=4))
        assert (upper(start), status) == ("60145F01", 0x9000)
        rest, status = channel.send(Command(0x00, 0xB0, 0x00, 0x04, expected=18))
        assert (upper(start + rest), status) == (D_COM, 0x9000)
    assert channel.messaging is not None
    assert f"{channel.messaging.counter:016X}" == "887022120C06C22C"
    assert (channel.apdus, channel.octets) == (5, 5 + 10 + 46 + 42 + 27 + 16 + 19 + 27 + 19 + 43)


def test_the_checksum_of_appendix_d4_step_by_step() -> None:
    """D.4, 1: encryption of `011E` under zero IV, MAC over counter, padded header and object 87."""
    session = SecureMessaging.from_secret(DES3, bytes(16), int("887022120C06C226", 16))
    session.encryption_key = bytes.fromhex("979EC13B1CBFE9DCD01AB0FED307EAE5")
    session.authentication_key = bytes.fromhex("F1CB1F1FB5ADF208806B89DC579DC1F8")
    assert upper(session.protect(Command(0x00, 0xA4, 0x02, 0x0C, b"\x01\x1e")).encode()) == D_MESSAGES[0][0]
    assert session.unprotect(bytes.fromhex(D_MESSAGES[0][1])) == (b"", 0x9000)


# -- 9303-11, appendix G.1: PACE ------------------------------------------------------------------------------------
def g1_info() -> PaceInfo:
    """G.1: the PACEInfo of EF.CardAccess."""
    (info,) = parse(bytes.fromhex(G1_CARD_ACCESS)).pace
    return info


def test_the_pace_info_of_appendix_g1() -> None:
    info = g1_info()
    assert info.suite is AES128
    assert info.parameter == 13
    assert info.curve.name == "BRAINPOOLP256r1"


def test_password_and_nonce_of_appendix_g1() -> None:
    """G.1: K = SHA-1 of the MRZ information, Kπ = KDF(K, 3), s = D(Kπ, z)."""
    password = Password.from_mrz(G1_KEY)
    assert G1_KEY.information() == b"T22000129364081251010318"
    assert upper(password.secret) == "7E2D2A41C74EA0B38CD36F863939BFA8E9032AAD"
    key = AES128.derive(password.secret, PASSWORD)
    assert upper(key) == "89DED1B26624EC1E634C1989302849DD"
    assert upper(AES128.decrypt(key, bytes.fromhex(G1_SEALED_NONCE))) == G1_NONCE


def test_the_mapping_of_appendix_g1() -> None:
    """G.1: H, then Ĝ = s·G + H."""
    curve = g1_info().curve
    theirs = curves.decode_point(bytes.fromhex("04" + G1_IC_MAP), curve)
    agreed = curves.multiply(theirs, int(G1_OUR_SCALARS[0], 16))
    assert upper(curves.encode_point(agreed, curve)) == (
        "0460332EF2450B5D247EF6D3868397D398852ED6E8CAF6FFEEF6BF85CA57057FD5"
        "0840CA7415BAF3E43BD414D35AA4608B93A2CAF3A4E3EA4E82C9C13D03EB7181"
    )
    mapped = curves.add(curves.multiply(curves.generator(curve), int(G1_NONCE, 16)), agreed)
    assert upper(curves.encode_point(mapped, curve)) == (
        "048CED63C91426D4F0EB1435E7CB1D74A46723A0AF21C89634F65A9AE87A9265E2"
        "8C879506743F8611AC33645C5B985C80B5F09A0B83407C1B6A4D857AE76FE522"
    )


def test_the_whole_conversation_of_appendix_g1() -> None:
    scalars = iter(G1_OUR_SCALARS)

    def private_key(curve: Curve) -> int:
        return int(next(scalars), 16)

    with ScriptedCard(
        ("0022C1A40F800A04007F00070202040202830101", "9000"),
        ("10860000027C0000", f"7C128010{G1_SEALED_NONCE}9000"),
        (f"10860000457C43814104{G1_IFD_MAP}00", f"7C43824104{G1_IC_MAP}9000"),
        (f"10860000457C43834104{G1_IFD}00", f"7C43844104{G1_IC}9000"),
        (f"008600000C7C0A8508{G1_IFD_TOKEN}00", f"7C0A8608{G1_IC_TOKEN}9000"),
    ) as connection:
        channel = Channel(connection)
        pace.authenticate(channel, g1_info(), Password.from_mrz(G1_KEY), private_key=private_key)
    session = channel.messaging
    assert session is not None
    assert upper(session.encryption_key) == "F5F0E35C0D7161EE6724EE513A0D9A7F"
    assert upper(session.authentication_key) == "FE251C7858B356B24514B3BD5F4297D1"
    assert session.counter == 0
    assert session == SecureMessaging.from_secret(AES128, bytes.fromhex(G1_SHARED))


def test_the_curve_is_told_where_a_protocol_is_offered_on_several() -> None:
    """9303-11, 4.4.4.1: object 84 is required when the domain parameters are ambiguous, as G.1 shows it."""
    with ScriptedCard(("0022C1A412800A04007F0007020204020283010184010D", "6A80")) as connection:
        channel = Channel(connection)
        with pytest.raises(ChipProtocolError, match="MSE:Set AT"):
            pace.authenticate(channel, g1_info(), Password.from_mrz(G1_KEY), ambiguous=True)
    assert channel.messaging is None


# -- 9303-5 and 9303-10: what is on the card ------------------------------------------------------------------------
def test_the_machine_readable_zone_of_part_5() -> None:
    """9303-5, 4.2.2: the specimen of TD1, in three lines."""
    found = mrz.parse("\n".join(TD1))
    assert found.document_number == "D23145890"
    assert found.personal_number == ""
    assert (found.birth_date, found.sex, found.expiry_date, found.nationality) == ("740812", "F", "120415", "UTO")
    assert found.name == "ERIKSSON ANNA MARIA"
    assert found.key() == MrzKey("D23145890", "740812", "120415")
    assert mrz.full_date(found.birth_date, date(2012, 1, 1), past=True) == date(1974, 8, 12)
    assert mrz.full_date(found.expiry_date, date(2012, 1, 1), past=False) == date(2012, 4, 15)


def test_a_document_number_of_more_than_nine_characters() -> None:
    """9303-5, 4.2.2.1, note j, with the zone of 9303-11, D.2: the rest and the check digit come behind."""
    zone = ("I<UTOD23145890<7349<<<<<<<<<<<", "3407127M9507122UTO<<<<<<<<<<<2", "STEVENSON<<PETER<JOHN<<<<<<<<<")
    found = mrz.parse("".join(zone))
    assert (found.document_number, found.personal_number) == ("D23145890734", "")
    assert found.key().information() == b"D23145890734934071279507122"
    with pytest.raises(Malformed, match="check digit"):
        mrz.parse("".join(zone).replace("<7349<", "<7340<"))
    with pytest.raises(Malformed, match="check digit"):
        mrz.parse("".join(zone).replace("<7349<", "<<<<<<"))


@pytest.mark.parametrize(("text", "digit"), [("520727", "3"), ("AB2134<<<", "5"), ("D23145890", "7"), ("740812", "2")])
def test_the_check_digits_of_part_3(text: str, digit: str) -> None:
    """9303-3, 4.9, examples 1 and 2; the specimen of 9303-5."""
    assert mrz.check_digit(text) == digit


@pytest.mark.parametrize("at", [5, 14, 30, 36, 38, 44, 59])
def test_each_check_digit_is_checked(at: int) -> None:
    """9303-5, 4.2.4: document number, birth, expiry, all together."""
    flat = "".join(TD1)
    other = "0" if flat[at] != "0" else "1"
    with pytest.raises(Malformed):
        mrz.parse(flat[:at] + other + flat[at + 1 :])


def test_dg1_of_part_10() -> None:
    """9303-10, A.2.1: data group 1 of a TD1 document, `61 5D 5F1F 5A`. Its printed composite check digit 4 is no
    modulus 10 of 9303-3, 4.9, which gives 8: as printed it is refused."""
    header = bytes.fromhex("615D5F1F5A")
    with pytest.raises(Malformed, match="check digit"):
        data_groups.parse_dg1(header + LDS_TD1.encode())
    found = data_groups.parse_dg1(header + (LDS_TD1[:59] + "8" + LDS_TD1[60:]).encode())
    assert (found.document_number, found.personal_number) == ("XI85935F8", "999999990")
    assert found.name == "VAN DER STEEN MARIANNE LOUISE"


def test_com_of_part_10() -> None:
    """9303-10, 4.6.1: LDS 1.7, Unicode 4.0.0, data groups 1, 2, 4 and 12; of these the reader knows three."""
    example = "60165F0104303130375F36063034303030305C046175766C"
    assert data_groups.parse_com(bytes.fromhex(example)) == (1, 2, 4)


def test_com_of_appendix_d4() -> None:
    assert data_groups.parse_com(bytes.fromhex(D_COM)) == (1, 2)


@pytest.mark.parametrize(
    ("encoded", "tag", "length"),
    [
        ("617F", 0x61, 127),  # 9303-10, 3.9 and ISO/IEC 7816-4, 6.3: length in one byte to 127
        ("618180", 0x61, 128),
        ("7582FFFF", 0x75, 65535),
        ("7F61820100", 0x7F61, 256),
        ("5F1F5A", 0x5F1F, 90),
    ],
)
def test_headers_of_data_objects(encoded: str, tag: int, length: int) -> None:
    raw = bytes.fromhex(encoded)
    assert tlv.header(raw) == (tag, len(raw), length)
    assert tlv.encode(tag, bytes(length))[: len(raw)] == raw


def test_object_identifiers() -> None:
    """9303-11, 9.2: id-PACE-ECDH-GM-AES-CBC-CMAC-128 as in G.1; 9303-10, 4.6.2.2: the LDS security object."""
    assert upper(tlv.oid("0.4.0.127.0.7.2.2.4.2.2")) == "04007F00070202040202"
    assert upper(tlv.oid("2.23.136.1.1.1")) == "678108010101"
    assert hashlib.sha1(D_KEY.information()).hexdigest().upper().startswith("239AB9CB")
