"""Names for what decoding kernels pass around."""

from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.int64]
Int = Any
"""An int64: NumPy's scalar and Python's int are the same type to the compiler, not to mypy."""
Float = Any
"""A double, likewise."""
Bool = Any
"""A truth value, likewise."""
Record = Any
"""One element of a structured array: the compiler knows its fields, mypy does not."""
