"""A play for the simulated devices: a TOML file that says what a person, the paper or the line does, and when.

[[act]]
after = 2.5               # seconds since the act before
device = "printer"        # or code_scanner, document_scanner, card_reader, province
do = "paper_out"          # a verb of the simulated device
with = ""                 # what a verb such as `present` needs
"""

from __future__ import annotations

import logging
import threading
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from devices import registry
from kiosk.config import Config, ConfigError
from kiosk.sandbox.faults import parse_faults
from kiosk.wiring import Machine

log = logging.getLogger(__name__)
PROVINCE = "province"


class Act(BaseModel):
    """One act: `do` is done to `device`, so many seconds after the act before."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    after: float = Field(0.0, ge=0, le=86_400)
    device: str
    do: str
    argument: str | None = Field(None, alias="with")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    act: Annotated[tuple[Act, ...], Field(min_length=1)]


def load(path: Path, config: Config) -> tuple[Act, ...]:
    """The acts of a file, each of which can be done with this configuration. Raises `ConfigError` with all mistakes."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        acts = _File.model_validate(data).act
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError([(str(path), str(error))]) from None
    except ValidationError as error:
        raise ConfigError(registry.explain(_File, error)) from None
    problems = [(f"act.{number}", problem) for number, act in enumerate(acts, 1) if (problem := _problem(act, config))]
    if problems:
        raise ConfigError(problems)
    return acts


def _problem(act: Act, config: Config) -> str:
    verbs = _verbs(config)
    if act.device not in verbs:
        return registry.unknown(act.device, verbs)
    if act.do not in verbs[act.device]:
        return registry.unknown(act.do, verbs[act.device])
    words = verbs[act.device][act.do]
    if (words is None) is not (act.argument is None):
        return f"«{act.do}» needs `with`" if act.argument is None else f"«{act.do}» takes no `with`"
    if words and act.argument not in words:
        return registry.unknown(str(act.argument), words)
    if act.device == PROVINCE:
        try:
            parse_faults(act.argument or "")
        except ValueError as error:
            return str(error)
    return ""


def _verbs(config: Config) -> dict[str, Mapping[str, Sequence[str] | None]]:
    """device → verb → its argument."""
    verbs = {
        kind: registry.simulator_verbs(kind)
        for kind, table in config.devices.items()
        if table.get("driver") == "simulated"
    }
    if config.province is not None and config.province.sandbox:
        verbs[PROVINCE] = {"fault": ()}
    return verbs


class Scenario:
    """Plays the acts on a thread of its own while the kiosk runs."""

    def __init__(self, acts: tuple[Act, ...], machine: Machine) -> None:
        self._acts = acts
        self._machine = machine
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scenario", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Break off."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        for number, act in enumerate(self._acts, 1):
            if self._stopping.wait(act.after):
                return
            log.info("scenario %d of %d: %s %s", number, len(self._acts), act.device, act.do)
            self._do(act)

    def _do(self, act: Act) -> None:
        if act.device == PROVINCE:
            if self._machine.province is not None:
                self._machine.province.fault = act.argument or ""
            return
        verb: Any = getattr(self._machine.devices[act.device], act.do)
        verb(*([] if act.argument is None else [act.argument]))
