"""From the configuration to a driver."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from devices import registry
from devices.interfaces import DEVICE_KINDS, Device, TicketPrinter


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    minutes: int = 1


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    parts: list[Inner] = []
    other: Inner | None = None


def test_only_drivers_are_drivers() -> None:
    assert registry.drivers("printer") == ("custom_vkp", "escpos", "simulated")
    for kind in DEVICE_KINDS:
        assert "simulated" in registry.drivers(kind)


def test_all_mistakes_are_told_at_once() -> None:
    problems = registry.check(
        "printer",
        {"driver": "escpos", "url": "ftp://x", "width_dots": 500, "cuter": True, "status_seconds": 0},
    )
    told = dict(problems)
    assert set(told) == {"url", "width_dots", "cuter", "status_seconds"}
    assert told["cuter"] == "unknown key; «cuter» is not known; did you mean «cutter»?"
    assert "must begin with socket://" in told["url"]
    assert "384, 512 or 576" in told["width_dots"]
    assert all("\n" not in sentence and "pydantic" not in sentence for sentence in told.values())


def test_a_missing_value_is_told() -> None:
    assert registry.check("printer", {"driver": "escpos"}) == [("url", "is missing")]


def test_a_good_table_has_no_problem() -> None:
    assert registry.check("printer", {"driver": "escpos", "url": "socket://192.0.2.10:9100"}) == []


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("socket://192.0.2.10", "no address"),
        ("socket://192.0.2.10:99999", "65535"),
        ("serial://ttyS1", "names no device file"),
        ("serial:///dev/ttyS1?baud=fast", "baud"),
        ("", "must begin with"),
    ],
)
def test_a_wrong_address_is_told_in_words(url: str, part: str) -> None:
    ((path, sentence),) = registry.check("printer", {"driver": "escpos", "url": url})
    assert path == "url"
    assert part in sentence


def test_an_unknown_driver_is_told_once_with_the_nearest_name() -> None:
    problems = registry.check("printer", {"driver": "escpso", "url": 5, "nonsense": True})
    assert problems == [("driver", "«escpso» is not known; did you mean «escpos»?")]


def test_an_unlike_driver_is_told_with_all_names() -> None:
    assert registry.check("printer", {"driver": "zzz"}) == [
        ("driver", "«zzz» is not known; one of custom_vkp, escpos, simulated")
    ]


@pytest.mark.parametrize("driver", [7, ["escpos"], {"a": 1}, "../secrets", "virtual"])
def test_a_driver_of_another_kind_of_value_is_told(driver: object) -> None:
    ((path, _),) = registry.check("printer", {"driver": driver})
    assert path == "driver"


def test_a_missing_driver_is_told_with_all_names() -> None:
    assert registry.check("printer", {}) == [("driver", "is missing; one of custom_vkp, escpos, simulated")]


def test_mistakes_inside_lists_and_optional_tables() -> None:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"parts": [{}, {"minuts": 1}], "other": {"minute": 1}, "part": 1})
    assert registry.explain(Outer, caught.value) == [
        ("parts.1.minuts", "unknown key; «minuts» is not known; did you mean «minutes»?"),
        ("other.minute", "unknown key; «minute» is not known; did you mean «minutes»?"),
        ("part", "unknown key; «part» is not known; did you mean «parts»?"),
    ]


def test_create_gives_a_device_that_is_not_open(tmp_path: Path) -> None:
    printer = registry.create("printer", {"driver": "escpos", "url": f"usblp://{tmp_path}/nothing", "width_dots": 384})
    assert isinstance(printer, TicketPrinter)
    assert printer.width_dots == 384
    assert printer.status().code == "device_unplugged"


@pytest.mark.parametrize("kind", DEVICE_KINDS)
def test_every_kind_has_a_simulated_device(kind: str) -> None:
    device = registry.create(kind, {"driver": "simulated"})
    assert isinstance(device, Device)
    device.close()
