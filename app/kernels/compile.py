"""The one way a kernel is compiled.

``nogil`` lets a kernel run beside the event loop's thread, ``cache`` keeps the machine code so that
a restarted worker is ready in seconds. Fast-math stays off: state must be bit-for-bit reproducible,
and NaN and infinity in hostile input must keep their meaning. ``NUMBA_DISABLE_JIT=1`` runs every
kernel as plain Python and ``NUMBA_BOUNDSCHECK=1`` checks every array access; the tests use both.
"""

import functools
import hashlib
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np

from app.kernels.compile_cache import share_cache

F = TypeVar("F", bound=Callable[..., object])

# No kernel is handed to C code, so none needs a wrapper for that: a twentieth of compiling it.
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "error_model": "numpy",
    "no_cfunc_wrapper": True,
}

_PACKAGE = Path(__file__).parent.parent
_IMPORT = re.compile(
    r"^(?:from (app(?:\.\w+)+) import (\([^)]*\)|[^\n(]*)|import (app(?:\.\w+)+))", re.M
)


def kernel(function: F) -> F:
    """Compile ``function`` as a Reflux kernel."""
    return _compile(function, OPTIONS)


def lean_kernel(function: F) -> F:
    """Compile a kernel that makes no array: it owns no references, so it need not count them.

    Each array handed from function to function otherwise costs locked increments, three quarters
    of the time of a decoder. Making an array in such a kernel fails to compile.
    """
    return _compile(function, {**OPTIONS, "_nrt": False})


def inlined_kernel(function: F) -> F:
    """Compile a lean kernel that becomes part of whichever kernel calls it.

    Arrays are passed by value, some eight words each, and a tuple of a dozen arrays as a hundred
    words: to copy them costs more than what most of these functions do. LLVM inlines small ones by
    itself.
    """
    return _compile(function, {**OPTIONS, "_nrt": False, "forceinline": True})


def _compile(function: F, options: dict[str, Any]) -> F:
    if numba.config.DISABLE_JIT:
        # Hashes wrap around, as machine integers do; NumPy would warn of its scalars.
        quiet: F = np.errstate(over="ignore")(function)
        return quiet
    numba.config.CACHE_DIR = str(_base() / f"kernels-{_digest(function.__module__)}")
    compiled: F = numba.njit(**options)(function)
    share_cache(compiled)
    return compiled


@functools.cache
def _digest(module: str) -> str:
    """A name for everything that can shape the machine code of the kernels in ``module``.

    Numba asks only whether the file of the cached function itself has changed. A kernel calls
    kernels of other files and freezes their constants, and it would keep the old ones; and code
    compiled without bounds checks would answer a run that asks for them.
    """
    digest = hashlib.sha256(f"boundscheck={numba.config.BOUNDSCHECK}".encode())
    for source in sorted(_sources(module)):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]


def _sources(module: str) -> set[Path]:
    """The files of this package that ``module`` is made from: its own and all that it imports."""
    found: set[Path] = set()
    origin = getattr(sys.modules.get(module), "__file__", None)
    waiting = [Path(origin)] if origin else []
    while waiting:
        source = waiting.pop()
        if source in found or not source.is_file():
            continue
        found.add(source)
        for package, names, plain in _IMPORT.findall(source.read_text(encoding="utf-8")):
            dotted = package or plain
            candidates = [dotted, *(f"{dotted}.{name}" for name in re.findall(r"\w+", names))]
            waiting += [_PACKAGE.parent / (name.replace(".", "/") + ".py") for name in candidates]
    return found


@functools.cache
def _base() -> Path:
    """Where machine code may be kept: the directory asked for, beside the source, or the user's."""
    if numba.config.CACHE_DIR:
        return Path(numba.config.CACHE_DIR)
    here = Path(__file__).parent
    if os.access(here, os.W_OK):
        return here / "__pycache__"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reflux"
