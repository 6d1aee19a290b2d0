"""What can be wrong with a simulated card, and the status words with which it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OK: Final = 0x9000
END_OF_FILE: Final = 0x6282
AUTHENTICATION_FAILED: Final = 0x6300
WRONG_LENGTH: Final = 0x6700
NO_SECURE_MESSAGING: Final = 0x6882
LAST_OF_CHAIN_EXPECTED: Final = 0x6883
NO_CHAINING: Final = 0x6884
NOT_ALLOWED: Final = 0x6982
BLOCKED: Final = 0x6983
CONDITIONS: Final = 0x6985
NO_CURRENT_FILE: Final = 0x6986
MESSAGING_OBJECT_MISSING: Final = 0x6987
MESSAGING_OBJECT_WRONG: Final = 0x6988
WRONG_DATA: Final = 0x6A80
NOT_FOUND: Final = 0x6A82
WRONG_PARAMETERS: Final = 0x6A86
REFERENCE_NOT_FOUND: Final = 0x6A88
WRONG_OFFSET: Final = 0x6B00
UNKNOWN_INSTRUCTION: Final = 0x6D00
UNKNOWN_CLASS: Final = 0x6E00


class Refused(Exception):
    """The card answers with this status word and no data (ISO/IEC 7816-4:2020, table 6)."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}")
        self.status = status


class MessagingBroken(Refused):
    """A secure-messaging object is missing or wrong: the session is over (ICAO Doc 9303-11, 9.8.3)."""


class CardPulled(Exception):
    """The card was taken from the reader: no answer comes, not even a status word."""


@dataclass(frozen=True)
class Faults:
    """Faults of a card, none by default; some are built into its files, the others happen while it is read."""

    pulled_after: int | None = None  # answers so many APDUs, then `CardPulled` until it is laid down again
    wrong_mac: int = 0  # this protected response (1, or True: the first one) of a session has a wrong MAC
    slow: float = 0.0  # seconds more for each APDU
    refuse_big_reads: int | None = None  # 6700 when a read asks for more bytes than this
    short_reads: int | None = None  # a read gives at most so many bytes, whatever was asked
    no_dg13: bool = False
    empty_spouse: bool = False
    forged_sod: bool = False  # the signature is not that of the content
    exchanged_dg: bool = False  # DG1 of another person under the SOD of this one
    copied: bool = False  # the private keys are not those of the public ones in DG14 and DG15
    revoked_signer: bool = False  # the document signer is on the revocation list of its CSCA
    unknown_signer: bool = False  # its certificate is of another CSCA, of the same name
    expired_signer: bool = False
    blocked: bool = False  # no password is taken: 63C0 when one is chosen, 6983 when it is tried
