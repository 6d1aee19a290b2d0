"""What is wrong with a procedure although its shape is right: one sentence each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Set

from kiosk.catalogue.models import Entry, Fee, Procedure
from offline_queue.entry import DECLARATION


def mistakes_of_entry(entry: Entry, _lost: Set[str]) -> Iterator[str]:
    """Of what is described."""
    for channel in entry.channels:
        for fee in channel.fees:
            yield from (f"{channel.way}: {sentence}" for sentence in _fee_mistakes(fee))


def mistakes_of(procedure: Procedure, lost: Set[str]) -> Iterator[str]:
    """Of what the site offers; nothing is said about keys that are `lost`."""
    if procedure.online and not (procedure.cases and procedure.form_id) and not lost & {"cases", "form_id"}:
        yield "an online procedure needs cases and a form_id"
    if procedure.prepare and not procedure.kinds and "kinds" not in lost:
        yield "a procedure that is prepared needs kinds"
    if procedure.online and procedure.prepare:
        yield "is either online or prepared, not both"
    for again in twice([case.id for case in procedure.cases]):
        yield f"case «{again}» stands here twice"
    for case in procedure.cases:
        for again in twice([component.id for component in case.components]):
            yield f"case «{case.id}»: paper «{again}» stands here twice"
        if any(component.id == DECLARATION for component in case.components):
            yield f"case «{case.id}»: paper «{DECLARATION}» must be named otherwise: that is the filled form"
    if not procedure.form_id and "form_id" not in lost:
        waiting = [paper.id for case in procedure.cases for paper in case.components if paper.when]
        yield from (f"paper «{one}» waits for an answer, and no form asks for it" for one in dict.fromkeys(waiting))
    for paper in procedure.papers:
        if paper.when:
            yield f"paper «{paper.id}» is for every case, so it waits for no answer"
    yield from _of_fees(procedure, lost)


def _of_fees(procedure: Procedure, lost: Set[str]) -> Iterator[str]:
    if procedure.fee and procedure.fee.per == "page" and (procedure.online or procedure.prepare):
        yield "fee: nobody counts pages by per: page; a procedure that is prepared has a tariff"
    unwarned = [fee for channel in procedure.channels for fee in channel.fees]
    if procedure.fee and not procedure.form_id and "form_id" not in lost:
        unwarned.append(procedure.fee)
    if any(fee.unless for fee in unwarned):
        yield "fee.unless: is for the fee of a procedure with a form, whose warnings it names"
    for fee in (*([procedure.fee] if procedure.fee else []), *(f for c in procedure.channels for f in c.fees)):
        yield from _fee_mistakes(fee)


def _fee_mistakes(fee: Fee) -> Iterator[str]:
    if fee.tariff and fee.amount_vnd is not None:
        yield "fee: give either amount_vnd or tariff, not both"
    if fee.valid_from and fee.valid_to and fee.valid_to < fee.valid_from:
        yield "fee: valid_to is before valid_from"


def twice(ids: Iterable[str]) -> list[str]:
    """What stands there more than once."""
    return sorted(one for one, times in Counter(ids).items() if times > 1)
