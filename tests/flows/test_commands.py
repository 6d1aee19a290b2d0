"""The command line as independent programs use it: real processes, JSON on stdout, fixed exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent.parent
NAME, NUMBER = "Nguyễn Thị Đào", "027190012345"
REF = "7a1c9a52-6f3b-4a8e-9a5e-0f6f0a3b7c11"
DOSSIER: dict[str, Any] = {
    "client_ref": REF,
    "kiosk": {"id": "k1", "agency_code": "H05.114"},
    "procedure_code": "2.000635",
    "case": None,
    "form": {"id": "any", "version": "2026-07-01", "answers": {"purpose": "x"}},
    "submitter": {"id_number": NUMBER, "full_name": NAME},
    "owner": None,
    "identification": {"method": "typed", "assurance": "declared"},
    "declaration_confirmed_at": "2026-11-23T10:00:00+07:00",
    "notice_version": "1",
    "consents": [],
    "created_at": "2026-11-23T10:00:00+07:00",
}


class Said(NamedTuple):
    """What a verb left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object of stdout."""
        return json.loads(self.out)


class Shell:
    """Runs `main.py` with data in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "XDG_DATA_HOME": str(folder / "home")}
        self.environment.pop("DISPLAY", None)

    def __call__(self, *arguments: str | Path, stdin: str = "") -> Said:
        done = subprocess.run(
            [sys.executable, str(ROOT / "main.py"), *map(str, arguments)],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert "Traceback" not in done.stderr
        assert NAME not in done.stderr
        assert NUMBER not in done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    def config(self, text: str, name: str = "site.toml") -> Path:
        """A configuration file with its data in this folder."""
        path = self.folder / name
        path.write_text(f'[storage]\ndata_dir = "{self.folder}/data"\n{text}', encoding="utf-8")
        return path


@pytest.fixture
def main(tmp_path: Path) -> Shell:
    """The command line."""
    return Shell(tmp_path)


@pytest.fixture
def province(main: Shell) -> Iterator[str]:
    """`main.py province` as a process of its own; its URL."""
    command = [sys.executable, str(ROOT / "main.py"), "province", "--listen", "127.0.0.1:0", "--data"]
    command[-2] = f"127.0.0.1:{free_port()}"
    with subprocess.Popen(
        [*command, str(main.folder / "province")], stdout=subprocess.PIPE, text=True, env=main.environment
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def free_port() -> int:
    """A port that nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_ticket_says_what_came_out(main: Shell) -> None:
    first = main("ticket", "--series", "A", "--json")
    assert (first.code, set(first.json)) == (0, {"number", "print", "device_code", "seconds"})
    assert (first.json["number"], first.json["print"], first.json["device_code"]) == ("A-001", "confirmed", None)
    unknown = main("--json", "ticket", "--series", "Z")
    assert (unknown.code, unknown.json["error"]["code"]) == (1, "series_unknown")


def test_a_dead_printer_keeps_the_number(main: Shell) -> None:
    config = main.config(f'[devices.printer]\ndriver = "escpos"\nurl = "socket://127.0.0.1:{free_port()}"\n')
    said = main("ticket", "--series", "A", "--config", config, "--json")
    assert (said.code, said.json["number"], said.json["print"]) == (1, "A-001", "failed")
    assert said.json["device_code"]
    assert main("--config", config, "ticket", "--series", "A", "--json").json["number"] == "A-002"


def test_processes_at_once_get_different_numbers(main: Shell) -> None:
    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(lambda _n: main("ticket", "--series", "B", "--json").json["number"], range(6)))
    assert sorted(said) == [f"B-{n:03d}" for n in range(1, 7)]


def test_closed_hours_give_no_number(main: Shell) -> None:
    config = main.config('[hall]\nhours = ["00:00-00:01"]\nweekdays = [1]\nlast_ticket_minutes = 0\n')
    said = main("ticket", "--series", "A", "--config", config, "--json")
    assert (said.code, said.json["error"]["code"][:4]) == (1, "hall")


def test_a_dossier_is_delivered_once_by_drain(main: Shell, province: str) -> None:
    (main.folder / "token").write_text("secret", encoding="utf-8")
    config = main.config(f'[province]\nurl = "{province}"\ntoken_file = "{main.folder}/token"\n')
    payload = main.folder / "dossier.json"
    payload.write_text(json.dumps(DOSSIER), encoding="utf-8")
    scan = main.folder / "scan.png"
    Image.new("RGB", (200, 300), "white").save(scan)
    assert main("outbox", "add", payload, scan, "--config", config, "--json").json == {"id": REF}
    assert main("outbox", "add", payload, scan, "--config", config, "--json").json == {"id": REF}
    waiting = main("outbox", "list", "--config", config, "--json")
    assert [(e["state"], e["attachments"]) for e in waiting.json["entries"]] == [("pending", 1)]
    assert NAME not in waiting.out
    assert NUMBER not in waiting.out
    assert main("outbox", "drain", "--seconds", "20", "--config", config, "--json").json == {
        "delivered": 1,
        "pending": 0,
        "rejected": 0,
    }
    shown = main("outbox", "show", REF, "--config", config, "--json").json
    assert re.fullmatch(r"H05\.114-\d{6}-\d{4}", shown["code"])


def test_off_line_nothing_is_lost(main: Shell) -> None:
    config = main.config(f'[province]\nurl = "http://127.0.0.1:{free_port()}"\n')
    payload = main.folder / "dossier.json"
    payload.write_text(json.dumps(DOSSIER), encoding="utf-8")
    assert main("outbox", "add", payload, "--config", config).code == 0
    said = main("outbox", "drain", "--seconds", "2", "--config", config, "--json")
    assert (said.code, said.json) == (1, {"delivered": 0, "pending": 1, "rejected": 0})


@pytest.mark.parametrize("kind", ["empty", "text", "truncated", "huge"])
def test_a_bad_scan_is_a_sentence_and_nothing_is_added(main: Shell, kind: str) -> None:
    payload = main.folder / "dossier.json"
    payload.write_text(json.dumps(DOSSIER), encoding="utf-8")
    scan = main.folder / "scan.jpg"
    sample = (ROOT / "assets/samples/1-van-ban-uy-quyen.jpg").read_bytes()
    if kind == "huge":
        Image.new("1", (10_000, 10_000)).save(scan, "PNG")
    else:
        scan.write_bytes({"empty": b"", "text": b"hello", "truncated": sample[:5000]}[kind])
    said = main("outbox", "add", payload, scan, "--json")
    assert (said.code, said.json["error"]["code"]) == (1, "scan_invalid")
    assert main("outbox", "list", "--json").json == {"entries": []}


def test_a_bad_payload_names_every_problem(main: Shell) -> None:
    payload = main.folder / "dossier.json"
    payload.write_text(json.dumps({**DOSSIER, "procedure_code": "x", "client_ref": "y"}), encoding="utf-8")
    said = main("outbox", "add", payload, "--json")
    assert said.code == 1
    assert "/procedure_code" in said.json["error"]["message"]
    assert "/client_ref" in said.json["error"]["message"]


def test_configuration_mistakes_come_all_at_once(main: Shell) -> None:
    config = main.config(
        '[site]\nnaem = "x"\n[province]\nurl = "http://far.example"\n[devices.printer]\ndriver = "escpoz"\n'
    )
    said = main("check", "--config", config, "--json")
    message = said.json["error"]["message"]
    assert said.code == 2
    assert "site.naem" in message
    assert "did you mean «name»?" in message
    assert "loopback" in message
    assert "did you mean «escpos»?" in message
    assert main("check", "--config", main.folder / "none.toml").code == 2
    assert main("check").code == 0


def test_a_field_that_no_procedure_has_is_named(main: Shell) -> None:
    bank = 'bank = "970436"\naccount = "0123456789"\n'
    police = f'[[payment.others]]\nagency_code = "G01.899"\n{bank}'
    config = main.config(
        f'[payment]\n{bank}{police}fields = ["Đăng ký, quản lý cư trú", "Chứng thục"]\n'
        f'{police}fields = ["Đất đai", "Đăng ký, quản lý cư trú"]\n'
        '[[hall.series]]\nletter = "A"\ntitle = "Hộ tịch"\nfields = ["Hộ tich"]\n'
    )
    said = main("check", "--config", config, "--json")
    assert said.code == 1
    none = "no procedure has this field"
    assert said.json["problems"] == [
        f"site.toml: hall.series.0.fields.0: {none}: «Hộ tich» is not known; did you mean «Hộ tịch»?",
        f"site.toml: payment.others.0.fields.1: {none}: «Chứng thục» is not known; did you mean «Chứng thực»?",
        "site.toml: payment.others.1.fields.1: «Đăng ký, quản lý cư trú» stands here twice; only the first one counts",
    ]


def test_diagnose_is_one_report(main: Shell) -> None:
    said = main("diagnose", "--json")
    assert (said.code, set(said.json)) == (0, {"devices", "province", "host"})
    assert set(said.json["devices"]) == {"printer", "code_scanner", "document_scanner", "card_reader"}
    config = main.config(f'[devices.printer]\ndriver = "escpos"\nurl = "socket://127.0.0.1:{free_port()}"\n')
    broken = main("diagnose", "--device", "printer", "--config", config, "--json")
    assert broken.code == 1
    assert broken.json["devices"]["printer"]["condition"] == "offline"


def test_the_chip_of_a_card_wants_a_reader(main: Shell) -> None:
    config = main.folder / "bare.toml"
    config.write_text(f'[storage]\ndata_dir = "{main.folder / "bare"}"\n')
    said = main("card", "--id", NUMBER, "--config", config, "--json")
    assert (said.code, said.json["error"]["code"]) == (1, "card_reader_absent")


def test_accounts_and_audit(main: Shell) -> None:
    config = main.config(f'[staff]\naccounts_file = "{main.folder}/accounts"\n')
    assert main("account", "add", "Lan", "--role", "staff", "--config", config, stdin="4711\n").code == 0
    assert main("account", "add", "Lan", "--role", "staff", "--config", config, stdin="4711\n").code == 1
    assert main("account", "add", "Mai", "--role", "staff", stdin="4711\n").code == 2
    assert main("audit", "verify", "--config", config, "--json").json["first_broken_line"] is None


KEYS: dict[str, Callable[[Path], object]] = {
    "key_readable_by_others": lambda key: key.chmod(0o644),
    "key_missing": lambda key: key.unlink(),
    "key_malformed": lambda key: key.write_text("00"),
    "key_wrong": lambda key: key.write_text("00" * 32),
}


@pytest.mark.parametrize("code", KEYS)
def test_a_key_that_does_not_fit_is_refused_and_nothing_is_replaced(main: Shell, code: str) -> None:
    (main.folder / "payload.json").write_text(json.dumps(DOSSIER), encoding="utf-8")
    site = main.config("")
    assert main("outbox", "add", main.folder / "payload.json", "--config", site).code == 0
    key = main.folder / "data" / "key"
    sound = key.read_bytes()
    KEYS[code](key)
    before = contents(main.folder / "data")
    said = main("outbox", "list", "--config", site, "--json")
    assert (said.code, said.json["error"]["code"]) == (1, code)
    assert (said.out.count("\n"), said.err.count("\n")) == (1, 1)
    assert contents(main.folder / "data") == before
    key.write_bytes(sound)
    key.chmod(0o600)
    assert len(main("outbox", "list", "--config", site, "--json").json["entries"]) == 1


def contents(folder: Path) -> dict[str, bytes]:
    """Every file that holds something."""
    files = {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    return {path: data for path, data in files.items() if data}


def test_the_data_of_another_kiosk_is_refused(main: Shell) -> None:
    assert main("ticket", "--series", "A", "--config", main.config('[site]\nkiosk_id = "k1"\n')).code == 1  # no printer
    said = main("ticket", "--series", "A", "--config", main.config('[site]\nkiosk_id = "k2"\n'), "--json")
    assert (said.code, said.json["error"]["code"]) == (1, "data_of_another_kiosk")


def test_a_second_kiosk_on_the_same_data_is_refused(main: Shell) -> None:
    import fcntl

    data = main.folder / "home/kiosk-mot-cua"
    data.mkdir(parents=True)
    with (data / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = main("run", "--json")
        assert (said.code, said.json["error"]["code"]) == (1, "already_running")
        assert main("ticket", "--series", "A").code == 0  # every other verb works beside it


def test_scan_writes_checked_pages(main: Shell) -> None:
    said = main("scan", "--out", main.folder / "pages", "--json")
    assert set(said.json["pages"][0]) == {"file", "width", "height", "sharpness", "problems"}
    assert (main.folder / "pages" / said.json["pages"][0]["file"]).exists()


def test_search_looks_up_as_the_screen_does(main: Shell) -> None:
    own = main.folder / "data" / "catalogue"
    own.mkdir(parents=True)
    (own / "synonyms.yaml").write_text('phrases: [{say: [giấy bà mụ], means: ["1.001193"]}]', encoding="utf-8")
    config = main.config("")
    said = main("search", "-", "--config", config, stdin="sao y\n\ngiay ba mu\n").out.splitlines()
    first, empty, own_word = (json.loads(line) for line in said)
    assert first["query"] == "sao y"
    assert first["results"][0] == {
        "code": "2.000815",
        "name": "Chứng thực bản sao (sao y bản chính)",
        "why": "Thường gọi: sao y",
    }
    assert first["ms"] > 0
    assert len(empty["results"]) >= 4
    assert own_word["results"][0]["code"] == "1.001193"
    one = main("--json", "search", "lam", "giay", "khai", "sinh", "--config", config)
    assert (one.code, one.json["query"], one.json["results"][0]["code"]) == (0, "lam giay khai sinh", "1.001193")
    (own / "synonyms.yaml").write_text("phrases: 1", encoding="utf-8")
    wrong = main("search", "sao", "y", "--config", config)
    assert (wrong.code, wrong.out[:8]) == (0, "2.000815")  # as the screen, which goes on as well
    assert "synonyms.yaml: phrases: must be a list" in wrong.err


def test_a_queue_is_verified_and_moved_to_another_machine(main: Shell, province: str) -> None:
    """The first machine is off line for good; the second one delivers, once, also when the file is imported twice."""
    (main.folder / "token").write_text("secret", encoding="utf-8")
    gone = main.config(f'[province]\nurl = "http://127.0.0.1:{free_port()}"\ntoken_file = "{main.folder}/token"\n')
    second = main.folder / "second.toml"
    text = f'[storage]\ndata_dir = "{main.folder}/second"\n[province]\nurl = "{province}"\n'
    second.write_text(f'{text}token_file = "{main.folder}/token"\n', encoding="utf-8")
    payload, scan = main.folder / "dossier.json", main.folder / "scan.png"
    payload.write_text(json.dumps(DOSSIER), encoding="utf-8")
    Image.new("RGB", (200, 300), "white").save(scan)
    assert main("outbox", "add", payload, scan, "--config", gone).code == 0
    assert main("outbox", "verify", "--config", gone, "--json").json == {"entries": 1, "scans": 1, "problems": []}
    private, public, file = (main.folder / name for name in ("centre.pem", "centre.pub", "queue"))
    subprocess.run(["openssl", "genpkey", "-algorithm", "x25519", "-out", private], check=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    assert main("outbox", "export", file, "--key", public, "--config", gone, "--json").json["entries"] == 1
    assert main("outbox", "export", file, "--key", private, "--config", gone).code == 1
    for answer in ({"added": 1, "known": 0}, {"added": 0, "known": 1}):
        assert main("outbox", "import", file, "--key", private, "--config", second, "--json").json == answer
    drained = main("outbox", "drain", "--seconds", "20", "--config", second, "--json").json
    assert drained == {"delivered": 1, "pending": 0, "rejected": 0}
    rest = main("outbox", "drain", "--seconds", "1", "--config", gone, "--json").json
    assert rest == {"delivered": 0, "pending": 0, "rejected": 0}
    again = main("outbox", "export", main.folder / "again", "--key", public, "--config", gone, "--json").json
    assert again["entries"] == 1  # the first file was lost


def test_a_backup_leaves_the_queue_and_a_new_key_opens_it(main: Shell, province: str) -> None:
    import fcntl

    (main.folder / "token").write_text("secret", encoding="utf-8")
    site = main.config(f'[province]\nurl = "{province}"\ntoken_file = "{main.folder}/token"\n')
    payload, public, file = main.folder / "dossier.json", main.folder / "centre.pub", main.folder / "backup"
    payload.write_text(json.dumps(DOSSIER), encoding="utf-8")
    subprocess.run(["openssl", "genpkey", "-algorithm", "x25519", "-out", main.folder / "pem"], check=True)
    subprocess.run(["openssl", "pkey", "-in", main.folder / "pem", "-pubout", "-out", public], check=True)
    assert main("outbox", "add", payload, "--config", site).code == 0
    assert main("outbox", "backup", file, "--key", public, "--config", site, "--json").json["entries"] == 1
    key_file = next(main.folder.rglob("key"))
    before = key_file.read_bytes()
    with (key_file.parent / "outbox.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)  # as a running kiosk holds it
        said = main("outbox", "rekey", "--config", site, "--json")
        assert (said.code, said.json["error"]["code"]) == (1, "store_in_use")
    assert key_file.read_bytes() == before
    assert main("outbox", "rekey", "--config", site).code == 0
    assert key_file.read_bytes() != before
    drained = main("outbox", "drain", "--seconds", "20", "--config", site, "--json").json
    assert drained == {"delivered": 1, "pending": 0, "rejected": 0}
