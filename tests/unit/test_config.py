"""The configuration file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from kiosk import config
from kiosk.config import ASSETS, Config, ConfigError

SAMPLE = """
[site]
name = "Trung tâm Phục vụ hành chính công phường Võ Cường"
agency_code = "H05.114"
kiosk_id = "k1"
languages = ["vi", "en"]
idle_seconds = 60
timezone = "Asia/Ho_Chi_Minh"
[storage]
data_dir = "/var/lib/kiosk"
key_file = "/etc/kiosk/key"
[province]                        # or: sandbox = true
url = "https://gateway.province.example"
token_file = "/etc/kiosk/token"
ca_file = ""
client_cert = ""
[staff]
accounts_file = "/etc/kiosk/accounts"     # name, role, argon2 hash a line
[devices.printer]
driver = "escpos"
url = "socket://127.0.0.1:9100"           # serial:///dev/ttyS1?baud=115200   usblp:///dev/usb/lp0
width_dots = 576
[devices.code_scanner]
driver = "serial_line"
url = "serial:///dev/ttyACM0"
[devices.document_scanner]
driver = "sane"
device = "test:0"                         # empty or absent: the first found
[hall]
hours = ["07:30-11:30", "13:30-17:00"]    # absent: always open
listen = "127.0.0.1:8000"
database = ""                             # empty or absent: SQLite in data_dir
[[hall.series]]
letter = "A"
title = "Khai sinh, kết hôn, hộ tịch"
fields = ["Hộ tịch"]
counters = [1, 2]
daily_limit = 300
"""


def parse(text: str) -> Config:
    return config.parse(tomllib.loads(text))


def problems(text: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    for path, sentence in caught.value.problems:
        assert f"{path}: {sentence}" in str(caught.value)
    return dict(caught.value.problems)


def one(table: str, line: str) -> str:
    """The sentence about the only mistake, which lies at `table.key`."""
    told = problems(f"[{table}]\n{line}\n")
    (path,) = told
    assert path.startswith(f"{table}.") or path == table, told
    return told[path]


def test_the_embedded_default() -> None:
    default = config.load(None)
    assert default.embedded
    assert default.simulated
    assert default.province
    assert default.province.sandbox
    assert [series.letter for series in default.hall.series] == list("ABCDEF")
    assert set(default.devices) == {"printer", "code_scanner", "document_scanner", "card_reader"}
    assert default.hall.hours == ()


def test_the_example_of_a_site() -> None:
    example = config.load(ASSETS / "config" / "site.example.toml")
    assert not example.embedded
    assert not example.simulated
    assert example.storage.key == Path("/etc/kiosk/key")


def test_every_key_of_the_design() -> None:
    sample = parse(SAMPLE)
    assert sample.province
    assert sample.province.url == "https://gateway.province.example"
    assert sample.staff
    assert sample.staff.accounts_file == Path("/etc/kiosk/accounts")
    assert sample.devices["printer"]["width_dots"] == 576
    assert sample.hall.listen == "127.0.0.1:8000"
    (series,) = sample.hall.series
    assert (series.letter, series.counters, series.daily_limit) == ("A", (1, 2), 300)


def test_an_unknown_driver_is_told_once_and_the_other_tables_in_full() -> None:
    told = problems(
        SAMPLE.replace("idle_seconds = 60", "idle_secnds = 60")
        + '[devices.card_reader]\ndriver = "pcsk"\nreader = ""\nnonsense = 1\n'
    )
    assert set(told) == {"site.idle_secnds", "devices.card_reader.driver"}
    assert "«pcsk» is not known" in told["devices.card_reader.driver"]
    assert "did you mean «idle_seconds»?" in told["site.idle_secnds"]


def test_all_mistakes_at_once() -> None:
    told = problems("""
embedded = true
[site]
name = ""
agency_code = "X05"
kiosk_id = "k 1"
languages = ["vi", "fr"]
idle_seconds = 4
timezone = "Asia/Hanoi2"
[storge]
data_dir = "x"
[province]
url = "http://gateway.province.example"
[staff]
[devices.printer]
driver = "escpos"
url = "ftp://x"
[devices.code_scaner]
driver = "simulated"
[devices.document_scanner]
[hall]
hours = ["7:30-11:30", "17:00-13:30"]
listen = "8000"
weekdays = [0]
holidays = ["2026-02-31"]
[[hall.series]]
letter = "AB"
title = "T"
limit = 3
[[hall.series]]
letter = "B"
""")
    assert set(told) == {
        "embedded",
        *(f"site.{key}" for key in ("name", "agency_code", "kiosk_id", "languages.1", "idle_seconds", "timezone")),
        "storge",
        "province.url",
        "staff.accounts_file",
        *("devices.printer.url", "devices.code_scaner", "devices.document_scanner.driver"),
        *("hall.hours.0", "hall.hours.1", "hall.listen", "hall.weekdays.0", "hall.holidays.0"),
        *("hall.series.0.letter", "hall.series.0.limit", "hall.series.1.title"),
    }
    assert "did you mean «storage»?" in told["storge"]
    assert "did you mean «code_scanner»?" in told["devices.code_scaner"]
    assert "did you mean «daily_limit»?" in told["hall.series.0.limit"]
    assert told["staff.accounts_file"] == "is missing"
    assert "unknown key" in told["embedded"] or "not known" in told["embedded"]


def test_any_table_may_be_absent() -> None:
    bare = parse("")
    assert bare.province is None
    assert bare.staff is None
    assert dict(bare.devices) == {}
    assert bare.site.agency_code == "H05.114"
    assert bare.hall.hours == ()
    assert not bare.embedded


def test_without_series_the_hall_has_the_usual_six(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = config.load(None).hall.series
    assert parse("").hall.series == parse('[hall]\nhours = ["07:30-11:30"]').hall.series == usual
    assert "at least 1" in one("hall", "series = []")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    storage = parse("").storage
    assert storage.data_dir == tmp_path / "kiosk-mot-cua"
    assert storage.key == storage.data_dir / "key"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/", "http://localhost:9", "http://[::1]:8", "https://gateway.example/api"]
)
def test_addresses_of_a_province(url: str) -> None:
    table = parse(f'[province]\nurl = "{url}"').province
    assert table
    assert table.url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        *("http://gateway.example", "http://192.168.1.5", "http://127.0.0.1.example", "http://localhost.example"),
        *("ftp://x", "gateway.example", "", "https://", "https://[bad", "https://gateway.example:99999"),
    ],
)
def test_no_address_of_a_province(url: str) -> None:
    assert one("province", f'url = "{url}"')


def test_a_secret_in_an_address_is_refused_and_not_repeated() -> None:
    assert "hunter2" not in one("province", 'url = "https://kiosk:hunter2@gateway.example"')
    assert one("province", 'url = "http://127.0.0.1@gateway.example"')


def test_there_is_one_way_to_the_province() -> None:
    assert "sandbox = true" in one("province", "")
    assert "not both" in one("province", 'url = "https://g.example"\nsandbox = true')
    assert one("province", "sandbox = false")
    config.parse({"province": {"url": "https://g.example", "token_file": "/there/is/none"}})  # told at wiring time


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("site", "name = 5"),
        ("site", 'idle_seconds = "60"'),
        ("site", "idle_seconds = true"),
        ("site", "idle_seconds = 60.5"),
        ("site", 'languages = "vi"'),
        ("site", "languages = []"),
        ("site", 'timezone = ""'),
        ("site", 'timezone = "../etc/passwd"'),
        ("site", 'agency_code = "H05.114\\n"'),
        ("province", 'sandbox = "yes"'),
        ("hall", 'hours = "07:30-11:30"'),
        ("hall", 'listen = "127.0.0.1:0"'),
        ("hall", 'listen = "127.0.0.1:８０００"'),
        ("hall", "weekdays = [true]"),
        ("hall", "holidays = [5]"),
        ("hall", "last_ticket_minutes = -1"),
        ("storage", "data_dir = 5"),
        ("staff", "accounts_file = []"),
    ],
)
def test_wrong_types_and_values(table: str, line: str) -> None:
    assert one(table, line)


@pytest.mark.parametrize(
    "data",
    [
        {"site": 5},
        {"devices": "none"},
        {"devices": {"printer": "escpos"}},
        {"devices": {"printer": {"driver": ["escpos"]}}},
        {"hall": {"series": {"letter": "A"}}},
        {"province": []},
    ],
    ids=str,
)
def test_what_is_no_table(data: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        config.parse(data)
    assert len(caught.value.problems) == 1


def test_a_series_stands_once() -> None:
    row = '[[hall.series]]\nletter = "A"\ntitle = "T"\n'
    assert problems(row + row) == {"hall": "the series A stands here twice"}


def test_hours_that_overlap() -> None:
    told = problems('[hall]\nhours = ["13:00-17:00", "08:00-12:00", "09:00-10:00"]')
    assert told == {"hall.hours": "08:00-12:00 and 09:00-10:00 overlap"}
    assert parse('[hall]\nhours = ["12:00-17:00", "08:00-12:00"]').hall.hours == ("12:00-17:00", "08:00-12:00")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.10.5", "[::]", "kiosk.local"])
def test_beyond_loopback_tls_is_required(host: str) -> None:
    listen = f'[hall]\nlisten = "{host}:8443"\n'
    certificate, key = 'certificate = "/etc/kiosk/desk.pem"\n', 'certificate_key = "/etc/kiosk/desk.key"\n'
    for text in (listen, listen + certificate, listen + key, listen + certificate + 'certificate_key = ""\n'):
        assert problems(text) == {
            "hall.listen": "beyond loopback TLS is required: give certificate and certificate_key"
        }
    assert parse(listen + certificate + key).hall.certificate == Path("/etc/kiosk/desk.pem")
    assert set(problems(listen + "weekdays = [8]")) == {"hall.listen", "hall.weekdays.0"}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9"])
def test_on_loopback_tls_is_a_choice(host: str) -> None:
    listen = f'[hall]\nlisten = "{host}:8000"\n'
    assert parse(listen).hall.certificate is None
    told = problems(listen + 'certificate = "/etc/kiosk/desk.pem"')
    assert told == {"hall": "give certificate and certificate_key, or neither"}


def test_pages_are_served_where_it_says_so() -> None:
    assert parse("").hall.listen == ""
    assert config.load(None).hall.listen == "127.0.0.1:8000"


def test_contradictions_are_told_beside_other_mistakes() -> None:
    row = '[[hall.series]]\nletter = "A"\ntitle = "T"\n'
    told = problems(f'[province]\nsandbox = true\nurl = "http://x.example"\n[hall]\nlisten = "8000"\n{row}{row}')
    assert set(told) == {"province", "province.url", "hall", "hall.listen"}
    assert set(problems("[province]\ntoken_fil = 1")) == {"province", "province.token_fil"}


@pytest.mark.parametrize("code", ["H05.114", "H15.50.05.13", "G09.20", "000.17.22.H56", "38.98.H29", "H05"])
def test_agency_codes_of_both_orders(code: str) -> None:
    assert parse(f'[site]\nagency_code = "{code}"').site.agency_code == code


def test_days_are_text_or_dates() -> None:
    table = parse('[hall]\nholidays = ["2026-02-16", 2026-11-24]\nworkdays = [2026-08-22]').hall
    assert table.holidays == ("2026-02-16", "2026-11-24")
    assert table.workdays == ("2026-08-22",)


@pytest.mark.parametrize("content", [b"[site", b"a = 1\na = 2", b"\xff\xfe", b'name = "\x00"'])
def test_bad_toml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="is not valid TOML"):
        config.load(path)


def test_no_file(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            config.load(path)
