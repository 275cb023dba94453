"""What a campaign found out about an account, noted in its row; the ladder acts on it."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.kernels.link_verdicts import ROUNDING
from app.kernels.parameters import CAMPAIGN_BIT


def apply_verdict(
    row: npt.NDArray[Any], campaign: int, epoch: int, probability: float, *, confirmed: bool
) -> bool:
    """Note a finding in ``row`` (one element of a structured array of ``ACCOUNT``).

    A campaign's newer epoch replaces its older one, also where it is less sure: so an account
    leaves a campaign. Of findings of one epoch, which come from several links, the surest holds,
    in whatever order they come. Another campaign must be surer of the account than the one noted,
    or as sure and older: then the two have become one. A campaign that is not confirmed is noted
    with probability 0. An operator's release of the account was about the campaign noted then, so
    it does not cover a surer one. Records read again after a restart are the caller's to pass
    over: the row knows one campaign only. Returns whether the finding was news.
    """
    held, sure = row["campaign_probability"], np.float32(probability)
    if int(row["campaign"]) == campaign:
        if epoch < row["campaign_epoch"] or (epoch == row["campaign_epoch"] and sure <= held):
            return False
    elif sure > held:
        row["detectors_off"] &= ~CAMPAIGN_BIT & 0xFF
    elif held == 0 or campaign > int(row["campaign"]) or sure < held - ROUNDING:
        return False
    row["campaign"] = campaign
    row["campaign_epoch"] = epoch
    row["campaign_probability"] = sure if confirmed else 0.0
    return True
