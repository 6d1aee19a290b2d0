"""Chip authentication and active authentication of the reader: every offer of a chip, and copies of each."""

from __future__ import annotations

import secrets
from itertools import product

import pytest

from devices.card_reader.chip.authentication import EcdsaActive, RsaActive
from devices.card_reader.chip.faults import Faults
from devices.card_reader.chip.profile import Digest, Profile
from devices.card_reader.emrtd import curves
from devices.card_reader.emrtd.channel import Channel
from devices.card_reader.emrtd.chip_authentication import authenticate_actively, pick
from devices.card_reader.emrtd.ciphers import AES128, AES192, AES256, DES3, Suite
from devices.card_reader.emrtd.public_keys import EcKey, RsaKey, parse_public_key
from devices.card_reader.emrtd.results import CloneCheck, Trust
from devices.card_reader.emrtd.security_infos import ChipAuthenticationInfo, SecurityInfos
from tests.unit.emrtd_cards import BOTH, WHOLE, card_of, read
from tests.unit.emrtd_examples import ScriptedCard

SUITES = (DES3, AES128, AES192, AES256)
NO_CHIP = Profile(chip_authentication=None)
RSA: tuple[Digest, ...] = ("sha1", "sha256")
ECDSA: tuple[tuple[Digest, int], ...] = (
    ("sha1", 8),
    ("sha224", 10),
    ("sha256", 12),
    ("sha256", 14),
    ("sha384", 16),
    ("sha512", 18),
)
ACTIVE = (
    *(Profile(chip_authentication=None, active_authentication="rsa", active_digest=name) for name in RSA),
    *(
        Profile(
            chip_authentication=None,
            active_authentication="ecdsa",
            active_digest=name,
            active_curve=curve,
            explicit_parameters=bool(curve % 4),
        )
        for name, curve in ECDSA
    ),
)
COPY = (Trust.TRUSTED, "", CloneCheck.COPIED)
CHALLENGE = bytes.fromhex("0102030405060708")


# -- chip authentication ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("curve", "suite"), list(product((8, 10, 12, 13, 15, 17, 18), SUITES)))
def test_chip_authentication(curve: int, suite: Suite) -> None:
    profile = Profile(chip_authentication=(curve, suite), explicit_parameters=bool(curve % 2))
    assert read(profile).outcome == WHOLE
    assert read(profile, faults=Faults(copied=True)).outcome == COPY


@pytest.mark.parametrize("key", [0, 5, 255])
@pytest.mark.parametrize("suite", [DES3, AES128])
def test_the_number_of_the_key_is_told(key: int, suite: Suite) -> None:
    assert read(Profile(chip_authentication=(13, suite), key_identifier=key)).outcome == WHOLE


@pytest.mark.parametrize("profile", [Profile(pace_curve=None), Profile(extended_length=True)])
def test_chip_authentication_after_every_way_in(profile: Profile) -> None:
    assert read(profile, BOTH).outcome == WHOLE
    assert read(profile, BOTH, faults=Faults(copied=True)).outcome == COPY


def test_the_strongest_suite_that_has_a_key_is_picked() -> None:
    curve = curves.BY_NUMBER[13]
    one, two = (EcKey(curve, curves.multiply(curves.generator(curve), scalar)) for scalar in (2, 3))
    offered = tuple(ChipAuthenticationInfo(b"", suite, number) for number, suite in enumerate(SUITES))
    assert pick(SecurityInfos(chip_authentication=offered, public_keys=((1, one), (3, two)))) == (offered[3], two)
    assert pick(SecurityInfos(chip_authentication=offered, public_keys=((1, one),))) == (offered[1], one)
    assert pick(SecurityInfos(chip_authentication=offered, public_keys=((9, one),))) is None
    assert pick(SecurityInfos(chip_authentication=offered, public_keys=((None, two),))) == (offered[3], two)
    assert pick(SecurityInfos(chip_authentication=offered)) is None
    assert pick(SecurityInfos(public_keys=((1, one),))) is None


def test_a_copy_that_just_goes_on_is_found_out() -> None:
    """After the agreement the copy answers with the keys of before, as if nothing had happened."""
    last: list[tuple[bytes, int]] = []

    def go_on(command: bytes, answer: bytes, status: int) -> tuple[bytes, int]:
        if len(last) > 2 and command[:3] == bytes.fromhex("0CB09E"):
            return last[-1]
        last.append((answer, status))
        return answer, status

    assert read(twist=go_on).outcome == COPY


@pytest.mark.parametrize("status", [0x6300, 0x6982, 0x6A80, 0x6D00])
def test_a_chip_that_refuses_what_it_offers_is_a_copy(status: int) -> None:
    def refuse(command: bytes, answer: bytes, was: int) -> tuple[bytes, int]:
        return (b"", status) if command[:4] == bytes.fromhex("0C2241A4") else (answer, was)

    assert read(twist=refuse).outcome == COPY


# -- active authentication -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("profile", ACTIVE)
def test_active_authentication(profile: Profile) -> None:
    assert read(profile).outcome == WHOLE
    assert read(profile, faults=Faults(copied=True)).outcome == COPY


def test_active_authentication_with_extended_lengths_and_after_bac() -> None:
    for profile in (
        Profile(chip_authentication=None, active_authentication="rsa", extended_length=True),
        Profile(chip_authentication=None, active_authentication="rsa", pace_curve=None),
    ):
        assert read(profile, BOTH).outcome == WHOLE


def test_chip_authentication_is_enough_where_both_are_offered() -> None:
    reading = read(Profile(active_authentication="rsa"))
    assert reading.outcome == WHOLE
    assert "DG15" not in [step.name for step in reading.data.steps]
    assert read(Profile(active_authentication="rsa"), faults=Faults(copied=True)).outcome == COPY


def asked(key: EcKey | RsaKey, answer: bytes, digest: str = "") -> bool:
    """What the reader says of this answer to a challenge of its own."""
    command = f"0088000008{CHALLENGE.hex()}00".upper()
    return authenticate_actively(
        Channel(ScriptedCard((command, answer.hex() + "9000"))), key, digest, random=lambda size: CHALLENGE[:size]
    )


@pytest.mark.parametrize("digest", RSA)
def test_a_signature_over_another_challenge_or_changed(digest: Digest) -> None:
    chip = RsaActive(digest, copied=False)
    key = parse_public_key(chip.public)
    right = chip.sign(CHALLENGE)
    assert asked(key, right)
    assert not asked(key, chip.sign(CHALLENGE[::-1]))
    assert not asked(key, bytes((right[0], right[1] ^ 1)) + right[2:])
    assert not asked(key, right[:-1])
    assert not asked(key, b"\0" + right)
    assert not asked(key, b"")
    assert not asked(key, bytes(len(right)))
    assert not asked(key, bytes(len(right) - 1) + b"\x01")
    assert not asked(
        parse_public_key(RsaActive(digest, copied=False).public), RsaActive(digest, copied=True).sign(CHALLENGE)
    )


@pytest.mark.parametrize(("digest", "curve"), ECDSA)
def test_an_elliptic_signature_over_another_challenge_or_changed(digest: Digest, curve: int) -> None:
    chip = EcdsaActive(curve, digest, explicit=False, copied=False)
    key = parse_public_key(chip.public)
    right = chip.sign(CHALLENGE)
    for told in (digest, ""):  # DG14 may say which hash; without it each is tried
        assert asked(key, right, told)
        assert not asked(key, chip.sign(CHALLENGE[::-1]), told)
        assert not asked(key, right[:-1] + bytes((right[-1] ^ 1,)), told)
        assert not asked(key, right[:-1], told)
        assert not asked(key, bytes(len(right)), told)
        assert not asked(key, secrets.token_bytes(len(right)), told)
        assert not asked(key, b"", told)


# -- no offer --------------------------------------------------------------------------------------------------------
def test_a_chip_that_offers_nothing_is_not_checked() -> None:
    assert read(NO_CHIP).outcome == (Trust.TRUSTED, "", CloneCheck.NOT_CHECKED)
    assert read(NO_CHIP, faults=Faults(copied=True)).outcome == (Trust.TRUSTED, "", CloneCheck.NOT_CHECKED)


@pytest.mark.parametrize(
    ("profile", "withheld", "clone_check"),
    [
        (Profile(), 14, CloneCheck.NOT_CHECKED),
        (Profile(), 15, CloneCheck.GENUINE),
        (ACTIVE[0], 15, CloneCheck.NOT_CHECKED),
        (ACTIVE[0], 14, CloneCheck.GENUINE),
    ],
)
def test_a_copy_that_withholds_its_public_key_is_never_genuine(
    profile: Profile, withheld: int, clone_check: CloneCheck
) -> None:
    """Its hash is in the signed list, but the file is not there: nothing was proven."""

    def withhold(groups: dict[int, bytes]) -> None:
        groups.pop(withheld, None)

    copy = card_of(profile, signed=lambda groups: None, shown=withhold)
    assert read(card=copy, profile=profile).outcome == (Trust.TRUSTED, "", clone_check)
