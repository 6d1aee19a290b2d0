"""A family member's card at the form: what is said about it is in sight, and what it tells is one clear address."""

from __future__ import annotations

import pytest

from tests.screens.probing import answer

SECONDS = 100

pytestmark = pytest.mark.timeout(SECONDS + 10)


def test_a_fathers_card_is_answered_in_sight_fills_his_fields_and_can_be_taken_out_again() -> None:
    seen = answer("family_probe", seconds=SECONDS)
    assert seen["needs"] == "Máy cần biết số của thẻ này trước."
    assert seen["in_sight"]
    assert seen["proven"] == "Ô có khóa được đọc từ chip thật trên thẻ."
    assert {"father.full_name", "father.id_number", "father.date_of_birth"} <= set(seen["locked"])
    assert seen["old"].startswith("Tổ 1, Đại Phúc")
    assert seen["address"] == ["Tổ 1, Phường Võ Cường, Tỉnh Bắc Ninh", "09190", "Tổ 1"]
    assert seen["left"] == ["", False]
