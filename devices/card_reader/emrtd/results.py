"""What a reading of a chip gives: values only, light to import for those who show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from devices.card_reader.emrtd.data_groups import CitizenData, Portrait
from devices.card_reader.emrtd.mrz import Mrz


class Access(StrEnum):
    """What opened the chip (`identification.access` of the province's API)."""

    PACE_CAN = "pace_can"
    PACE_MRZ = "pace_mrz"
    BAC = "bac"


class Trust(StrEnum):
    """What passive authentication says of the data."""

    TRUSTED = "trusted"  # signed by a state that we know, and unchanged
    UNTRUSTED_SIGNER = "untrusted_signer"  # unchanged, but signed by somebody we do not know, or no longer trust
    FAILED = "failed"  # changed, or not signed by the one it names
    NOT_CHECKED = "not_checked"  # the chip has no SOD, or we have no certificates


class CloneCheck(StrEnum):
    """Whether this is the chip that was issued."""

    GENUINE = "genuine"
    COPIED = "copied"
    NOT_CHECKED = "not_checked"  # the chip offers no way to tell


@dataclass(frozen=True)
class Verdict:
    """`reason` is a stable word for the log and the technician, empty when all is well."""

    trust: Trust
    reason: str = ""


@dataclass(frozen=True)
class Progress:
    """How far the reading is, from 0 to 1, counted in commands; it never goes back."""

    done: float


@dataclass(frozen=True)
class Fields:
    """DG1 and DG13 are there; what they say is not checked yet. `citizen` is None when there is no readable DG13."""

    mrz: Mrz = field(repr=False)
    citizen: CitizenData | None = field(repr=False)


@dataclass(frozen=True)
class StepTime:
    """What one step cost; `octets` both ways on the line to the card."""

    name: str
    apdus: int
    octets: int
    seconds: float

    def __add__(self, other: StepTime) -> StepTime:
        """Both parts of one step."""
        return StepTime(self.name, self.apdus + other.apdus, self.octets + other.octets, self.seconds + other.seconds)


@dataclass(frozen=True)
class ChipData:
    """The result of a whole reading. `evidence` is the SHA-256 (hex) of EF.SOD, another one for each card."""

    access: Access
    mrz: Mrz = field(repr=False)
    citizen: CitizenData | None = field(repr=False)
    portrait: Portrait | None = field(repr=False)
    verdict: Verdict
    clone_check: CloneCheck
    apdus: int
    octets: int
    seconds: float
    steps: tuple[StepTime, ...]
    evidence: str = field(default="", repr=False)


ChipEvent = Progress | Fields | Portrait | ChipData
