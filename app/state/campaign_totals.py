"""The sums of a partition's campaigns: made, and kept in its header, every field by its name."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.state.campaign_layout import CAMPAIGN_SUMS, MAX_CAMPAIGNS

_FIELDS = tuple(name for name in CAMPAIGN_SUMS.names or () if name not in ("id", "pad"))


def new_campaigns() -> npt.NDArray[Any]:
    """Sums of no campaigns: structured[MAX_CAMPAIGNS] of ``CAMPAIGN_SUMS``."""
    return np.zeros(MAX_CAMPAIGNS, CAMPAIGN_SUMS)


def campaigns_to_json(sums: npt.NDArray[Any]) -> dict[str, Any]:
    """The campaigns by id, in the order of their places; registers are hexadecimal."""
    return {
        f"{int(total['id']):016x}": {
            name: total[name].tobytes().hex() if name == "registers" else total[name].tolist()
            for name in _FIELDS
        }
        for total in sums
        if total["id"]
    }


def campaigns_from_json(saved: Any) -> npt.NDArray[Any]:
    """What ``campaigns_to_json`` wrote. Raises ValueError for anything else."""
    sums = new_campaigns()
    try:
        for place, (campaign, fields) in enumerate(saved.items()):
            sums[place]["id"] = int(campaign, 16)
            for name in _FIELDS:
                value = fields[name]
                if name == "registers":
                    value = np.frombuffer(bytes.fromhex(value), np.uint8)
                sums[place][name] = value
    except (KeyError, TypeError, AttributeError, ValueError, IndexError, OverflowError) as exc:
        raise ValueError(f"the sums of campaigns make no sense: {exc!r}") from exc
    return sums
