"""Memory is overwritten as soon as it is freed: nothing of a citizen stays in it for a core dump or the swap."""

from __future__ import annotations

import os
import sys

# glibc fills freed blocks (mallopt(3), M_PERTURB), but not those that a thread keeps for itself, and Python's own
# allocator knows nothing of it: both go without. Only a new process can be told so.
TUNABLES = "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0"
ENVIRONMENT = {"PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": TUNABLES}


def wipe_what_is_freed() -> None:
    """Start this program again in the same process, with an allocator that does so; returns when it has one.

    With another C library nothing is wiped, and nothing else changes.
    """
    if ENVIRONMENT.items() <= os.environ.items():
        return
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **ENVIRONMENT})  # noqa: S606
