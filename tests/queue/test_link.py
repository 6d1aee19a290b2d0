"""The kernel's news of the network, in a network namespace of the test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from offline_queue.link import LinkWatch

ROOT = Path(__file__).parents[2]
NAMESPACE = ["unshare", "--net"] + (["--user", "--map-root-user"] if os.geteuid() else [])
SWITCH_LOOPBACK = """
import fcntl, socket, struct, sys, threading
from offline_queue.link import LinkWatch

def switch(up):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        flags = struct.unpack("16sH14x", fcntl.ioctl(control, 0x8913, struct.pack("16sH14x", b"lo", 0)))[1]
        fcntl.ioctl(control, 0x8914, struct.pack("16sH14x", b"lo", flags | 1 if up else flags & ~1))

bell = threading.Semaphore(0)
watch = LinkWatch(bell.release)
watch.start()
told = []
import time
time.sleep(0.5)
for up in (True, False, True):
    switch(up)
    told.append(bell.acquire(timeout=10))
told.append(bell.acquire(timeout=1))
watch.stop()
print(told, [thread.name for thread in threading.enumerate()])
"""


def test_each_change_of_the_network_is_told_once() -> None:
    if subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no namespaces")
    command = [*NAMESPACE, sys.executable, "-c", SWITCH_LOOPBACK]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "[True, True, True, False] ['MainThread']", done.stderr


def test_it_ends_while_nothing_happens() -> None:
    watch = LinkWatch(lambda: None)
    watch.start()
    watch.stop()
    never_started = LinkWatch(lambda: None)
    never_started.stop()
