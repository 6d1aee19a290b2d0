"""News of the catalogue: over real HTTP from an embedded province, checked, and exchanged between two people."""

from __future__ import annotations

import json
import logging
import os
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kiosk import builders, check
from kiosk.catalogue.own_files import LAST_GOOD, LEFT_OUT, OWN_CATALOGUE, OWN_REFUSED, SENT, SHRUNK
from kiosk.catalogue.update import (
    REFUSED,
    CatalogueChanged,
    CatalogueNews,
    load_lookup,
)
from kiosk.config import ASSETS, Config
from kiosk.fees import fee_lines
from kiosk.sandbox.server import Province
from kiosk.state import Step
from kiosk.wiring import Machine
from offline_queue.gateway import Unreachable
from offline_queue.http_gateway import HttpGateway
from tests.flows.conftest import Player

FOLDER = ASSETS / "catalogue"
FEE = {"amount_vnd": 12_000, "valid_from": "2026-01-01"}
NEWS: dict[str, Any] = {
    "code": "1.004884",
    "name": "Đăng ký lại khai sinh",
    "field": "Hộ tịch",
    "level": "partial",
    "channels": [{"way": "counter", "days": 1, "unit": "working_days", "fees": [FEE]}],
}


class Heard:
    """What a `CatalogueNews` says."""

    def __init__(self, own: Path) -> None:
        self.own = own
        self.changes: list[CatalogueChanged] = []
        self.notices: dict[str, str] = {}
        self.news = self.fresh()

    def fresh(self) -> CatalogueNews:
        """As after a restart."""
        return CatalogueNews(FOLDER, self.own, self.changes.append, self.notices.__setitem__, self.end_notice)

    def end_notice(self, code: str) -> None:
        """It is over."""
        self.notices.pop(code, None)


@pytest.fixture
def heard(tmp_path: Path) -> Heard:
    """Nothing has been heard yet."""
    return Heard(tmp_path / "catalogue")


class Publishing:
    """A province whose catalogue can be changed by starting it anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[Province] = []

    def publish(self, document: Mapping[str, Any]) -> HttpGateway:
        """The way to a province with this catalogue."""
        province = Province(self.folder / str(len(self.running)), catalogue=lambda: document)
        self.running.append(province)
        return HttpGateway(province.start(), "sandbox")


@pytest.fixture
def province(tmp_path: Path) -> Iterator[Publishing]:
    """Stopped at the end."""
    publishing = Publishing(tmp_path / "province")
    yield publishing
    for one in publishing.running:
        one.stop()


def test_news_are_fetched_once_and_outlive_a_restart(heard: Heard, province: Publishing) -> None:
    gateway = province.publish({"procedures": [NEWS]})
    heard.news.fetch(gateway)
    heard.news.fetch(gateway)  # unchanged
    heard.fresh().fetch(gateway)  # and known after a restart
    (change,) = heard.changes
    again = change.lookup.catalogue.find("1.004884")
    assert again is not None
    assert again.level == "partial"
    assert again.channels[0].fees[0].amount_vnd == 12_000
    assert change.lookup.search.find("đăng ký lại khai sinh")[0].code == "1.004884"
    assert load_lookup(FOLDER, None, heard.own / SENT).catalogue.find("1.004884") == again
    assert {path.name for path in heard.own.iterdir()} == {SENT}


def test_a_bad_one_is_refused_and_the_last_good_one_kept(
    heard: Heard, province: Publishing, caplog: pytest.LogCaptureFixture
) -> None:
    heard.news.fetch(province.publish({"procedures": [NEWS]}))
    bad = province.publish({"procedures": [NEWS | {"channels": [{"way": "pigeon"}]}, NEWS | {"code": "x"}]})
    with caplog.at_level(logging.ERROR):
        heard.news.fetch(bad)
        heard.news.fetch(bad)  # is not fetched again
    assert heard.notices[REFUSED].startswith("2: ")
    told = [record for record in caplog.records if record.name == "kiosk.catalogue.update"]
    assert len(told) == 1
    assert "1.004884: channels.0.way: " in caplog.text
    assert "x: code: " in caplog.text
    kept = load_lookup(FOLDER, None, heard.own / SENT).catalogue.find("1.004884")
    assert kept is not None
    assert kept.level == "partial"
    heard.news.fetch(province.publish({"procedures": [NEWS | {"level": "full"}]}))
    assert heard.notices == {}
    assert len(heard.changes) == 2


@pytest.mark.parametrize(("left", "told"), [(2, {}), (1, {SHRUNK: "3 → 1"}), (0, {SHRUNK: "3 → 0"})])
def test_one_that_has_lost_most_of_itself_holds_and_is_told(
    heard: Heard, province: Publishing, left: int, told: Mapping[str, str]
) -> None:
    rows = [NEWS, *(NEWS | {"code": f"9.00000{number}"} for number in (1, 2))]
    for some in (rows, rows[:left]):
        heard.news.fetch(province.publish({"procedures": some}))
    assert (len(heard.changes), heard.notices) == (2, told)


@pytest.mark.parametrize("document", [{}, {"procedures": None}, {"procedures": [1]}])
def test_what_is_no_catalogue_is_refused(heard: Heard, province: Publishing, document: Mapping[str, Any]) -> None:
    heard.news.fetch(province.publish(document))
    assert REFUSED in heard.notices
    assert heard.changes == []
    assert not (heard.own / SENT).exists()


@pytest.mark.parametrize(
    "change",
    [
        {"channels": [{"way": "counter", "days": 1e308}]},
        {"channels": [{"way": "counter", "days": "1"}]},
        {"channels": [{"way": "counter", "fees": [{"amount_vnd": 10**40}]}]},
        {"channels": [{"way": "counter", "fees": [{"amount_vnd": "5.000"}]}]},
        {"channels": [{"way": "counter", "fees": [{"amount_vnd": 5.5}]}]},
        {"name": "   "},
        {"name": "Khai sinh" * 400_000},
        {"name": "Khai\u202esinh"},
        {"notes": ["a" * 10_001]},
        {"papers": [{"title": "P", "copies": 10**9}]},
        {"code": "1" * 3_000_000},
        {"n" * 3_000_000: 1},
    ],
)
def test_nonsense_is_refused(heard: Heard, province: Publishing, change: Mapping[str, Any]) -> None:
    heard.news.fetch(province.publish({"procedures": [{**NEWS, **change}]}))
    assert "province.json: " in heard.notices[REFUSED]  # not the name that the file had for a moment
    assert heard.changes == []
    assert len(heard.notices[REFUSED]) < 1000


LOCAL = {"code": "9.123456", "name": "Thủ tục riêng của tỉnh", "field": "Hộ tịch"}
NAMING = {  # lines of a site about a procedure that the province alone has
    "site.yaml": 'jobs: [{title: Riêng, icon: ring, code: "9.123456"}, {title: Sinh, icon: ring, code: "1.001193"}]',
    "synonyms.yaml": 'phrases: [{say: [đặc sản tỉnh], means: ["9.123456", "1.001193"]}]',
    "exemptions.yaml": '[{id: local, title: Người địa phương, proof: Giấy, procedures: ["9.123456"], cases: [own]}]',
}


@pytest.mark.parametrize("name", NAMING)
def test_what_the_province_withdraws_is_left_out_of_the_sites_lines(
    province: Publishing, config: Config, name: str
) -> None:
    """The province's news are not refused for them, nor the site's files at the next start; and staff are told."""
    own = config.storage.data_dir / OWN_CATALOGUE
    heard = Heard(own)
    heard.news.fetch(province.publish({"procedures": [LOCAL]}))
    (own / name).write_text(NAMING[name].replace(", cases: [own]", ""), encoding="utf-8")
    data = builders.data_of(config, starting=True)
    assert (data.folder, data.mistakes) == (own / LAST_GOOD, ())
    news = CatalogueNews(FOLDER, own, heard.changes.append, heard.notices.__setitem__, heard.end_notice, data.folder)
    for rows in ([NEWS], [NEWS | {"level": "full"}]):  # nor is it forgotten with the next ones
        news.fetch(province.publish({"procedures": rows}))
        line = f"{name}: names procedure 9.123456, which the province has withdrawn; this is left out"
        assert heard.notices == {LEFT_OUT: f"1: {line}"}
        english = [problem for problem in check.problems(config) if not problem.startswith("locales/en: ")]
        assert english == [line]
        data = builders.data_of(config, starting=True)
        assert (data.folder, data.mistakes) == (own / LAST_GOOD, ())
        for lookup in (data.lookup, heard.changes[-1].lookup):
            assert lookup.catalogue.find("9.123456") is None
            assert "9.123456" not in [job.code for job in lookup.catalogue.rules.jobs]
            assert all(hit.code != "9.123456" for hit in lookup.search.find("đặc sản tỉnh"))
    (own / name).unlink()
    builders.data_of(config, starting=True)
    Heard.fresh(heard)
    assert heard.notices == {}
    (own / name).write_text(NAMING[name].replace("9.123456", "9.123457"), encoding="utf-8")
    assert any("no procedure 9.123457" in problem for problem in check.problems(config))  # was never known


NONE = {  # what comes with 200, and why it is no catalogue
    "list": (b'[{"code": "1.001193"}]', "HTTP 200 without a JSON object"),
    "cut JSON": (b'{"procedures": [', "HTTP 200 without a JSON object"),
    "endless": (b'{"procedures": [' + b" " * (9 * 1024 * 1024) + b"]}", "endless answer"),
    "cut answer": (b'{"procedures": []}', "ProtocolError"),
}


@contextmanager
def answering(body: bytes, length: int) -> Iterator[HttpGateway]:
    """The way to a server that gives everybody this one answer, and calls it so long."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            with suppress(OSError):  # who has had enough goes
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield HttpGateway(f"http://127.0.0.1:{server.server_port}", "sandbox")
        server.shutdown()


@pytest.mark.parametrize("kind", NONE)
def test_what_is_no_catalogue_twice_in_a_row_is_told(heard: Heard, province: Publishing, kind: str) -> None:
    body, why = NONE[kind]
    with answering(body, len(body) + (10 if kind == "cut answer" else 0)) as gateway:
        for notices in ({}, {REFUSED: f"1: province.json: cannot be read: {why}"}):
            with pytest.raises(Unreachable):
                heard.news.fetch(gateway)
            assert heard.notices == notices
    heard.news.fetch(province.publish({"procedures": [NEWS]}))
    assert heard.notices == {}


def test_nobody_there_is_no_catalogue_refused(heard: Heard) -> None:
    for _ in range(3):
        with pytest.raises(Unreachable):
            heard.news.fetch(HttpGateway("http://127.0.0.1:9", "sandbox"))
    assert heard.notices == {}


def test_a_heap_of_procedures_is_refused(heard: Heard, province: Publishing) -> None:
    heap = [NEWS | {"code": f"9.{number:06}"} for number in range(10_001)]
    heard.news.fetch(province.publish({"procedures": heap}))
    assert heard.notices[REFUSED] == "1: province.json: procedures: must be a list, of not more than 10000"


def test_invisible_marks_leave_no_trace(heard: Heard, province: Publishing) -> None:
    name = unicodedata.normalize("NFD", "Đăng ký\u200b lại khai sinh")
    heard.news.fetch(province.publish({"procedures": [NEWS | {"name": name}]}))
    again = heard.changes[0].lookup.catalogue.find("1.004884")
    assert again is not None
    assert again.name == "Đăng ký lại khai sinh"


def test_a_refusal_is_over_when_what_holds_is_back(heard: Heard, province: Publishing) -> None:
    """Also after a restart, when nothing is sent: it is unchanged."""
    good = province.publish({"procedures": [NEWS]})
    heard.news.fetch(good)
    bad = province.publish({"procedures": 7})
    heard.news.fetch(bad)
    heard.news.fetch(bad)  # unchanged as well, and still wrong
    assert REFUSED in heard.notices
    heard.fresh().fetch(good)
    assert heard.notices == {}
    assert len(heard.changes) == 1


def test_damaged_news_are_left_out_and_fetched_again(config: Config, province: Publishing) -> None:
    heard = Heard(config.storage.data_dir / OWN_CATALOGUE)
    gateway = province.publish({"procedures": [NEWS]})
    heard.news.fetch(gateway)
    (heard.own / SENT).write_text('{"etag": "x", "procedures": [', encoding="utf-8")
    assert level_in(config) == ""
    assert (heard.own / SENT).exists()  # whoever only looks changes nothing
    builders.data_of(config, starting=True)
    assert not (heard.own / SENT).exists()
    heard.fresh().fetch(gateway)
    assert len(heard.changes) == 2
    assert level_in(config) == "partial"


def level_in(config: Config) -> str:
    again = builders.data_of(config).lookup.catalogue.find("1.004884")
    assert again is not None
    return again.level


@pytest.mark.parametrize("damage", ["{", "[" * 100_000, "pipe"])
def test_damaged_news_beside_a_mistake_of_the_site(config: Config, damage: str) -> None:
    own = config.storage.data_dir / OWN_CATALOGUE
    own.mkdir(parents=True)
    (own / "site.yaml").write_text("hidden: ['1.004884']\n", encoding="utf-8")
    builders.data_of(config, starting=True)
    (own / "site.yaml").write_text("hidden: 7\n", encoding="utf-8")
    if damage == "pipe":
        os.mkfifo(own / SENT)
    else:
        (own / SENT).write_text(damage, encoding="utf-8")
    with Machine(config) as machine:
        assert machine.kiosk.parts.catalogue.find("1.004884") is None
        assert machine.kiosk.parts.outbox.notices()[OWN_REFUSED].startswith("1: site.yaml: hidden: ")


def test_the_next_person_gets_the_new_catalogue(player: Player, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / SENT).write_text(json.dumps({"etag": "x", "procedures": [NEWS]}), encoding="utf-8")
    change = CatalogueChanged(load_lookup(FOLDER, None, own / SENT))
    kiosk = player.kiosk
    kiosk.browse("đăng ký lại khai sinh")
    kiosk.choose_procedure("1.004884")
    before = kiosk.session.procedure
    kiosk.handle(change)
    kiosk.back()
    kiosk.choose_procedure("1.004884")
    assert kiosk.session.procedure == before  # who stands there goes on with what was there
    kiosk.finish()
    player.at(Step.HOME)
    kiosk.choose_procedure("1.004884")
    after = kiosk.session.procedure
    assert after is not None
    assert [line.amount_vnd for line in fee_lines(after, kiosk.now().date())] == [12_000]
    kiosk.finish()
    kiosk.handle(CatalogueChanged(load_lookup(FOLDER, None, None)))  # nobody stands there: at once
    assert kiosk.parts.catalogue.find("1.004884") == kiosk.parts.catalogue.find("1.004884")
    again = kiosk.parts.catalogue.find("1.004884")
    assert again is not None
    assert again.level == ""


def test_a_kiosk_starts_with_the_last_good_files_of_its_site(config: Config) -> None:
    own = config.storage.data_dir / OWN_CATALOGUE
    own.mkdir(parents=True)
    rules = own / "site.yaml"
    rules.write_text("hidden: ['1.004884']\n", encoding="utf-8")
    with Machine(config) as machine:
        assert machine.kiosk.parts.catalogue.find("1.004884") is None
        assert OWN_REFUSED not in machine.kiosk.parts.outbox.notices()
    rules.write_text("hidden: 7\njobs: [{}]\n", encoding="utf-8")
    with Machine(config) as machine:
        assert machine.kiosk.parts.catalogue.find("1.004884") is None
        assert "site.yaml" in machine.kiosk.parts.outbox.notices()[OWN_REFUSED]
    rules.unlink()
    with Machine(config) as machine:
        assert machine.kiosk.parts.catalogue.find("1.004884") is not None
        assert OWN_REFUSED not in machine.kiosk.parts.outbox.notices()


def test_the_first_file_of_a_site_may_be_wrong(config: Config) -> None:
    with Machine(config):
        pass
    own = config.storage.data_dir / OWN_CATALOGUE
    (own / "procedures.yaml").write_text("- {code: 1}", encoding="utf-8")
    with Machine(config) as machine:  # a kiosk that has run goes on as it was
        assert "1.001193" in machine.kiosk.parts.catalogue.procedures
        assert "procedures.yaml" in machine.kiosk.parts.outbox.notices()[OWN_REFUSED]


def test_a_kiosk_that_never_was_right_starts_without_the_files_of_its_site(config: Config) -> None:
    own = config.storage.data_dir / OWN_CATALOGUE
    own.mkdir(parents=True)
    (own / "site.yaml").write_text("hidden: ['1.004884']\n", encoding="utf-8")
    (own / "synonyms.yaml").write_text("- nothing\n", encoding="utf-8")
    with Machine(config) as machine:
        assert machine.kiosk.parts.catalogue.find("1.004884") is not None
        assert machine.kiosk.parts.outbox.notices()[OWN_REFUSED].startswith("1: synonyms.yaml: ")
    assert not (own / LAST_GOOD).exists()


def test_news_come_to_the_files_with_which_the_kiosk_has_started(config: Config, province: Publishing) -> None:
    """What is changed since waits for the restart, as forms and texts do."""
    own = config.storage.data_dir / OWN_CATALOGUE
    own.mkdir(parents=True)
    (own / "site.yaml").write_text("hidden: ['1.004873']\n", encoding="utf-8")
    with Machine(config) as machine:
        (own / "site.yaml").write_text("hidden: ['1.001193']\n", encoding="utf-8")
        machine.kiosk.parts.sender.stop()
        while not machine.inbox.empty():
            machine.inbox.get()
        machine.news.fetch(province.publish({"procedures": [NEWS]}))
        found = next(event for event in iter(machine.inbox.get, None) if isinstance(event, CatalogueChanged)).lookup
        assert found.catalogue.find("1.004873") is None
        assert found.catalogue.find("1.001193") is not None
