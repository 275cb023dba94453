"""The one way a kernel is compiled.

``nogil`` lets a kernel run beside the event loop's thread, ``cache`` keeps the machine code so that
a restarted worker is ready in seconds. Fast-math stays off: state must be bit-for-bit reproducible,
and NaN and infinity in hostile input must keep their meaning. ``NUMBA_DISABLE_JIT=1`` runs every
kernel as plain Python and ``NUMBA_BOUNDSCHECK=1`` checks every array access; the tests use both.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numba
import numpy as np

F = TypeVar("F", bound=Callable[..., object])


def _cache_directory() -> str:
    """Where machine code is kept: a directory named by every source that can shape it.

    Numba asks only whether the file of the cached function itself has changed. A kernel calls
    kernels of other files and freezes their constants, and it would keep the old ones; and code
    compiled without bounds checks would answer a run that asks for them.
    """
    here = Path(__file__).parent
    digest = hashlib.sha256(f"boundscheck={numba.config.BOUNDSCHECK}".encode())
    for source in (*sorted(here.glob("*.py")), here.parent / "state" / "layout.py"):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    if numba.config.CACHE_DIR:
        base = Path(numba.config.CACHE_DIR)
    elif os.access(here, os.W_OK):
        base = here / "__pycache__"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reflux"
    return str(base / f"kernels-{digest.hexdigest()[:16]}")


numba.config.CACHE_DIR = _cache_directory()


def kernel(function: F) -> F:
    """Compile ``function`` as a Reflux kernel."""
    if numba.config.DISABLE_JIT:
        # Hashes wrap around, as machine integers do; NumPy would warn of its scalars.
        quiet: F = np.errstate(over="ignore")(function)
        return quiet
    compiled: F = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    return compiled
