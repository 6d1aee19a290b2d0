"""The configuration: one TOML file, every mistake told at once with its path.

With no file the embedded default runs: simulated devices, embedded province, data in the user's data folder. In a file
any table may be absent: a device without one is not there, without `[hall]` numbers are given at any time.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from devices import registry
from devices.interfaces import DEVICE_KINDS

ASSETS = Path(__file__).parent.parent / "assets"
DEFAULT_FILE = ASSETS / "config" / "default.toml"


class ConfigError(Exception):
    """Every mistake of a configuration: (path, sentence) pairs."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("\n".join(f"{path}: {sentence}" if path else sentence for path, sentence in problems))
        self.problems = problems


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"«{name}» is no time zone of the tz database") from None
    return name


def _hours(text: str) -> str:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", text)
    if not match or text[:5] >= text[6:]:
        raise ValueError(f"«{text}» is no span such as 07:30-11:30")
    return text


def _zalo(text: str) -> str:
    if text and not text.startswith("https://"):
        raise ValueError(f"«{text}» is no address such as https://zalo.me/0912345678")
    return text


def is_loopback(host: str) -> bool:
    """Whether a host name or address never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _province_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no name and no password; secrets are given by token_file")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:  # a port above 65535 raises
        raise ValueError(f"«{url}» is no address such as https://gateway.example")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("plain http:// is accepted for loopback addresses only; use https://")
    return url.rstrip("/")


def _listen(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise ValueError(f"«{text}» is no address such as 127.0.0.1:8000")
    return text


def _database(text: str) -> str:
    parts = urlsplit(text)
    if text and parts.scheme not in ("sqlite", "postgresql+psycopg"):
        raise ValueError(f"«{text}» is no database such as postgresql+psycopg://kiosk@192.168.10.2/hall")
    if parts.password is not None:
        raise ValueError("must hold no password; name a file of passwords at its end: ?passfile=/etc/kiosk/pgpass")
    return text


def _day(value: object) -> object:
    """A day as text or as TOML's own date."""
    text = value.isoformat() if isinstance(value, date) else value
    if isinstance(text, str):
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise ValueError(f"«{text}» is no day such as 2026-11-24") from None
    return text


Day = Annotated[str, BeforeValidator(_day)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


AGENCY = r"^([0-9]{2,3}\.)*[GH][0-9]{2}(\.[0-9]{2,4})*$"  # code of an agency, old and new order


class Site(_Table):
    """Which kiosk of which centre this is."""

    name: str = Field("Trung tâm Phục vụ hành chính công phường Võ Cường", min_length=1, max_length=200)
    agency_code: str = Field("H05.114", pattern=AGENCY)
    kiosk_id: str = Field("k1", pattern=r"^[A-Za-z0-9_-]{1,32}$")
    languages: tuple[Literal["vi", "en"], ...] = Field(("vi", "en"), min_length=1)
    idle_seconds: int = Field(60, ge=5, le=3600, strict=True)
    timezone: Annotated[str, AfterValidator(_timezone)] = "Asia/Ho_Chi_Minh"
    hotline: str = ""
    zalo: Annotated[str, AfterValidator(_zalo)] = ""  # the centre's Zalo page, shown as a QR code


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "kiosk-mot-cua"


class Storage(_Table):
    """Where data lies, `key_file` beside it when not given; how much of it, and for how long.

    With less than `min_free_mb` on the disk, or `max_waiting` dossiers, no citizen may begin another one; staff are
    told in good time, below `warn_free_mb` or from four fifths of the dossiers on. `keep_days` is for how long a
    dossier that came to its end can be looked up. With `text_layer` scanned papers can be searched in.
    """

    data_dir: Path = Field(default_factory=_data_home)
    key_file: Path | None = None
    min_free_mb: int = Field(200, ge=50, strict=True)  # one dossier of scans, and everything else keeps working
    warn_free_mb: int = Field(1000, ge=50, strict=True)
    max_waiting: int = Field(5000, ge=10, strict=True)
    text_layer: bool = Field(True, strict=True)
    keep_days: int = Field(90, ge=1, le=3650, strict=True)

    @property
    def key(self) -> Path:
        """The key file in force."""
        return self.key_file or self.data_dir / "key"

    @property
    def audit_key(self) -> Path:
        """The key that chains the audit log, beside the other; it stays when that one is changed."""
        return self.key.with_name(f"{self.key.name}.audit")


class Province(_Table):
    """The way to the province, or the embedded one."""

    sandbox: bool = Field(False, strict=True)
    url: Annotated[str, AfterValidator(_province_url)] | None = None
    token_file: Path | None = None
    ca_file: str = ""
    client_cert: str = ""


class Staff(_Table):
    """Who may open the other two doors."""

    accounts_file: Path


class SeriesTable(_Table):
    """One line of the hall."""

    letter: str = Field(pattern=r"^[A-Z]$")
    title: str = Field(min_length=1, max_length=80)
    fields: tuple[str, ...] = ()
    counters: tuple[Annotated[int, Field(ge=1, strict=True)], ...] = ()
    daily_limit: int | None = Field(None, ge=1, le=9999, strict=True)
    icon: str = "ticket-outline"


@cache
def _usual_series() -> tuple[SeriesTable, ...]:
    data = tomllib.loads(DEFAULT_FILE.read_text(encoding="utf-8"))
    return tuple(SeriesTable.model_validate(row) for row in data["hall"]["series"])


def _some(series: tuple[SeriesTable, ...]) -> tuple[SeriesTable, ...]:
    if not series:  # min_length would be told beside the mistakes of the lines as well
        raise ValueError("needs at least 1 line; leave it out for the usual ones")
    return series


class VoiceTable(_Table):
    """How the board speaks: words of the region, and how fast."""

    odd: Literal["lẻ", "linh"] = "lẻ"
    thousand: Literal["nghìn", "ngàn"] = "nghìn"
    words_a_minute: int = Field(140, ge=80, le=300, strict=True)


class HallTable(_Table):
    """Opening hours and the lines. `hours` absent: always open; `series` absent: those of the embedded default.

    `database`: absent: a file of this kiosk's own; of several kiosks `postgresql+psycopg://USER@HOST/NAME`. Calling
    (`kiosk/hall/calling.py`): 1 favoured for `priority_every` others; whoever came `head_start_minutes` earlier is not
    overtaken. `at_closing`, `over_night`: whether those who still wait keep theirs; `list_at_shutdown`: on paper.

    `listen` is where the officers' pages are served, absent: nowhere; beyond this machine with `certificate` and
    `certificate_key` (PEM files). `notices` are the site's own texts on the board, `voice` is how it speaks.
    """

    hours: tuple[Annotated[str, AfterValidator(_hours)], ...] = ()
    listen: Annotated[str, AfterValidator(_listen)] = ""
    certificate: Path | None = None
    certificate_key: Path | None = None
    database: Annotated[str, AfterValidator(_database)] = ""
    weekdays: tuple[Annotated[int, Field(ge=1, le=7, strict=True)], ...] = (1, 2, 3, 4, 5)
    holidays: tuple[Day, ...] = ()
    workdays: tuple[Day, ...] = ()
    last_ticket_minutes: int = Field(15, ge=0, le=240, strict=True)
    priority_every: int = Field(2, ge=1, le=20, strict=True)
    head_start_minutes: int = Field(60, ge=0, le=600, strict=True)
    appointment_early_minutes: int = Field(10, ge=0, le=120, strict=True)
    recall_after_seconds: int = Field(20, ge=0, le=600, strict=True)
    recalls: int = Field(2, ge=0, le=10, strict=True)
    absent_after_seconds: int = Field(45, ge=0, le=600, strict=True)
    absences: int = Field(3, ge=1, le=10, strict=True)
    at_closing: Literal["keep", "cancel"] = "keep"
    over_night: Literal["keep", "cancel"] = "cancel"
    list_at_shutdown: bool = Field(True, strict=True)
    series: Annotated[tuple[SeriesTable, ...], AfterValidator(_some)] = Field(default_factory=_usual_series)
    notices: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    voice: VoiceTable = Field(default_factory=VoiceTable)


class Follow(_Table):
    """Coming back: `result_series` is the letter of the series that hands results over; "": that of the procedure."""

    result_series: str = Field("", pattern=r"^[A-Z]?$")


class Account(_Table):
    """Where an agency takes its fees: `bank` is the BIN of the bank, `account` the number there."""

    bank: str = Field(pattern=r"^[0-9]{6}$")
    account: str = Field(pattern=r"^[0-9A-Z]{4,19}$")
    holder: str = Field("", max_length=100)


class OtherAccount(Account):
    """Of another agency that works in this centre, such as the police: by its code, for its `fields` of procedures."""

    agency_code: str = Field(pattern=AGENCY)
    fields: Annotated[tuple[str, ...], AfterValidator(_some)]


class PaymentTable(Account):
    """Fees by VietQR into the agency's account; without this table fees are paid at the counter.

    `when`: once the province asks for it (status 6), or also right after a dossier was handed in. A code of
    the province that names another account than that of the procedure's agency is not shown.
    """

    when: Literal["asked", "submission"] = "asked"
    others: tuple[OtherAccount, ...] = ()

    def account_for(self, field: str) -> Account:
        """The account of the agency that handles this field of procedures."""
        return next((other for other in self.others if field in other.fields), self)


class Vneid(_Table):
    """Identification by phone, where the province has agreed on it; `level_2_series` is the line of the police."""

    level_2_series: str = Field("", pattern=r"^[A-Z]?$")


class Feedback(_Table):
    """Suggestions and complaints to the centre: `procedure_code` under which the province takes them."""

    procedure_code: str = Field("0.000000", pattern=r"^[0-9]\.[0-9]{6}$")


class Config(_Table):
    """The whole configuration, checked."""

    site: Site = Field(default_factory=Site)
    storage: Storage = Field(default_factory=Storage)
    province: Province | None = None
    staff: Staff | None = None
    hall: HallTable = Field(default_factory=HallTable)
    follow: Follow = Field(default_factory=Follow)
    payment: PaymentTable | None = None
    vneid: Vneid | None = None
    feedback: Feedback | None = None
    devices: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    embedded: bool = Field(False, exclude=True)  # the embedded default: shows its PINs on the dev dock

    @property
    def simulated(self) -> bool:
        """Whether any device is simulated, so that the dev dock has something to drive."""
        return any(table.get("driver") == "simulated" for table in self.devices.values())


def _device_problems(devices: object) -> list[tuple[str, str]]:
    if not isinstance(devices, Mapping):
        return [("devices", "must be a table")]
    problems: list[tuple[str, str]] = []
    for kind, table in devices.items():
        if kind not in DEVICE_KINDS:
            problems.append((f"devices.{kind}", registry.unknown(kind, DEVICE_KINDS)))
        elif not isinstance(table, Mapping):
            problems.append((f"devices.{kind}", "must be a table"))
        else:
            problems += [(f"devices.{kind}.{path}", sentence) for path, sentence in registry.check(kind, table)]
    return problems


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = data.get(name)
    return table if isinstance(table, Mapping) else {}


def _contradictions(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong between keys; told beside the mistakes of single keys, so it looks at what was written."""
    province = _table(data, "province")
    if isinstance(data.get("province"), Mapping):
        if province.get("sandbox") is True and province.get("url"):
            yield "province", "give either url or sandbox = true, not both"
        elif "url" not in province and province.get("sandbox", False) is False:
            yield "province", "give url, or sandbox = true"
    hall = _table(data, "hall")
    given = hall.get("hours")
    spans = sorted(span for span in given if isinstance(span, str)) if isinstance(given, list) else []
    for one, other in pairwise(spans):  # as texts: 07:30-11:30 comes before 13:30-17:00
        if other[:5] < one[6:11]:
            yield "hall.hours", f"{one} and {other} overlap"
    yield from _without_tls(hall)
    kiosk_id = _table(data, "site").get("kiosk_id")
    shared = str(hall.get("database", "")).startswith("postgresql")
    if shared and kiosk_id is None:  # two kiosks that are both k1 by default would give the same numbers
        yield "site.kiosk_id", "give each kiosk of a hall of several its own, such as k1 and k2"
    elif shared and isinstance(kiosk_id, str) and not re.fullmatch(r"[A-Za-z0-9]{1,4}", kiosk_id):
        yield "site.kiosk_id", "stands on numbers in a hall of several kiosks (A-K2-003): 1 to 4 letters and digits"
    rows = hall.get("series", ())
    letters = [row.get("letter") for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    twice = sorted({letter for letter in letters if isinstance(letter, str) and letters.count(letter) > 1})
    if twice:
        yield "hall", f"the series {', '.join(twice)} stands here twice"


def _without_tls(hall: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Personal data crosses the hall's network sealed, or not at all."""
    names = ("certificate", "certificate_key")
    given = [name for name in names if hall.get(name)]
    listen = hall.get("listen")
    host = listen.rpartition(":")[0] if isinstance(listen, str) else ""
    if host and not is_loopback(host) and len(given) < len(names):
        yield "hall.listen", "beyond loopback TLS is required: give certificate and certificate_key"
    elif len(given) == 1:
        yield "hall", "give certificate and certificate_key, or neither"


def parse(data: Mapping[str, Any]) -> Config:
    """Check a configuration that was read from TOML. Raises `ConfigError` with every mistake."""
    devices = data.get("devices", {})
    problems = _device_problems(devices)
    rest = {key: value for key, value in data.items() if key != "devices"}
    if "embedded" in rest:
        problems.append(("embedded", registry.unknown("embedded", Config.model_fields)))
        rest.pop("embedded")
    config = None
    try:
        config = Config.model_validate(rest)
    except ValidationError as error:
        problems = registry.explain(Config, error) + problems
    problems += _contradictions(data)
    if problems or config is None:
        raise ConfigError(problems)
    return config.model_copy(update={"devices": devices})


def load(path: Path | None) -> Config:
    """Read a configuration file; the embedded default for None. Raises `ConfigError`."""
    try:
        with (path or DEFAULT_FILE).open("rb") as file:
            data = tomllib.load(file)
    except OSError as error:
        raise ConfigError([("", f"{path}: cannot be read ({error.strerror})")]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([("", f"{path}: is not valid TOML: {error}")]) from None
    config = parse(data)
    return config.model_copy(update={"embedded": path is None})
