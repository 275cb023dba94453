"""Sums over the members of campaigns, from their sightings under the campaigns' own links.

Sums belong to the partition's header, as the totals of kinds do, and not to rows: a sighting read
again after a restart is added again by whoever begins from that header.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.kernels import reasons
from app.kernels import sighting_columns as s
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int, Record
from app.kernels.hyperloglog import observe
from app.kernels.link_sums import CEILING, capped_sum
from app.kernels.links import SightingBatch
from app.state.campaign_layout import MODELS
from app.state.layout import ACTION_SUSPEND, TASKS
from app.state.link_layout import CAMPAIGN

NOT_FOUND = -1


@lean_kernel
def add_to_campaigns(batch: SightingBatch, start: Int, stop: Int, sums: npt.NDArray[Any]) -> None:
    """Add the sightings from number ``start`` to before ``stop``, which have been folded, to
    ``sums``, structured[n] of ``CAMPAIGN_SUMS``."""
    for i in range(start, stop):
        values = batch.values[i]
        if batch.status[i] == reasons.OK and values[s.SIG_KIND] == CAMPAIGN:
            _add(sums[_place_of(sums, np.uint64(values[s.SIG_HASH]))], values)


@lean_kernel
def _place_of(sums: npt.NDArray[Any], campaign: np.uint64) -> Int:
    """The place of ``campaign``: its own, a free one, or that of the one longest unseen."""
    place = np.int64(NOT_FOUND)
    for k in range(sums.size):
        if sums[k]["id"] == campaign:
            return np.int64(k)
        if sums[k]["id"] == np.uint64(0):
            place = np.int64(k)
            break
    if place == NOT_FOUND:
        place = np.int64(0)
        for k in range(1, sums.size):
            if sums[k]["last_seen"] < sums[place]["last_seen"]:
                place = np.int64(k)
    _begin(sums[place], campaign)
    return place


@lean_kernel
def _begin(total: Record, campaign: np.uint64) -> None:
    total["id"] = campaign
    total["first_seen"] = s.MILLIS_MAX
    total["last_seen"] = 0
    total["interactions"] = 0
    total["prevented"] = 0
    total["input_tokens"] = 0
    total["output_tokens"] = 0
    for k in range(len(TASKS)):
        total["tasks"][k] = 0
    for k in range(MODELS):
        total["model"][k] = 0
    for k in range(total["registers"].size):
        total["registers"][k] = 0
    total["epoch"] = -1
    _begin_epoch(total, np.int64(-1))


@lean_kernel
def _begin_epoch(total: Record, epoch: Int) -> None:
    total["epoch"] = epoch
    total["probability"] = 0
    total["attempted"] = 0
    total["refused"] = 0


@lean_kernel
def _add(total: Record, values: npt.NDArray[np.int64]) -> None:
    requests = values[s.SIG_REQUESTS]
    refused = _refused(values)
    observe(total["registers"], np.uint64(values[s.SIG_ACCOUNT]))
    total["first_seen"] = min(np.int64(total["first_seen"]), values[s.SIG_FIRST_SEEN])
    total["last_seen"] = max(np.int64(total["last_seen"]), values[s.SIG_TS])
    total["interactions"] = capped_sum(total["interactions"], requests, CEILING)
    total["prevented"] = capped_sum(total["prevented"], refused, CEILING)
    total["input_tokens"] = capped_sum(total["input_tokens"], values[s.SIG_INPUT_TOKENS], CEILING)
    total["output_tokens"] = capped_sum(total["output_tokens"], values[s.SIG_TOKENS], CEILING)
    for k in range(len(TASKS)):
        amount = requests * values[s.SIG_TASKS + k]
        total["tasks"][k] = capped_sum(total["tasks"][k], amount, CEILING)
    if values[s.SIG_MODEL_SHARE] > 0:
        _note_model(total, np.uint64(values[s.SIG_MODEL]))
    if values[s.SIG_EPOCH] > total["epoch"]:
        _begin_epoch(total, values[s.SIG_EPOCH])
    if values[s.SIG_EPOCH] == total["epoch"]:
        held = values[s.SIG_CAMPAIGN_PROBABILITY]
        total["probability"] = max(np.int64(total["probability"]), held)
        total["attempted"] = capped_sum(total["attempted"], requests, CEILING)
        total["refused"] = capped_sum(total["refused"], refused, CEILING)


@lean_kernel
def _refused(values: npt.NDArray[np.int64]) -> Int:
    """Of the period's requests: all of an account that is suspended when the period ends, for
    verdicts come at the ends of periods; of another's, as many as of the week's."""
    if values[s.SIG_STANDING] == ACTION_SUSPEND:
        return values[s.SIG_REQUESTS]
    return values[s.SIG_REQUESTS] * values[s.SIG_REFUSED] // s.WHOLE


@lean_kernel
def _note_model(total: Record, model: np.uint64) -> None:
    for k in range(MODELS):
        if total["model"][k] == model:
            return
        if total["model"][k] == np.uint64(0):
            total["model"][k] = model
            return
