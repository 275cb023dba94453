"""What an account's row remembers of campaigns' verdicts about it."""

import numpy as np

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bool, Float, Int, Record
from app.kernels.parameters import CAMPAIGN_BIT

MATERIAL = 0.05
"""A change of probability that is worth a record."""
ROUNDING = 0.001
"""What sightings and rows may have lost of a probability: an older campaign that is as sure as
the one held takes its place, so that campaigns that share members become one."""


@lean_kernel
def note_verdict(
    row: Record, campaign: np.uint64, epoch: Int, probability: Float, confirmed: Bool
) -> Bool:
    """Note a finding in ``row``, one element of a structured array of ``ACCOUNT``.

    A campaign's newer epoch replaces its older one, also where it is less sure: so an account
    leaves a campaign. Of findings of one epoch, which come from several links, the surest holds,
    in whatever order they come. Another campaign must be surer of the account than the one noted,
    or as sure and older: then the two have become one. A campaign that is not confirmed is noted
    with probability 0. An operator's release of the account was about the campaign noted then, so
    it does not cover a surer one. Records read again after a restart are the caller's to pass
    over: the row knows one campaign only. Returns whether the finding was news.
    """
    held = np.float64(row["campaign_probability"])
    sure = np.float64(np.float32(probability))  # as the row keeps it
    if row["campaign"] == campaign:
        if epoch < row["campaign_epoch"] or (epoch == row["campaign_epoch"] and sure <= held):
            return False
    elif sure > held:
        row["detectors_off"] &= np.uint8(~CAMPAIGN_BIT & 0xFF)
    elif held == 0.0 or campaign > row["campaign"] or sure < held - ROUNDING:
        return False
    row["campaign"] = campaign
    row["campaign_epoch"] = epoch
    row["campaign_probability"] = sure if confirmed else 0.0
    return True


@lean_kernel
def step_of(probability: float, throttle: float, suspend: float) -> Int:
    """Which step of the ladder a probability reaches: 0 none, 1 throttle, 2 suspend."""
    if probability >= suspend:
        return np.int64(2)
    return np.int64(1) if probability >= throttle else np.int64(0)
