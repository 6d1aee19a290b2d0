"""Nothing on the glass, on the slips or among the errors is told in one language only."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk import catalogue, config, forms, i18n
from kiosk.catalogue import load_catalogue
from kiosk.config import ASSETS
from kiosk.forms.files import load_forms

ROOT = Path(__file__).parent.parent.parent
VIETNAMESE = re.compile(r"[À-ỹĐđ]")
# what is Vietnamese in every language: names of people, of the other language, keys of the keyboard
SAME_EVERYWHERE = re.compile(
    r"^(.|Chữ trắng trên nền đen|[Ắ-Ỹ Đắ-ỹđỐốỨứ ]*|Tiếng Việt|.*\|.*|[ăâđêôơư '/{}a-z-]*"
    r"|à  huyền|á  sắc|ả  hỏi|ã  ngã|ạ  nặng)$"
)
NOT_SHOWN = {  # what the robot types, words that are looked for in the catalogue, slips for staff only
    "tour.py": None,
    "fields.py": (" đồng",),
    "bring.py": ("giấy tờ tùy thân", "thẻ căn cước"),
    "slips.py": (
        *("CÁC SỐ ĐANG CHỜ", "Dấu * là số ưu tiên.", "PHIẾU IN THỬ"),
        *("Máy", "Giờ in", "Bề rộng in (điểm)", " đồng"),
    ),
}
TELLERS = (
    r"(?:DeviceStatus\(Condition\.\w+, |Unavailable\(|Timeout\(|NeedsAttention\(|ProtocolError\(|DeviceError\("
    r"|HallError\(|IdentityError\(|PrintOutcome\(PrintResult\.\w+, |self\.tell\(|self\._said\(|Refused\("
    r"|KeyRefused\(|code = |return |_code=|code=|PageFailed\([^\"]*|DossierFailed\([^\"]*)"
    r"\"([a-z][a-z0-9]+(?:_[a-z0-9]+)+)\""
)
NOT_TOLD = {"image/png", "no_screen"}


def constants(path: Path) -> Iterator[str]:
    """String constants of a file that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def shown_texts() -> Iterator[tuple[str, str]]:
    """(where, Vietnamese text) for everything that a person reads."""
    for path in sorted((ROOT / "screens").glob("*.kv")):
        for quote, text in re.findall(r"""tr\._\((['"])(.*?)\1\)""", path.read_text(encoding="utf-8")):
            del quote
            yield path.name, text
    for path in sorted((ROOT / "kiosk/pages/templates").glob("*.html")):
        for text in re.findall(r"""_\("(.*?)"\)""", path.read_text(encoding="utf-8")):
            yield path.name, text
    sources = [
        (ROOT / "screens").glob("*.py"),
        (ROOT / "kiosk/pages").glob("*.py"),
        [
            ROOT / "kiosk/slips.py",
            ROOT / "kiosk/errands/slips.py",
            ROOT / "kiosk/guide_slip.py",
            ROOT / "kiosk/search/__init__.py",
            ROOT / "kiosk/diagnostics/words.py",
        ],
    ]
    for path in sorted(path for paths in sources for path in paths):
        for text in constants(path):
            hidden = NOT_SHOWN.get(path.name, ())
            if VIETNAMESE.search(text) and hidden is not None and text not in hidden:
                yield path.name, text
    shipped = load_catalogue(ASSETS / "catalogue")
    # of the site's own; what the national portal says, names as well, is the text of the law and stays Vietnamese
    for procedure in shipped.procedures.values():
        yield from ((procedure.code, text) for text in catalogue.texts(procedure))
    yield from (("site.yaml", tile.title) for tile in shipped.rules.jobs)
    yield from (("site.yaml", plain.say) for plain in shipped.rules.plain)
    for form in load_forms(ASSETS / "forms").values():
        yield from ((form.id, text) for text in forms.texts(form))
    for series in config.load(None).hall.series:
        yield "default.toml", series.title


@pytest.mark.parametrize("language", ["vi", "en"])
def test_each_text_has_one_place(language: str) -> None:
    places = Counter(
        entry
        for path in sorted((i18n.LOCALES / language).glob("*.po"))
        for entry in re.findall(r'(?:^msgctxt "(.*)"\n)?^msgid "(.+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert [text for text, count in places.items() if count > 1] == []


def test_every_text_has_its_english() -> None:
    missing = sorted(
        {
            f"{where}: {text}"
            for where, text in shown_texts()
            if text.strip() and not SAME_EVERYWHERE.match(text) and i18n.translate(text, "en") == text
        }
    )
    assert missing == []


def told_codes() -> set[str]:
    """Codes that the source tells to a person."""
    found: set[str] = set()
    for folder in ("kiosk", "devices", "offline_queue"):
        for path in (ROOT / folder).rglob("*.py"):
            if "sandbox" not in path.parts:
                found |= set(re.findall(TELLERS, path.read_text(encoding="utf-8")))
    return found - NOT_TOLD


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_code_has_its_sentence(language: str) -> None:
    assert sorted(code for code in told_codes() if i18n.error_text(code, language) == code) == []


FAULTS = (
    *("printer_", "presenter_", "ticket_in_", "paper_", "scanner_", "camera_"),
    *("device_", "reader_", "cutter_", "cover_", "pcsc_", "card_", "chip_", "no_card", "page_", "scan_unreadable"),
)
NO_FAULTS = {
    *("paper_changed", "paper_wrong_side", "paper_missing"),
    # what the kiosk itself says of a reading or a page
    *(
        "card_left",
        "card_number_missing",
        "card_removed_early",
        "page_failed",
        "page_moved",
        "page_not_stored",
        "page_unknown",
    ),
}


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_fault_of_a_device_has_words_for_staff_and_technicians(language: str) -> None:
    entries = i18n.catalogue(language)
    faults = {code for context, code in entries if context == "error" and code.startswith(FAULTS)} - NO_FAULTS
    assert len(faults) > 25
    words = ((who, code) for code in faults for who in ("staff", "technician"))
    assert sorted(word for word in words if word not in entries) == []


def test_no_words_of_a_page_stand_outside_the_catalogue() -> None:
    for path in (ROOT / "kiosk/pages/templates").glob("*.html"):
        text = path.read_text(encoding="utf-8").replace("Tiếng Việt", "")
        bare = VIETNAMESE.findall(re.sub(r"\{[{%].*?[%}]\}", "", text))
        assert bare == [], path.name


def test_codes_of_the_pages_have_their_sentences() -> None:
    pages = (ROOT / "kiosk/pages").rglob("*")
    texts = [path.read_text(encoding="utf-8") for path in pages if path.suffix in (".py", ".html")]
    asked = {code for text in texts for code in re.findall(r"""(?:said|advice)\("([a-z_]+)"\)""", text)}
    told = r'''(?:\.go\([^\n]*?, |\.sorry\(|code=|ENDED = |DOWN = |, code = )"([a-z]+_[a-z_]+)"'''
    asked |= {code for text in texts for code in re.findall(told, text)}
    assert len(asked) > 15
    for language in ("vi", "en"):
        assert [code for code in sorted(asked) if i18n.error_text(code, language) == code] == []


def test_both_languages_explain_the_same_codes() -> None:
    keys = {language: {key for key in i18n.catalogue(language) if key[0]} for language in ("vi", "en")}
    assert keys["vi"] ^ keys["en"] == set()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_placeholders_survive_translation(language: str) -> None:
    assert list(i18n.other_braces(i18n.catalogue(language))) == []
