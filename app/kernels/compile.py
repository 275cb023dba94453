"""The one way a kernel is compiled.

``nogil`` lets a kernel run beside the event loop's thread, ``cache`` keeps the machine code beside
the source so that a restarted worker is ready in seconds. Fast-math stays off: state must be
bit-for-bit reproducible, and NaN and infinity in hostile input must keep their meaning.
``NUMBA_DISABLE_JIT=1`` runs every kernel as plain Python and ``NUMBA_BOUNDSCHECK=1`` checks every
array access; the tests use both.
"""

from collections.abc import Callable
from typing import TypeVar

import numba

F = TypeVar("F", bound=Callable[..., object])


def kernel(function: F) -> F:
    """Compile ``function`` as a Reflux kernel."""
    compiled: F = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    return compiled
