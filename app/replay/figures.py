"""The figures a detector is judged by, from what became of every account.

A rate comes with the accounts behind it and its 95 % interval: Clopper and Pearson's where accounts
are counted one by one ("The use of confidence or fiducial limits", Biometrika 1934), and one by
bootstrap over whole groups (Field and Welsh, "Bootstrapping clustered data", JRSS B 2007), because
members of one class or one product share their fate.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NEVER = np.iinfo(np.int64).max
"""A time that has not come."""

LEAST_SUSPENDED = 2
"""Members of a group that must be suspended, besides half of it, before the group counts."""


class Outcome(NamedTuple):
    """What became of each account that existed, one element each.

    ``fraudulent`` bool[n]; ``archetype`` what it was, as text; ``group`` int64[n], the same for
    accounts that belong together and different for all others. ``acted`` and ``suspended`` int64[n]
    event time (ms) of the first live throttle or suspension and of the first suspension, ``NEVER``;
    ``throttled`` bool[n], ever throttled live; ``by_campaign`` bool[n], suspended as a member of a
    campaign. ``attempted`` and ``refused`` int64[n], attack requests it made or was kept from
    making, and those that enforcement refused or kept it from; ``before`` int64[n], attack requests
    served before its first suspension, or in all. ``replacement`` bool[n], whether it took a
    suspended account's place. ``begun`` event time (ms) of the first attack.
    """

    fraudulent: Bools
    archetype: list[str]
    group: IntArray
    acted: IntArray
    suspended: IntArray
    throttled: Bools
    by_campaign: Bools
    attempted: IntArray
    refused: IntArray
    before: IntArray
    replacement: Bools
    begun: int


def figures(outcome: Outcome) -> dict[str, Any]:
    """The figures by name, ready for JSON; None where nothing can be said."""
    bad = outcome.fraudulent
    suspended = outcome.suspended != NEVER
    attempted, refused = int(outcome.attempted[bad].sum()), int(outcome.refused[bad].sum())
    extracted = attempted - refused
    burned = int(suspended[bad].sum())
    before = outcome.before[bad & suspended]
    result: dict[str, Any] = {
        "fraudulent_accounts": int(bad.sum()),
        "benign_accounts": int((~bad).sum()),
        "attempted": attempted,
        "refused": refused,
        "recall_accounts": _share(burned, int(bad.sum())),
        "recall_accounts_interval": clopper_pearson(burned, int(bad.sum())),
        "recall_by_campaign": _share(int(outcome.by_campaign[bad].sum()), int(bad.sum())),
        "prevented": _share(refused, attempted),
        "time_to_first_action_s": _since(outcome, 0.0),
        "time_to_half_accounts_s": _since(outcome, 0.5),
        "interactions_before_suspension_p50": _quantile(before, 0.5),
        "interactions_before_suspension_p90": _quantile(before, 0.9),
        "interactions_before_suspension_max": _quantile(before, 1.0),
        "attacker_cost": 1000.0 * burned / extracted if extracted else None,
        "precision_suspend": _share(burned, int(suspended.sum())),
    }
    result |= _replacements(outcome)
    for name, hit in (("suspend", suspended), ("throttle", outcome.throttled)):
        result |= _false_positives(name, hit, outcome)
    result["accounts_per_archetype"] = _per_archetype(np.ones_like(bad), outcome)
    result["suspended_per_hard_negative"] = _per_archetype(suspended, outcome)
    result["throttled_per_hard_negative"] = _per_archetype(outcome.throttled, outcome)
    result["suspended_by_campaign_per_hard_negative"] = _per_archetype(outcome.by_campaign, outcome)
    result |= _groups(suspended, outcome)
    return result


def clopper_pearson(hits: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a proportion. Raises ValueError for more hits than trials."""
    from scipy.special import betaincinv  # an extra: whoever runs a worker does not need it

    if not 0 <= hits <= of:
        raise ValueError(f"{hits} hits in {of} trials")
    tail = (1.0 - level) / 2.0
    low = betaincinv(hits, of - hits + 1, tail) if hits > 0 else 0.0
    high = betaincinv(hits + 1, of - hits, 1.0 - tail) if hits < of else 1.0
    return float(low), float(high)


def tally_clusters(hits: Bools, clusters: IntArray) -> IntArray:
    """int64[k, 3]: size of a cluster, hits in it, and how many such clusters there are.

    ``clusters`` int64[n] names each one's cluster. Tallies of several worlds, one below the other,
    are the tally of all of them.
    """
    _, which = np.unique(clusters, return_inverse=True)
    sizes = np.bincount(which)
    sums = np.bincount(which, weights=hits).astype(np.int64)
    kinds, count = np.unique(np.stack([sizes, sums], axis=1), axis=0, return_counts=True)
    return np.column_stack([kinds, count]).astype(np.int64)


def cluster_bootstrap(
    tally: IntArray, *, seed: int = 1, rounds: int = 2_000, level: float = 0.95
) -> tuple[float, float]:
    """Percentile interval of the rate of hits when whole clusters are drawn anew.

    ``tally`` is of ``tally_clusters``. With no hit anywhere the upper end is 0, which says nothing:
    report the exact interval over clusters then.
    """
    sizes, sums, count = tally.reshape(-1, 3).T.astype(np.float64)
    if not count.sum():
        return 0.0, 1.0
    # Clusters of one without a hit are alike, and most are: how many are drawn is binomial.
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(int(count.sum()), count / count.sum(), rounds)
    means = drawn @ sums / (drawn @ sizes)
    low, high = np.quantile(means, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)


def _replacements(outcome: Outcome) -> dict[str, Any]:
    """How long those last that take a suspended account's place. Who was not suspended counts with
    everything it extracted: the median is a lower bound if that is most of them."""
    chosen = outcome.fraudulent & outcome.replacement
    return {
        "replacements": int(chosen.sum()),
        "replacements_suspended": int((chosen & (outcome.suspended != NEVER)).sum()),
        "replacement_interactions_p50": _quantile(outcome.before[chosen], 0.5),
    }


def _false_positives(name: str, hit: Bools, outcome: Outcome) -> dict[str, Any]:
    good = ~outcome.fraudulent
    count, of = int(hit[good].sum()), int(good.sum())
    tally = tally_clusters(hit[good], outcome.group[good])
    return {
        f"fpr_{name}": _share(count, of),
        f"fpr_{name}_accounts": count,
        f"fpr_{name}_interval": clopper_pearson(count, of),
        f"fpr_{name}_cluster_interval": cluster_bootstrap(tally),
        f"fpr_{name}_clusters": tally.tolist(),
    }


def _groups(suspended: Bools, outcome: Outcome) -> dict[str, Any]:
    """Of honest groups of two accounts or more, by archetype: how many there are, in how many
    anybody was suspended, and in how many half of the members, and two of them at least, were."""
    good = np.flatnonzero(~outcome.fraudulent)
    _, first, which, sizes = np.unique(
        outcome.group[good], return_index=True, return_inverse=True, return_counts=True
    )
    hits = np.bincount(which, weights=suspended[good].astype(np.float64), minlength=sizes.size)
    lost = hits >= np.maximum(0.5 * sizes, LEAST_SUSPENDED)
    archetypes = np.array(outcome.archetype, dtype=str)[good[first]]
    per: dict[str, dict[str, int]] = {}
    for name in np.unique(archetypes[sizes > 1]).tolist():
        mine = (archetypes == name) & (sizes > 1)
        per[name] = {
            "groups": int(mine.sum()),
            "touched": int((hits[mine] > 0).sum()),
            "suspended": int(lost[mine].sum()),
        }
    total = sum(kind["groups"] for kind in per.values())
    gone = sum(kind["suspended"] for kind in per.values())
    return {
        "groups": per,
        "groups_total": total,
        "groups_suspended": gone,
        "groups_suspended_interval": clopper_pearson(gone, total),
    }


def _per_archetype(hit: Bools, outcome: Outcome) -> dict[str, int]:
    good = ~outcome.fraudulent
    archetypes = np.array(outcome.archetype, dtype=str)
    names = np.unique(archetypes[good]).tolist()
    return {name: int(hit[good & (archetypes == name)].sum()) for name in names}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _quantile(values: IntArray, q: float) -> float | None:
    return float(np.quantile(values, q)) if values.size else None


def _since(outcome: Outcome, share: float) -> float | None:
    """Seconds from the first attack until more than none, and at least ``share``, of the accounts
    that the campaign began with were acted on."""
    times = np.sort(outcome.acted[outcome.fraudulent & ~outcome.replacement])
    place = max(math.ceil(share * times.size), 1) - 1
    if place >= times.size or times[place] == NEVER:
        return None
    return max(float(times[place] - outcome.begun), 0.0) / 1000.0
