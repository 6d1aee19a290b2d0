"""Coming back, paying, asking, bringing what is missing, and an officer at the glass: each by touches in the window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kiosk.errands.petition import NO_NAME, NOBODY
from tests.screens.probing import answer, run

SIZE = "540x960"  # half the glass: all sizes are dp
SECONDS = 200

pytestmark = pytest.mark.timeout(SECONDS + 10)


def probed() -> Mapping[str, Any]:
    """What was seen, by errand."""
    return answer("errand_probe", "--size", SIZE, seconds=SECONDS)


def saw(errand: str) -> dict[str, Any]:
    """What one errand saw; why it was lost when it was not done."""
    done = run("errand_probe", "--size", SIZE, seconds=SECONDS)
    assert errand in probed(), done.stderr[-2000:]
    seen: dict[str, Any] = probed()[errand]
    return seen


def test_nothing_is_wrong_on_the_glass_on_the_way() -> None:
    assert [finding for finding in probed()["findings"] if "DevDock" not in finding["widget"]] == []


def test_a_code_can_be_paid_once_and_after_its_time_there_is_another() -> None:
    seen = saw("fee")
    assert seen["status"] == 6
    assert seen["read_by_phone"]
    assert seen["same_again"]
    assert "7.000 đồng. Nay tỉnh yêu cầu 16.000 đồng." in seen["detail"]
    assert seen["expired_on_glass"] == []
    assert seen["another"]
    assert seen["counter"].startswith("A-")


def test_a_fee_is_charged_by_nobody_off_line_and_paid_when_the_bank_says_so() -> None:
    seen = saw("paid")
    assert seen["off_line"] == seen["paid_on_glass"] == []
    assert seen["counter_offered"]


def test_a_result_is_ready_or_not_before_queueing_and_off_line_its_state_has_an_age() -> None:
    seen = saw("result")
    assert (seen["ready"], seen["refused"], seen["off_line"]) == (9, 3, 9)
    assert seen["number"].startswith("E-")
    assert seen["counter"].startswith("A-")
    assert "trước" in seen["age"]


def test_an_appointment_is_corrected_by_one_digit_and_has_its_place() -> None:
    seen = saw("appointment")
    assert seen["numbers"] == 6  # for whom no appointment is known
    assert seen["said"].startswith("Bạn đến đúng hẹn.")
    assert seen["number"].startswith("A-")


@pytest.mark.parametrize("errand", ["suggestion", "suggestion_named"])
def test_what_is_written_stays_in_sight_and_reaches_the_province(errand: str) -> None:
    hidden = [seen for key, seen in saw(errand).items() if key.endswith("_hidden")]
    named = errand == "suggestion_named"
    assert hidden == [False] * (4 if named else 1)
    stored = probed()["stored"][errand]
    assert stored["answers"] == {"kind": "suggestion", "text": "Thêm quạt"}
    who = {"id_number": NOBODY, "full_name": "Tô Thị Út" if named else NO_NAME}
    assert stored["submitter"] == {**who, "phone": "0900000001" if named else None}


def test_a_phone_refuses_has_no_level_or_proves_who_stands_there() -> None:
    seen = saw("phone")
    assert seen["read_by_phone"]
    assert seen["number"].startswith("C-")
    assert seen["known"]


def test_a_slip_leads_straight_to_the_missing_paper() -> None:
    seen = saw("papers")
    assert (seen["accepted"], seen["status"]) == (True, 4)
    assert "Giấy chứng sinh" in seen["asked"]
    assert set(seen["sections"]) == {"requester"}  # no screen with nothing to do in it


def test_staff_call_a_number_and_print_the_list_at_the_glass() -> None:
    label, called = saw("officer")["called"]
    assert called
    assert label.startswith("A-")
    assert saw("officer")["said"] == "list_sent"
