"""The totals of a partition's links: made, and kept in its header.

The header is JSON that people read, so every field goes by its name; registers are hexadecimal.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.state.link_history import TOTALS_1
from app.state.link_layout import LINK_KINDS, TOTALS


def new_totals() -> npt.NDArray[Any]:
    """Totals of no sightings: structured[kinds] of ``TOTALS``, in the order of ``LINK_KINDS``."""
    totals = np.zeros(len(LINK_KINDS), TOTALS)
    totals["first_epoch"] = -1
    totals["last_epoch"] = -1
    return totals


def totals_to_json(totals: npt.NDArray[Any]) -> dict[str, Any]:
    """The totals by kind, of the kinds that were sighted at all."""
    return {
        kind: {
            name: [part.tobytes().hex() for part in total[name]]
            if name == "registers"
            else total[name].tolist()
            for name in TOTALS.names or ()
        }
        for kind, total in zip(LINK_KINDS, totals, strict=True)
        if total["last_epoch"] >= 0
    }


def totals_from_json(saved: Any) -> npt.NDArray[Any]:
    """What ``totals_to_json`` wrote; of an earlier release, nothing (see ``link_history.py``).

    Raises ValueError for anything else.
    """
    totals = new_totals()
    try:
        if saved and all(fields.keys() == TOTALS_1 for fields in saved.values()):
            return totals
        for kind, fields in saved.items():
            total = totals[LINK_KINDS.index(kind)]
            for name in TOTALS.names or ():
                value = fields[name]
                if name == "registers":
                    value = [np.frombuffer(bytes.fromhex(part), np.uint8) for part in value]
                total[name] = value
    except (KeyError, TypeError, AttributeError, ValueError) as exc:
        raise ValueError(f"the totals of links make no sense: {exc!r}") from exc
    return totals
