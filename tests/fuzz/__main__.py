"""`make fuzz`: a million inputs and more, with a limit on memory; ends with 1 when something fell out."""

from __future__ import annotations

import argparse
import resource
import secrets
import time
from pathlib import Path

from tests.fuzz.runner import run
from tests.fuzz.targets import targets

SAVED = Path(__file__).parents[2] / "build" / "fuzz"
MEMORY = 256 * 1024 * 1024  # bytes above what is used at the start
SHOWN = 400  # bytes of a failing input that are printed


def limit_memory() -> None:
    """An allocation that a length field asked for ends as `MemoryError`, which is a failure."""
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.RLIM_INFINITY))


def main() -> int:
    """Run, tell inputs by target, seed and rate."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--target", action="append", help="only this one; may be given several times")
    options = parser.parse_args()
    chosen = tuple(target for target in targets() if not options.target or target.name in options.target)
    print(f"fuzz: {options.inputs:,} inputs, seed {options.seed}, {len(chosen)} targets", flush=True)
    limit_memory()
    started = time.perf_counter()
    every = max(options.inputs // 10, 10_000) // 10_000 * 10_000

    def told(count: int) -> None:
        if count % every == 0:
            print(f"fuzz: {count:,} inputs, {count / (time.perf_counter() - started):,.0f} a second", flush=True)

    counts, failures = run(chosen, options.inputs, options.seed, told)
    for name, count in counts.items():
        print(f"  {name:22} {count:9,}")
    seconds = time.perf_counter() - started
    print(f"fuzz: {sum(counts.values()):,} inputs in {seconds:.0f} s, {sum(counts.values()) / seconds:,.0f} a second")
    for failure in failures.values():
        print(f"FAILED {failure.target}: {failure.what}\n  {failure.save(SAVED)}\n  {failure.data[:SHOWN].hex()}")
    print(f"fuzz: {len(failures)} kinds of failure, seed {options.seed}")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
