"""Every screen, in both languages, upright: nothing clipped, too small, too close or too pale.

At half the dots of the glass (all sizes are dp), which takes a third of the time: the usual look, and the largest
letters with high contrast. `make torture` goes through the six looks in between, and the usual one at full size.
"""

from __future__ import annotations

import pytest

from kiosk.state import Step
from tests.screens.errand_scenes import REASON
from tests.screens.layouts import LOOKS, SECONDS, UPRIGHT, WIDE, check, probed, wrong

BETWEEN = [(size, look) for look in ("0c", "1", "1c", "2", "2c", "3") for size in (UPRIGHT, WIDE)]
WHOLE = [("1080x1920", "0"), ("1920x1080", "0")]

SAID = {  # what must, and (after not) what must not stand on the glass, whole texts or their beginnings
    ("declare", "vi"): ("Lệ phí: Miễn phí", "Miễn phí khi đăng ký trong 60 ngày", "Máy in phiếu có số thứ tự"),
    ("declare-late", "vi"): ("Lệ phí: Do tỉnh quy định", "not Lệ phí: Miễn phí"),
    ("declare-proven", "vi"): ("Máy in cho bạn một phiếu", "not Máy in phiếu có số thứ tự"),
    ("declare-fee", "vi"): ("Lệ phí: 3 x 8.000 đồng = 24.000 đồng", "Chưa phải trả bây giờ."),
    ("declare-fee", "en"): ("Fee: 3 x 8.000 đồng = 24.000 đồng", "Nothing to pay now."),
    ("papers", "vi"): (
        "Giấy tờ này chưa được quét. Cần có, vì bạn chọn «Người khác».",
        "Tôi không có giấy này, lấy số gặp cán bộ",
    ),
    ("papers-scanned", "vi"): (
        "Chưa quét. Cần có, vì bạn chọn «Người khác».",
        "not Tôi không có giấy này",
        "not Chưa quét. Chỉ cần khi",
    ),
    ("review-missing", "vi"): ("Còn thiếu",),
    ("review", "vi"): ("not Còn thiếu",),
    ("review-supplement", "vi"): ("3 trang", "not Chưa quét"),
    ("slip", "vi"): ("Hẹn trả kết quả ngày 26/11/2026.",),
    ("home-card-left", "vi"): ("Có thẻ căn cước bị bỏ quên trên đầu đọc.",),
    ("home-card-left", "en"): ("An ID card was left on the reader.",),
    ("identify-left", "vi"): (
        "Có thẻ căn cước bị bỏ quên trên đầu đọc.",
        "Hãy đưa thẻ đó cho cán bộ",
        "not Đã thấy thẻ trên đầu đọc.",
    ),
    ("appointment-tomorrow", "vi"): ("Lịch hẹn của bạn là ngày 24/11/2026.",),
    ("lookup-unknown", "vi"): ("Mã hồ sơ bạn hỏi",),
    ("lookup-status-3", "vi"): (f"Lý do: {REASON} Mời bạn đến quầy",),
    ("pay-exempt", "vi"): ("Lấy số gặp cán bộ", "not Trả tại quầy"),
    ("pay-submission-exempt", "vi"): ("Tiếp tục", "not Trả tại quầy"),
}

pytestmark = pytest.mark.timeout(SECONDS + 10)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("step", list(Step))
def test_a_screen_can_be_read_and_touched(step: Step, look: str) -> None:
    check(step, UPRIGHT, look)


@pytest.mark.parametrize(("name", "language"), SAID)
def test_what_is_said_is_what_holds(name: str, language: str) -> None:
    shown = probed(UPRIGHT, "0")["scenes"]
    (words,) = [scene["words"] for scene in shown if (scene["scene"], scene["language"]) == (name, language)]
    for text in SAID[name, language]:
        wanted = not text.startswith("not ")
        assert any(word.startswith(text.removeprefix("not ")) for word in words) is wanted, (text, words)


@pytest.mark.torture
@pytest.mark.parametrize(("size", "look"), [*BETWEEN, *WHOLE])
def test_every_other_look(size: str, look: str) -> None:
    answer = probed(size, look)
    told = "\n".join(filter(None, (wrong(answer, step) for step in Step)))
    assert not told, f"\n{told}"


@pytest.mark.parametrize("only", ["form-edit-birth", "prepare"])
def test_a_small_landscape_glass_is_still_usable(only: str) -> None:
    """Keys may be a little smaller there, but nothing lies on anything, and all can be read (DESIGN 8)."""
    answer = probed("1024x768", "2", only)
    assert answer["scenes"]
    told = [one for one in answer["findings"] if one["rule"] in ("overlap", "small text", "outside", "target outside")]
    assert not told
