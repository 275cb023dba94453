"""How high the detector scored honest and fraudulent accounts, and the groups they form."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.detection.assess import assess
from app.detection.error_control import log_mean_exp
from app.kernels import views as v
from app.kernels.spec import string_hash
from app.policy.document import PolicyDocument
from app.policy.groups import group_policy
from app.replay.engine import Replay
from app.simulation.population import Labels
from app.state.link_layout import CAMPAIGN, LINK_KINDS
from app.state.store import ColumnStore

Floats = npt.NDArray[np.float64]

LEAST_MEMBERS = 3
NEVER = -100.0
"""The logarithm of a likelihood ratio of 0, as far as a mean can tell."""
EDGES = np.linspace(-8.0, 8.0, 65)
"""Of log-odds, nats: beyond e^8 one is as sure as one needs to be."""
GROUP_EDGES = np.linspace(-4.0, 26.0, 61)
"""Of the nats that speak against a group."""


class Scores:
    """The highest scores so far; ``sample`` is called now and then while the replay runs.

    Of accounts: the risk at which the live ladder judged them. Of links: the evidence that all
    families bring against their members together.
    """

    def __init__(self, replay: Replay, policy: PolicyDocument) -> None:
        self._replay = replay
        self._groups = group_policy(policy.groups, policy.campaigns)
        self._risk: list[_Highest] = [_Highest() for _ in replay.accounts]
        self._links: list[_Highest] = [_Highest() for _ in replay.links.partitions]
        self._ratios: list[_Highest] = [_Highest() for _ in replay.links.partitions]
        self._members: dict[tuple[int, int], npt.NDArray[np.uint64]] = {}

    def sample(self) -> None:
        """Take note of the scores as they are now."""
        for highest, accounts in zip(self._risk, self._replay.accounts, strict=True):
            rows = _used(accounts.store)
            slots = np.flatnonzero(rows["id_length"] > 0)
            highest.note(slots, rows["hash"][slots], rows["live"]["risk"][slots])
        for number, links in enumerate(self._replay.links.partitions):
            rows = _used(links.store)
            taken = (rows["member_epochs"] != 0).sum(axis=1) >= LEAST_MEMBERS
            slots = np.flatnonzero((rows["id_length"] > 0) & (rows["kind"] != CAMPAIGN) & taken)
            groups = rows[slots]
            found = assess(groups, np.zeros(slots.size, np.uint64), 0, self._groups)
            tested = ~np.isnan(found.ratio)
            self._ratios[number].note(
                slots[tested], groups["hash"][tested], np.maximum(found.ratio[tested], NEVER)
            )
            risen = self._links[number].note(slots, groups["hash"], found.nats)
            for place in np.flatnonzero(risen).tolist():
                kept = groups["member"][place][groups["member_epochs"][place] != 0]
                self._members[number, int(slots[place])] = kept

    def accounts(self, index: dict[str, int]) -> Floats:
        """The highest risk of each account by its number in ``index``; NaN: never judged, as one
        that has too few requests for any step of the ladder."""
        risks = np.full(len(index), np.nan)
        for highest, accounts in zip(self._risk, self._replay.accounts, strict=True):
            used = accounts.store.views().rows["id_length"] > 0
            for slot, risk in highest.current():
                if not used[slot]:  # idle for so long that it was let go
                    continue
                account = accounts.store.key(slot).decode()
                risks[index[account]] = risk or np.nan
        return risks

    def groups(self, labels: Labels) -> list[dict[str, Any]]:
        """Links: ``kind``, highest ``nats``, ``fraudulent``, the share of its sampled members then,
        and the highest ``ratio`` that was tested, None for a link that never was."""
        hashed = np.array([string_hash(name) for name in labels.account_ids], np.int64)
        bad = np.sort(hashed.view(np.uint64)[labels.fraudulent])
        found = []
        for number, links in enumerate(self._replay.links.partitions):
            kinds = _used(links.store)["kind"]
            ratios = dict(self._ratios[number].current())
            for slot, nats in self._links[number].current():
                members = self._members[number, slot]
                place = np.minimum(np.searchsorted(bad, members), max(bad.size - 1, 0))
                share = float((bad[place] == members).mean()) if bad.size else 0.0
                kind = LINK_KINDS[int(kinds[slot])]
                group = {"kind": kind, "nats": float(nats), "fraudulent": share}
                found.append(group | {"ratio": ratios.get(slot)})
        return found


def histograms(
    risks: Floats, labels: Labels, groups: list[dict[str, Any]], policy: PolicyDocument
) -> dict[str, Any]:
    """Score distributions with the thresholds, ready for JSON: log-odds of accounts, nats of
    groups (a group is the campaign's if half of its members are)."""
    known = ~np.isnan(risks)
    risk = np.clip(risks, 1e-9, 1.0 - 1e-9)
    odds = np.clip(np.log(risk) - np.log1p(-risk), EDGES[0], EDGES[-1])
    nats = np.array([group["nats"] for group in groups], np.float64)
    campaign = np.array([group["fraudulent"] >= 0.5 for group in groups], np.bool_)
    nats = np.clip(nats, GROUP_EDGES[0], GROUP_EDGES[-1])
    rules = group_policy(policy.groups, policy.campaigns)
    steps = ("observe", "throttle", "suspend")
    limits = {
        "throttle": policy.campaigns.throttle_probability,
        "suspend": policy.campaigns.suspend_probability,
    }
    return {
        "accounts": {
            "edges": EDGES.tolist(),
            "benign": _histogram(odds[known & ~labels.fraudulent], EDGES),
            "fraudulent": _histogram(odds[known & labels.fraudulent], EDGES),
            "thresholds": {
                step: _log_odds(float(getattr(policy.ladder, step).risk)) for step in steps
            },
        },
        "groups": {
            "edges": GROUP_EDGES.tolist(),
            "benign": _histogram(nats[~campaign], GROUP_EDGES),
            "fraudulent": _histogram(nats[campaign], GROUP_EDGES),
            "thresholds": {
                step: _log_odds(limit) - rules.prior_log_odds for step, limit in limits.items()
            },
        },
    }


def by_kind(groups: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of the links of each kind, honest ones and the campaign's: how many, and what speaks against
    them, nats: median, 99th percentile and most; and of those that were tested, how many, and the
    logarithm of the mean of their highest likelihood ratios, which for honest ones is what
    ``groups.null_nats`` of the policy stands for."""
    found: dict[str, dict[str, Any]] = {}
    for kind in sorted({group["kind"] for group in groups}):
        for name, evil in (("honest", False), ("campaign", True)):
            those = [
                group
                for group in groups
                if group["kind"] == kind and (group["fraudulent"] >= 0.5) is evil
            ]
            mine = [group["nats"] for group in those]
            tested = [group["ratio"] for group in those if group["ratio"] is not None]
            if mine:
                levels = np.round(np.quantile(mine, [0.5, 0.99, 1.0]), 2).tolist()
                names = ("p50", "p99", "max")
                found.setdefault(kind, {})[name] = {
                    "links": len(mine),
                    "tested": len(tested),
                    "log_mean_ratio": round(log_mean_exp(np.array(tested)), 2) if tested else None,
                    **dict(zip(names, levels, strict=True)),
                }
    return found


class _Highest:
    """The highest score of each slot of a store, forgotten when another key takes the slot."""

    def __init__(self) -> None:
        self._hash = np.zeros(0, np.uint64)
        self._score = np.zeros(0)

    def note(
        self, slots: npt.NDArray[np.intp], hashes: npt.NDArray[np.uint64], scores: Floats
    ) -> npt.NDArray[np.bool_]:
        """Note ``scores`` of ``slots``; which of them have risen."""
        size = int(slots.max(initial=-1)) + 1
        if size > self._hash.size:
            more = 2 * size - self._hash.size
            self._hash = np.concatenate([self._hash, np.zeros(more, np.uint64)])
            self._score = np.concatenate([self._score, np.full(more, -np.inf)])
        other = self._hash[slots] != hashes
        self._score[slots[other]] = -np.inf
        self._hash[slots] = hashes
        risen: npt.NDArray[np.bool_] = scores > self._score[slots]
        self._score[slots[risen]] = scores[risen]
        return risen

    def current(self) -> list[tuple[int, float]]:
        """Slots and their scores."""
        slots = np.flatnonzero(np.isfinite(self._score))
        return list(zip(slots.tolist(), self._score[slots].tolist(), strict=True))


def _used(store: ColumnStore) -> npt.NDArray[Any]:
    views = store.views()
    rows: npt.NDArray[Any] = views.rows[: int(views.counts[v.ROWS_USED])]
    return rows


def _histogram(values: Floats, edges: Floats) -> list[int]:
    counts: list[int] = np.histogram(values, edges)[0].tolist()
    return counts


def _log_odds(probability: float) -> float:
    return float(np.log(probability) - np.log1p(-probability))
