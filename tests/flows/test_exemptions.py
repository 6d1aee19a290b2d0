"""Who pays nothing or less: ours, what a site says for its province, and for which procedures and cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk import check, i18n
from kiosk.catalogue import load_catalogue
from kiosk.catalogue.own_files import OWN_CATALOGUE, OWN_REFUSED
from kiosk.config import ASSETS, Config, PaymentTable
from kiosk.errands import Paying
from kiosk.errands.exemptions import Exemption, exemptions_for, read_exemptions, unknown_names
from kiosk.state import Step
from kiosk.wiring import Machine
from tests.flows.conftest import Player
from tests.flows.test_dossier import to_review
from tests.flows.test_paying import paying, settled

OURS = {"child", "poor", "elderly", "disabled", "merit", "minority"}
SITE = """
- {id: veteran, title: Cựu chiến binh, proof: Thẻ hội viên, procedures: ["2.000635"], cases: [self]}
- {id: poor, title: Người thuộc hộ nghèo, proof: Giấy chứng nhận hộ nghèo, procedures: ["1.004873"]}
- {id: minority, title: Không áp dụng, proof: Không áp dụng, holds: false}
"""
ENGLISH = ("Cựu chiến binh", "Thẻ hội viên", "Người thuộc hộ nghèo", "Giấy chứng nhận hộ nghèo")


@pytest.fixture
def own(config: Config) -> Path:
    """A site that says what holds in its province."""
    folder = config.storage.data_dir / OWN_CATALOGUE
    folder.mkdir(parents=True)
    (folder / "exemptions.yaml").write_text(SITE, encoding="utf-8")
    return folder


def offered(player: Player, procedure_code: str, case_id: str = "") -> set[str]:
    """Who may say on the screen of a fee that they pay less."""
    found = player.kiosk.exemptions(Paying("r", "c", procedure_code=procedure_code, case_id=case_id))
    return {one.id for one in found}


def test_ours_hold_for_every_fee_but_one_that_belongs_to_a_case(player: Player) -> None:
    assert offered(player, "2.000635", "self") == OURS
    assert offered(player, "1.000656", "notice") == {*OURS, "death_in_time"}
    assert offered(player, "1.000656", "long_ago") == OURS
    assert offered(player, "1.000656") == {*OURS, "death_in_time"}  # asked for later: the officer will ask


def test_a_site_says_what_holds_in_its_province(own: Path, config: Config) -> None:
    payment = PaymentTable(bank="970436", account="0123456789", when="submission")
    with Machine(config.model_copy(update={"payment": payment})) as machine:
        player = Player(machine)
        left = OURS - {"poor", "minority"}
        assert offered(player, "2.000635", "self") == {*left, "veteran"}
        assert offered(player, "2.000635", "deceased") == left
        assert offered(player, "1.004873", "first") == {*left, "poor"}
        to_review(player, "2.000635")
        player.kiosk.next()
        player.kiosk.declare()
        player.until(lambda s: s.step is Step.PAY, "the fee")
        case = player.state.session.case if player.state.session else None
        assert case
        assert paying(player.state).case_id == case.id
        player.until(settled, "the code")
        player.kiosk.claim_exemption("minority")
        assert paying(player.state).exempt == ""
        player.kiosk.claim_exemption("elderly")
        assert paying(player.state).exempt == "elderly"
    (own / "exemptions.yaml").write_text("- {id: veteran, title: 1}", encoding="utf-8")
    with Machine(config) as machine:  # with a mistake, as it last was right
        assert "veteran" in offered(Player(machine), "2.000635", "self")
        assert "exemptions.yaml: veteran: " in machine.kiosk.parts.outbox.notices()[OWN_REFUSED]


def test_check_knows_the_file_its_words_and_its_names(own: Path, config: Config) -> None:
    named = check.problems(config)
    assert sorted(named) == sorted(f"locales/en: exemptions.yaml: no text for «{text}»" for text in ENGLISH)
    (own / "locales/en").mkdir(parents=True)
    words = "\n".join(f'msgid "{text}"\nmsgstr "x"\n' for text in ENGLISH)
    (own / "locales/en/own.po").write_text(f'msgid ""\nmsgstr "Language: en\\n"\n\n{words}', encoding="utf-8")
    i18n.catalogue.cache_clear()
    assert check.problems(config) == []
    wrong = SITE.replace("2.000635", "2.999999").replace('["1.004873"]', '["1.004873"], cases: [frist]')
    (own / "exemptions.yaml").write_text(wrong, encoding="utf-8")
    named = check.problems(config)
    assert [problem.partition(": ")[2].partition(":")[0] for problem in named] == ["veteran", "veteran", "poor"]
    assert "2.999999" in named[0]
    assert "did you mean «first»" in named[2]
    (own / "exemptions.yaml").write_text("poor: yes", encoding="utf-8")
    assert check.problems(config) == ["exemptions.yaml: must be a list of exemptions"]


def test_ours_name_what_there_is() -> None:
    ours, mistakes = read_exemptions(ASSETS / "catalogue")
    assert mistakes == []
    assert list(unknown_names(ours, load_catalogue(ASSETS / "catalogue"))) == []


def test_one_that_does_not_hold_is_offered_to_nobody() -> None:
    one = Exemption(id="a", title="a", proof="b", cases=("x",))
    assert exemptions_for([one], "1", "x") == (one,)
    assert exemptions_for([one], "1", "y") == ()
    assert exemptions_for([one.model_copy(update={"holds": False})], "1", "x") == ()
