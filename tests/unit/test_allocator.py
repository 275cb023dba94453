"""Whether the allocator does as it is told, in a process of its own."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import sys

from app.allocator import keep_freed_memory

if sys.argv[1] == "keep" and not keep_freed_memory():
    sys.exit(3)
for _ in range(10):
    bytearray(40 << 20)[::4096] = bytes(10_240)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def page_faults(how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library than glibc")
def test_pages_of_freed_blocks_are_not_asked_for_again() -> None:
    # Ten blocks of 10,240 pages, each larger than what glibc learns to keep by itself.
    assert page_faults("stock") - page_faults("keep") > 5 * 10_240
