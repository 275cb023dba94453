"""Which policy and which population judge from when: the arrays that kernels choose from."""

import math
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from app.detection.features import FEATURES
from app.detection.population import Snapshot
from app.kernels.regimes import COLD, QUANTILES, Regimes
from app.kernels.watches import NO_WATCHES, Watches
from app.policy.document import MAX_EXEMPTIONS, PolicyDocument
from app.policy.exemptions import kind_of, value_of
from app.policy.parameters import HOUR_MS, compile_parameters
from app.state.layout import TASKS

MAX_REGIMES = 1_024
"""Regimes kept at most, the newest.

With hourly snapshots they reach back six weeks, beyond the allowed lateness and any lag that a
partition is likely to have; they take 6 MB.
"""

_ALWAYS = int(np.iinfo(np.int64).min)


def build_regimes(
    policies: Sequence[PolicyDocument],
    snapshots: Sequence[Snapshot],
    watches: Watches = NO_WATCHES,
) -> Regimes:
    """The regimes of ``policies`` (at least one) and ``snapshots``, each in the order published.

    A policy judges from its ``judges_from`` until another's; of two that start together the later
    one holds, and the first to start also judges what came before it. A snapshot judges from its
    ``starts`` if the policy then in force finds it large enough, until a newer one does or it is
    too old. Without any the regime is cold: it detects nothing. ``watches`` have their own times.

    Raises ValueError when there is no policy.
    """
    if not policies:
        raise ValueError("no policy to judge by")
    order = sorted(range(len(policies)), key=lambda i: policies[i].judges_from)
    froms = [policies[i].judges_from for i in order]
    known = sorted(snapshots, key=lambda snapshot: snapshot.starts)
    chosen: list[tuple[int, int, Snapshot | None]] = []
    for at in _boundaries(policies, known):
        policy = order[max(bisect_right(froms, at) - 1, 0)]
        snapshot = _judging(known, at, policies[policy])
        if not chosen or (policy, snapshot) != chosen[-1][1:]:
            chosen.append((at, policy, snapshot))
    return _arrays(policies, chosen[-MAX_REGIMES:])._replace(watches=watches)


def _boundaries(policies: Sequence[PolicyDocument], snapshots: Sequence[Snapshot]) -> list[int]:
    """Every event time at which the policy or the snapshot in force may change."""
    lives = {_usable_ms(policy) for policy in policies}
    times = {_ALWAYS}
    times.update(policy.judges_from for policy in policies)
    times.update(snapshot.starts for snapshot in snapshots)
    times.update(snapshot.starts + life for snapshot in snapshots for life in lives)
    return sorted(times)


def _usable_ms(policy: PolicyDocument) -> int:
    return int(policy.population.usable_for_hours * HOUR_MS)


def _judging(snapshots: Sequence[Snapshot], at: int, policy: PolicyDocument) -> Snapshot | None:
    """The newest snapshot that may judge at ``at`` under ``policy``."""
    newest = bisect_right(snapshots, at, key=lambda snapshot: snapshot.starts)
    for snapshot in reversed(snapshots[:newest]):
        if at - snapshot.starts >= _usable_ms(policy):
            return None
        if snapshot.accounts >= policy.population.minimum_accounts:
            return snapshot
    return None


def _arrays(
    policies: Sequence[PolicyDocument], chosen: Sequence[tuple[int, int, Snapshot | None]]
) -> Regimes:
    count = len(chosen)
    compiled = [compile_parameters(policy) for policy in policies]
    shape = (count, len(FEATURES))
    regimes = Regimes(
        starts=np.array([at for at, _, _ in chosen], np.int64),
        parameters=np.array([compiled[policy] for _, policy, _ in chosen]),
        quantiles=np.full((*shape, QUANTILES), math.nan),
        location=np.full(shape, math.nan),
        scale=np.ones(shape),
        mix=np.full((count, len(TASKS)), 1.0 / len(TASKS)),
        snapshot=np.full(count, COLD, np.int64),
        policy=np.array([policy for _, policy, _ in chosen], np.int32),
        exempt_kind=np.zeros((count, MAX_EXEMPTIONS), np.int32),
        exempt_value=np.zeros((count, MAX_EXEMPTIONS), np.uint64),
        exempt_until=np.zeros((count, MAX_EXEMPTIONS), np.int64),
    )
    regimes.starts[0] = _ALWAYS
    for r, (_, policy, snapshot) in enumerate(chosen):
        for i, exemption in enumerate(policies[policy].exemptions):
            regimes.exempt_kind[r, i] = kind_of(exemption)
            regimes.exempt_value[r, i] = value_of(exemption)
            regimes.exempt_until[r, i] = exemption.expires_at
        if snapshot is not None:
            regimes.quantiles[r] = snapshot.quantiles
            regimes.location[r] = snapshot.location
            regimes.scale[r] = snapshot.scale
            regimes.mix[r] = snapshot.mix
            regimes.snapshot[r] = snapshot.number
    return regimes
