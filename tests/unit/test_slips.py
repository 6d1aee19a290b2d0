"""What is printed: contents, pictures, provisional codes."""

from __future__ import annotations

import ast
import re
import unicodedata
import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeGuard
from zoneinfo import ZoneInfo

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from kiosk import slip_picture, slips
from kiosk.catalogue import Case, Channel, Component, Fee, PageTariff, Procedure
from kiosk.guide_slip import guide_slip
from kiosk.hall.rows import HallRows
from kiosk.hall.tickets import Ticket, TicketState
from kiosk.hall.view import Estimate
from kiosk.i18n import catalogue
from kiosk.open_numbers import slip_of
from kiosk.provisional import ALPHABET, parse_provisional_code, provisional_code
from kiosk.slip_picture import draw
from kiosk.slips import Banner, Code, Item, Number, Pair, Qr, Slip, Text
from kiosk.state import Preparation

NOW = datetime(2026, 11, 23, 8, 14, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
CENTRE = "Trung tâm Phục vụ hành chính công phường Võ Cường"
QR = "MC1|H05.114|2026-11-23|A-025"
REF = "7f2c7a4e-8d2f-4c0e-9d53-6a1f0f6f2f10"
COPIES = Procedure(
    code="2.000815",
    name="Chứng thực bản sao từ bản chính giấy tờ, văn bản do cơ quan, tổ chức có thẩm quyền của Việt Nam cấp",
    short_name="Sao y",
    field="Chứng thực",
    icon="stamper",
    online=False,
    prepare=True,
    series="B",
    bring=("Bản chính giấy tờ",),
    fee=Fee(tariff=PageTariff(first_pages=2, first_page_vnd=2000, next_page_vnd=1000, most_vnd=200_000)),
    duration_text="Trong ngày",
    kinds=("Căn cước",),
)
BIRTH = Procedure(
    code="1.001193",
    name="Đăng ký khai sinh",
    short_name="Khai sinh",
    field="Hộ tịch",
    icon="baby",
    online=True,
    series="A",
)
CASE = Case(
    id="own",
    title="Cha mẹ tự đi",
    components=(Component(id="a", title="Giấy chứng sinh"), Component(id="b", title="Giấy ủy quyền", scan=False)),
)
WIDTHS = (576, 512, 384)
FORMS: tuple[Literal["NFC", "NFD"], ...] = ("NFC", "NFD")
FOR_STAFF = ("test_slip",)  # in Vietnamese only


def ticket(**changes: Any) -> Slip:
    values: dict[str, Any] = {
        "centre": CENTRE,
        "number": "A-025",
        "series_title": "Khai sinh, kết hôn, hộ tịch",
        "counters": (1, 2),
        "issued_at": NOW,
        "ahead": 7,
        "estimate": None,
        "qr": QR,
    }
    return slips.ticket_slip(**{**values, **changes})


def provisional(**changes: Any) -> Slip:
    values: dict[str, Any] = {
        "centre": CENTRE,
        "code": provisional_code(REF),
        "qr": f"KM1|H05.114|{provisional_code(REF)}",
        "procedure": BIRTH,
        "papers": CASE.components,
        "stored_at": NOW,
        "declared": True,
        "scanned": (),
        "linked_number": "A-026",
        "counters": (1, 2),
        "hotline": "1022",
    }
    return slips.provisional_slip(**{**values, **changes})


def texts(slip: Slip) -> list[str]:
    found: list[str] = []
    for block in slip.blocks:
        found += [block.text] if isinstance(block, Text | Number | Code | Qr | Item | Banner) else []
        found += [block.label, block.value] if isinstance(block, Pair) else []
        found += [block.note] if isinstance(block, Pair | Item | Banner) and block.note else []
    return found


def value(slip: Slip, label: str) -> str:
    return next(block.value for block in slip.blocks if isinstance(block, Pair) and block.label == label)


def codes(image: Image.Image) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(image.convert("L"))]


# -- contents ----------------------------------------------------------------------------------------------------
def test_a_ticket_says_all_that_a_ticket_must() -> None:
    slip = ticket(estimate=Estimate(20, 15, 26), priority="Phụ nữ mang thai")
    assert slip.blocks[0] == Text(CENTRE, slips.Style.CENTRE)
    assert Number("A-025") in slip.blocks
    assert Qr(QR) in slip.blocks
    assert value(slip, "Quầy") == "1, 2"
    assert value(slip, "Giờ lấy số") == "08:14, 23/11/2026"
    assert value(slip, "Số người chờ trước bạn") == "7"
    assert value(slip, "Chờ khoảng (phút)") == "15–26"
    assert "ƯU TIÊN: Phụ nữ mang thai" in texts(slip)
    assert "Phiếu hết hiệu lực khi hết giờ làm việc." in texts(slip)


def test_what_is_not_known_is_not_printed() -> None:
    slip = ticket(counters=())
    assert not {"Quầy", "Chờ khoảng (phút)", "Bản in lại"} & set(texts(slip))
    assert not any(isinstance(block, Banner) for block in slip.blocks)
    assert "Mời ngồi và chờ gọi số." in texts(slip)


def test_a_reprint_says_so() -> None:
    assert "Bản in lại" in texts(ticket(reprint=True))
    assert "Bản in lại" in texts(provisional(reprint=True))


def test_english_stands_below_vietnamese() -> None:
    both = texts(ticket(language="en"))
    assert both.index("YOUR NUMBER") == both.index("SỐ THỨ TỰ CỦA BẠN") + 1
    assert "Please sit near counter 1,\xa02 until your number is called." in both
    assert "YOUR NUMBER" not in texts(ticket())


def test_a_declared_dossier_is_completed_at_the_counter() -> None:
    slip = provisional()
    assert Code(provisional_code(REF)) in slip.blocks
    assert Number("A-026") in slip.blocks
    assert Qr(f"KM1|H05.114|{provisional_code(REF)}") in slip.blocks
    assert "Đây chưa phải là Giấy tiếp nhận hồ sơ và hẹn trả kết quả." in texts(slip)
    assert "HỒ SƠ NỘP TRƯỚC" in texts(slip)
    items = [block.text for block in slip.blocks if isinstance(block, Item)]
    assert items == ["Thẻ căn cước của bạn", "Giấy chứng sinh", "Giấy ủy quyền"]
    assert value(slip, "Điện thoại hỏi đáp") == "1022"


def test_a_verified_dossier_hands_over_only_what_was_not_scanned() -> None:
    slip = provisional(declared=False, linked_number="", hotline="")
    assert [block.text for block in slip.blocks if isinstance(block, Item)] == ["Giấy ủy quyền"]
    assert "HỒ SƠ NỘP TRƯỚC" not in texts(slip)
    assert not any(isinstance(block, Number) for block in slip.blocks)


def test_a_paper_that_is_not_for_everybody_is_asked_of_who_has_scanned_it() -> None:
    optional = Component(id="by_others", title="Văn bản ủy quyền", required=False)
    papers = (*CASE.components, optional)
    for scanned, asked in (((), False), (("by_others",), True)):
        items = [b.text for b in provisional(papers=papers, scanned=scanned).blocks if isinstance(b, Item)]
        assert ("Văn bản ủy quyền" in items) is asked
        assert "Giấy chứng sinh" in items


def test_who_brings_missing_papers_reads_for_which_dossier() -> None:
    slip = provisional(completes="H05.114-261102-9005")
    assert "PHIẾU BỔ SUNG GIẤY TỜ" in texts(slip)
    assert "PHIẾU NỘP HỒ SƠ TẠM" not in texts(slip)
    assert value(slip, "Cho hồ sơ") == "H05.114-261102-9005"
    assert "PHIẾU NỘP HỒ SƠ TẠM" in texts(provisional())


def test_a_declared_dossier_without_a_number_tells_to_take_one() -> None:
    assert "Khi đến, mời lấy số thứ tự tại máy này." in texts(provisional(linked_number=""))


def test_the_list_to_take_home_tells_papers_fees_and_where_to_read_more() -> None:
    paper = Component(id="p", title="Giấy tờ " + "rất dài " * 40, scan=False)
    channels = (
        Channel(way="counter", fees=(Fee(amount_vnd=20_000), Fee(amount_vnd=9_000, valid_to=date(2025, 1, 1)))),
        Channel(way="online", fees=(Fee(province=True),)),
    )
    page = "https://dichvucong.gov.vn/thu-tuc-hanh-chinh/0"
    guide = BIRTH.model_copy(update={"cases": (CASE, CASE), "papers": (paper,), "channels": channels, "page": page})
    blocks = guide_slip(centre=CENTRE, procedure=guide, case=CASE, on=NOW.date(), language="en").blocks
    items = [block.text for block in blocks if isinstance(block, Item)]
    assert items == [paper.short, "Giấy chứng sinh", "Giấy ủy quyền"]
    assert len(paper.short) <= 141
    pairs = {block.label: block.value for block in blocks if isinstance(block, Pair)}
    assert pairs["Phí khi nộp tại quầy"] == "20.000 đồng"
    assert pairs["Phí khi nộp trực tuyến"] == "hỏi tại quầy"
    assert pairs["Ngày in"] == "23/11/2026"
    assert [block.text for block in blocks if isinstance(block, Qr)] == [page]
    assert any(
        isinstance(block, Text) and block.text == "Fees and papers may change. Ask at the counter before you hand in."
        for block in blocks
    )


def test_what_a_site_names_may_have_braces() -> None:
    """Only our own sentences have places for values."""
    name = "Khai sinh {CT03} {"
    named = BIRTH.model_copy(update={"name": name, "bring": (name,), "duration_text": name})
    case = CASE.model_copy(update={"title": name})
    guide = guide_slip(
        centre=name, procedure=named.model_copy(update={"cases": (case, CASE)}), case=case, on=NOW.date()
    )
    preparation = Preparation(name, pages=1, copies=1)
    listed = slips.checklist_slip(centre=name, procedure=named, preparation=preparation, case=case)
    first = ticket(series_title=name, priority=name)
    for slip in (guide, listed, provisional(procedure=named), first):
        assert name in texts(slip) or f"ƯU TIÊN: {name}" in texts(slip)


def test_a_checklist_tells_papers_and_fee() -> None:
    preparation = Preparation("Căn cước", pages=3, copies=2, fee_vnd=10000)
    alone = slips.checklist_slip(centre=CENTRE, procedure=COPIES, preparation=preparation, number="B-003")
    below = slips.with_checklist(ticket(number="B-003"), COPIES, preparation, "vi")
    for slip in (alone, below):
        assert Number("B-003") in slip.blocks
        assert [block.text for block in slip.blocks if isinstance(block, Item)] == ["Bản chính giấy tờ"]
        assert value(slip, "Số trang của bản chính") == "3"
        assert value(slip, "Số bản cần sao") == "2"
        assert value(slip, "Phí, lệ phí") == "10.000 đồng"
    unknown = slips.checklist_slip(centre=CENTRE, procedure=COPIES, preparation=Preparation(), language="en")
    assert value(unknown, "Phí, lệ phí") == "hỏi tại quầy"
    assert "Fees: please ask at the counter" in texts(unknown)


def test_a_ticket_says_only_what_is_known_and_true() -> None:
    void = "Phiếu hết hiệu lực khi hết giờ làm việc."
    assert void in texts(ticket())
    assert void not in texts(ticket(kept=True))  # it is called the next day, too
    assert "Số người chờ trước bạn" in texts(ticket(ahead=0))
    assert "Số người chờ trước bạn" not in texts(ticket(ahead=None))


def test_open_numbers_come_series_by_series() -> None:
    day = date(2026, 11, 23)
    later = NOW + timedelta(minutes=1)
    tickets = (
        Ticket(1, day, "B", 1, NOW, line="A"),
        Ticket(2, day, "A", 2, later, line="A", priority="Trẻ em"),
        Ticket(3, day, "A", 1, NOW, line="A"),
        Ticket(4, day, "B", 2, NOW, line="B"),
        Ticket(5, day, "B-K2", 3, NOW, TicketState.HELD, line="B", counter=3),
    )
    rows = HallRows(day, day, NOW, tickets)
    slip = slip_of(CENTRE, rows, NOW)
    told = texts(slip)
    assert told[told.index("A: 3") : told.index("B: 1") + 2] == ["A: 3", "B-001, A-001, A-002*", "B: 1", "B-002"]
    assert value(slip, "B-K2-003") == "Quầy 3"
    assert not any("chưa nối được" in text for text in told)
    old = texts(slip_of(CENTRE, replace(rows, away=True), later))
    assert f"Số liệu lúc {NOW:%H:%M}" in "\n".join(old)
    assert "Chưa nối được sổ số của trung tâm." in texts(slip_of(CENTRE, replace(rows, away=True, unknown=True), later))


def test_every_text_of_a_citizens_slip_has_its_english() -> None:
    tree = ast.parse(Path(slips.__file__).read_text())
    parts = [node for node in tree.body if not (isinstance(node, ast.FunctionDef) and node.name in FOR_STAFF)]
    docstrings = {
        ast.get_docstring(node, clean=False) for part in parts for node in ast.walk(part) if has_docstring(node)
    }
    in_formats = {
        id(piece)
        for part in parts
        for node in ast.walk(part)
        if isinstance(node, ast.JoinedStr)
        for piece in node.values
    }
    msgids = {
        node.value
        for part in parts
        for node in ast.walk(part)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not node.value.isascii()
        if node.value not in docstrings and id(node) not in in_formats
    }
    assert {"SỐ THỨ TỰ CỦA BẠN", "hỏi tại quầy", "Giấy tờ cần nộp tại quầy", "Mời ngồi và chờ gọi số."} <= msgids
    assert {text for text in msgids if ("", text) not in catalogue("en")} == {slips.UNBROKEN_SPACE} & msgids


def has_docstring(node: ast.AST) -> TypeGuard[ast.FunctionDef | ast.ClassDef]:
    return isinstance(node, ast.FunctionDef | ast.ClassDef)


# -- pictures ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_picture_is_black_and_white_as_wide_as_the_paper_and_its_code_reads(width: int, language: str) -> None:
    for slip, code in (
        (ticket(language=language), QR),
        (provisional(language=language), f"KM1|H05.114|{provisional_code(REF)}"),
    ):
        image = draw(slip, width)
        assert (image.mode, image.width) == ("1", width)
        assert codes(image) == [code]


HARD = {
    "long centre": lambda: ticket(centre=CENTRE + " thuộc tỉnh Đắk Lắk – cơ sở hai tại buôn Ea H'Leo"),
    "many counters": lambda: ticket(counters=tuple(range(1, 31))),
    "long series": lambda: ticket(series_title="Đất đai, xây dựng, tài nguyên và môi trường, giao thông"),
    "four digits": lambda: ticket(number="W-9999"),
    "one long word": lambda: ticket(series_title="W" * 80, priority="Q" * 60),
    "english": lambda: ticket(language="en", priority="Trẻ em", reprint=True, estimate=Estimate(125, 110, 140)),
    "checklist": lambda: slips.with_checklist(
        ticket(), COPIES, Preparation("Văn bằng, chứng chỉ nước ngoài", 9, 9), "en"
    ),
    "provisional": lambda: provisional(language="en", procedure=COPIES),
    "test": lambda: slips.test_slip(centre=CENTRE, kiosk_id="k1", width_dots=576, printed_at=NOW),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", HARD)
def test_nothing_touches_the_edges(name: str, width: int) -> None:
    image = draw(HARD[name](), width).convert("L")
    box = image.point(lambda grey: 255 - grey).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert left >= 8
    assert right <= width - 8
    assert top >= 8
    assert bottom <= image.height - 16


@pytest.mark.parametrize("width", WIDTHS)
def test_no_letter_is_lost_by_wrapping(width: int) -> None:
    for text in (COPIES.name, "W" * 90, "a " * 60, "Nguyễn" * 20 + " hết"):
        lines = slip_picture._wrap(text, slip_picture.BOLD, 30, width - 32)
        assert "".join(line for line, _ in lines).replace(" ", "") == text.replace(" ", "")
        assert all(slip_picture._font(slip_picture.BOLD, 30).getlength(line) <= width - 32 for line, _ in lines)


def test_the_number_is_as_high_as_the_paper_allows() -> None:
    heights = [draw(Slip((Number(number),)), 576).height for number in ("A-025", "B-111")]
    assert min(heights) >= 150 + slip_picture.TOP + slip_picture.BOTTOM
    ink = draw(Slip((Number("A-025"),)), 576).convert("L").point(lambda grey: 255 - grey).getbbox()
    assert ink is not None
    assert ink[3] - ink[1] >= 150


def test_modules_are_whole_dots_with_four_around() -> None:
    image = draw(Slip((Qr(QR),)), 576).convert("L")
    box = image.point(lambda grey: 255 - grey).getbbox()
    assert box is not None
    assert box[2] - box[0] == box[3] - box[1]
    dots, rest = divmod(box[2] - box[0], 29)  # version 3
    assert rest == 0
    assert box[1] >= 4 * dots
    assert image.height - box[3] >= 4 * dots


def test_every_vietnamese_letter_has_its_own_shape() -> None:
    letters = "aăâbcdđeêghiklmnoôơpqrstuưvxyàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
    letters += letters.upper().replace("I", "")  # an I is an l in most sans-serifs
    shapes = {draw(Slip((Text(letter),)), 384).tobytes() for letter in letters}
    assert len(shapes) == len(letters)


def test_decomposed_letters_are_drawn_like_composed_ones() -> None:
    long, short = "Ưu tiên người khuyết tật ở phường Võ Cường, xã Ea H'Leo", "Ưu tiên ở"
    pictures = []
    for form in FORMS:
        text, label = unicodedata.normalize(form, long), unicodedata.normalize(form, short)
        blocks = (Text(text, slips.Style.SERIES), Banner(text), Pair(label, label), Item(text))
        pictures.append(draw(Slip(blocks), 384).tobytes())
    assert pictures[0] == pictures[1]


# -- provisional codes -------------------------------------------------------------------------------------------
def test_a_code_is_stable_and_readable_aloud() -> None:
    code = provisional_code(REF)
    assert code == provisional_code(REF)
    assert re.fullmatch(f"TAM-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", code)
    assert len({provisional_code(str(uuid.uuid4())) for _ in range(2000)}) == 2000


@given(st.uuids().map(str))
def test_a_code_is_read_as_people_type_it(client_ref: str) -> None:
    code = provisional_code(client_ref)
    bare = code.removeprefix("TAM-")
    lookalikes = bare.replace("0", "o").replace("1", "l")
    for typed in (code, code.lower(), bare, bare.replace("-", ""), f" tạm {lookalikes} ", code.replace("-", " – ")):
        assert parse_provisional_code(typed) == code


@given(st.uuids().map(str), st.integers(0, 7), st.integers(1, 31), st.integers(0, 6))
def test_one_wrong_symbol_or_two_swapped_are_found(client_ref: str, place: int, shift: int, swap: int) -> None:
    symbols = provisional_code(client_ref)[4:].replace("-", "")
    wrong = ALPHABET[(ALPHABET.index(symbols[place]) + shift) % 32]
    with pytest.raises(ValueError, match="mistyped"):
        parse_provisional_code(symbols[:place] + wrong + symbols[place + 1 :])
    if symbols[swap] != symbols[swap + 1]:
        with pytest.raises(ValueError, match="mistyped"):
            parse_provisional_code(symbols[:swap] + symbols[swap + 1] + symbols[swap] + symbols[swap + 2 :])


@pytest.mark.parametrize("text", ["", "TAM", "TAM-1234", "TAM-UUUU-UUUU", "H05.114-261123-0001", QR, "001190000001"])
def test_other_texts_are_no_code(text: str) -> None:
    with pytest.raises(ValueError, match="provisional code"):
        parse_provisional_code(text)
