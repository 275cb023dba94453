"""What a campaign found out about an account, noted in its row; the ladder acts on it."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.kernels.note_verdict import note_verdict


def apply_verdict(
    row: npt.NDArray[Any], campaign: int, epoch: int, probability: float, *, confirmed: bool
) -> bool:
    """Note a finding in ``row`` (one element of a structured array of ``ACCOUNT``).

    ``campaign`` its id; see ``note_verdict`` for what holds. Returns whether the finding was news.
    """
    return bool(note_verdict(row, np.uint64(campaign), epoch, probability, confirmed))
