"""Names of what is found: campaigns and rings, each named after the link that told of it first."""

import numpy as np
import numpy.typing as npt

from app.kernels.hyperloglog import scrambled


def fresh_names(names: npt.NDArray[np.uint64], epoch: int) -> npt.NDArray[np.uint64]:
    """A name for what each of the links ``names`` (uint64[n]) may have begun in ``epoch``.

    Names begin with the epoch, so the smallest is the oldest.
    """
    # Of the low half, the lowest bit is always set: no name is 0, which would be none.
    mixed = np.array([scrambled(name) for name in names], np.uint64) | np.uint64(1)
    return (np.uint64(epoch) << np.uint64(32)) | (mixed & np.uint64(0xFFFFFFFF))
