"""What stands between sightings that is none: records that workers write to each other.

All are Avro in the Confluent frame, and told apart by the id of their schema.
"""

import numpy as np
import numpy.typing as npt

from app.kernels.columns import FRAME_VALUE_LENGTH, FRAME_VALUE_START
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bytes, Int, Matrix

FRAME_BYTES = 5


@lean_kernel
def list_framed_with(
    data: Bytes,
    frames: Matrix,
    schema_ids: npt.NDArray[np.int64],
    found: npt.NDArray[np.int64],
) -> Int:
    """List the records whose value is framed with one of ``schema_ids``.

    ``data`` uint8[m]; ``frames`` int64[n, FRAME_WIDTH]; their numbers go to ``found``, int64[n].
    Returns how many there are.
    """
    count = np.int64(0)
    for i in range(frames.shape[0]):
        start = frames[i, FRAME_VALUE_START]
        length = frames[i, FRAME_VALUE_LENGTH]
        if start < 0 or length < FRAME_BYTES or start > data.size - FRAME_BYTES or data[start] != 0:
            continue
        written = np.int64(0)
        for k in range(1, FRAME_BYTES):
            written = written << 8 | np.int64(data[start + k])
        for wanted in schema_ids:
            if written == wanted:
                found[count] = i
                count += 1
                break
    return count
