"""What must be done at the counter is prepared here: which papers, how many, what it costs."""

from __future__ import annotations

from datetime import date

from kiosk import fees
from kiosk.catalogue import Case, Procedure


def counts_pages(procedure: Procedure) -> bool:
    """Whether the fee goes by the pages of the original."""
    return procedure.fee is not None and procedure.fee.tariff is not None


def counts_copies(procedure: Procedure) -> bool:
    """Whether the fee goes by how many are wanted."""
    return procedure.fee is not None and (procedure.fee.tariff is not None or procedure.fee.per == "copy")


def case_of(procedure: Procedure, kind: str) -> Case | None:
    """The case that a kind stands for: where a procedure has cases, its kinds bear their titles."""
    return next((case for case in procedure.cases if case.title == kind), None)


def fee_of(procedure: Procedure, pages: int, copies: int, on: date) -> int | None:
    """Fee in đồng on a day; None where the province decides."""
    tariff = procedure.fee.tariff if procedure.fee else None
    return fees.fee_by_pages(tariff, pages, copies) if tariff else fees.fee_for(procedure, copies, on)


def to_bring(procedure: Procedure, case: Case | None) -> tuple[str, ...]:
    """Everything to have ready in this case; in all of them while none is chosen."""
    cases = (case,) if case else procedure.cases
    return tuple(dict.fromkeys((*procedure.bring, *(paper.title for one in cases for paper in one.components))))
