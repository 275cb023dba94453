"""What a link hears of the rings and webs that its members are in (see ``app/detection/rings.py``).

Of rings, the smallest name: whatever the order, it is the same; of a program also how many of its
sightings are in any. Of webs, how many sightings of a program are in another program's. Order and
merging leave no trace.
"""

import numpy as np
import numpy.typing as npt

from app.kernels import sighting_columns as s
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int, Record
from app.kernels.hyperloglog import scrambled
from app.kernels.link_sums import SUMS_CEILING, Clock, capped_sum, in_window
from app.state.link_layout import PROGRAM

_KIND_BITS = np.uint64(56)


@lean_kernel
def link_name(hashed: np.uint64, kind: Int) -> np.uint64:
    """What the link of ``kind`` with this hash is called, the same in every process."""
    return hashed ^ np.uint64(kind) << _KIND_BITS


@lean_kernel
def ring_name(name: np.uint64) -> np.uint64:
    """The ring or web that the link called ``name`` begins: 32 bits, never 0.

    Of a million accounts, some fifty thousand are in rings of their own: one in ninety thousand
    campaigns would find a family under its name.
    """
    return scrambled(name) >> np.uint64(32) | np.uint64(1)


@lean_kernel
def forget_rings(row: Record, epoch: Int, clock: Clock) -> None:
    """Clear the windows that ``epoch`` makes too old; before ``advance`` is called for it."""
    windows = epoch // clock.window - np.int64(row["last_epoch"]) // clock.window
    for ahead in range(1, min(windows, 2) + 1):
        w = (epoch // clock.window + 1 - ahead) & 1
        row["webbed"][w] = 0
        row["ringed"][w] = 0


@lean_kernel
def hear(row: Record, values: npt.NDArray[np.int64], clock: Clock) -> None:
    """Note the ring and the web in the sighting ``values``, for whose epoch ``advance`` was
    called."""
    row["ring_heard"] = smaller_name(np.int64(row["ring_heard"]), values[s.SIG_RING])
    epoch = values[s.SIG_EPOCH]
    if values[s.SIG_KIND] != PROGRAM or not in_window(row, epoch, clock):
        return
    w = epoch // clock.window & 1
    if values[s.SIG_RING] != 0:
        row["ringed"][w] = capped_sum(row["ringed"][w], 1, SUMS_CEILING)
    web = values[s.SIG_WEB]
    own = ring_name(link_name(np.uint64(values[s.SIG_HASH]), np.int64(PROGRAM)))
    if values[s.SIG_WOVEN] != 0 or (web != 0 and np.uint64(web) != own):
        row["webbed"][w] = capped_sum(row["webbed"][w], 1, SUMS_CEILING)


@lean_kernel
def merge_rings(row: Record, other: Record, clock: Clock) -> None:
    """Bring what ``other`` has heard into ``row``, which has been advanced to the newest epoch of
    both. No sighting may have been folded into both."""
    heard = np.int64(other["ring_heard"])
    row["ring_heard"] = smaller_name(np.int64(row["ring_heard"]), heard)
    row["ring"] = smaller_name(np.int64(row["ring"]), np.int64(other["ring"]))
    newest = np.int64(other["last_epoch"]) // clock.window
    for back in range(2):
        window = newest - back
        if window >= 0 and np.int64(row["last_epoch"]) // clock.window - window < 2:
            w = window & 1
            webbed, ringed = np.int64(other["webbed"][w]), np.int64(other["ringed"][w])
            row["webbed"][w] = capped_sum(row["webbed"][w], webbed, SUMS_CEILING)
            row["ringed"][w] = capped_sum(row["ringed"][w], ringed, SUMS_CEILING)


@lean_kernel
def smaller_name(one: Int, other: Int) -> Int:
    """Of two names, the smaller; 0 is none."""
    if one == 0 or 0 < other < one:
        return other
    return one
