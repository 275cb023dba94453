"""The totals of a partition's links: made, and kept in its header.

The header is JSON that people read, so every field goes by its name; registers are hexadecimal.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.state.link_history import TOTALS_1
from app.state.link_layout import LINK_KINDS, TOTALS

SKETCHES = ("registers", "things")


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
            name: _hexadecimal(total[name]) if name in SKETCHES else total[name].tolist()
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
                total[name] = _registers(value) if name in SKETCHES else value
    except (KeyError, TypeError, AttributeError, ValueError) as exc:
        raise ValueError(f"the totals of links make no sense: {exc!r}") from exc
    return totals


def _hexadecimal(registers: npt.NDArray[np.uint8]) -> Any:
    """Registers as text, one string for each sketch."""
    if registers.ndim > 1:
        return [_hexadecimal(part) for part in registers]
    return registers.tobytes().hex()


def _registers(saved: Any) -> Any:
    if isinstance(saved, list):
        return [_registers(part) for part in saved]
    return np.frombuffer(bytes.fromhex(saved), np.uint8)
