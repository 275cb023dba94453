"""How long faults last: a slice of them with the whole suite, all of them in ``make test-faults``.

``REFLUX_FAULTS=full`` chooses the latter.
"""

import os
from typing import TypeVar

import pytest

T = TypeVar("T")

FULL = os.environ.get("REFLUX_FAULTS", "") == "full"

long = pytest.mark.long
"""A fault that has no short form."""


def length(short: T, full: T) -> T:
    """``short`` in the slice, ``full`` otherwise."""
    return full if FULL else short
