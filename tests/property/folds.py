"""Partitions for the fold's property tests: the kernel's and the reference's, fed alike."""

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from app.kernels import columns as c
from app.kernels import guards as g
from app.kernels import ledger as l
from app.kernels import reasons
from app.kernels.batches import UNFRAMED
from app.kernels.decisions import DECISION
from app.kernels.fold import Partition, RequestBatch, fold_requests, look_up
from app.kernels.fold_profiles import COUNTS, fold_profiles
from app.policy.document import PolicyDocument
from app.policy.regimes import build_regimes
from app.state.layout import ACCOUNT
from app.state.store import ColumnStore
from tests.property.fold_decisions import same_decision
from tests.reference import fold as reference
from tests.reference.account_rows import PROFILE_FIELDS, differences, row_of
from tests.reference.accounts import Regime
from tests.reference.fold import Decided, Record
from tests.reference.ladder import Guards
from tests.reference.populations import ORDINARY, snapshot
from tests.reference.requests import START, columns_of

HOUR, DAY = 3_600_000, 86_400_000
LEDGER = {
    "in": l.IN,
    "folded": l.FOLDED,
    "duplicates": l.DUPLICATES,
    "dead": l.DEAD,
    "late_repeats": l.LATE_REPEATS,
    "resumed": l.RESUMED,
    "repeats_ahead": l.REPEATS_AHEAD,
}
MARKS = (
    "campaign",
    "campaign_probability",
    "hold_until",
    "operator_exempt_until",
    "detectors_off",
    "cleared",
)
REMEMBERED = 8  # fingerprints: few, so that they drive one another out

# A few requests are enough for every step; no whole number of them is a threshold, or every such
# account would be a close call.
EAGER: dict[str, Any] = {
    "evidence": {
        "prior": 0.1,
        "shrinkage_requests": 1.0,
        "elicitation": {"throttle_needs": 0.5},
        "templates": {"throttle_needs": 0.1, "suspend_needs": 0.2},
    },
    "ladder": {
        "observe": {"risk": 0.5, "requests": 1.5},
        "throttle": {"risk": 0.7, "requests": 2.5, "active_hours": 1, "idle_hours": 24}
        | {"families": 2, "release_risk": 0.4},
        "suspend": {"risk": 0.9, "requests": 4.5, "active_hours": 2, "idle_hours": 24}
        | {"families": 3, "after_throttle_hours": 1, "lapses_after_hours": 30}
        | {"released_by_detector": True, "release_after_hours": 2, "alone": True},
    },
    "exemptions": [
        {"kind": "tier", "value": "research", "expires_at": START + 20 * HOUR, "reason": "a test"}
    ],
}
TIGHT = {"actions_per_minute": 1.0, "least_per_hour": 1.0}  # for tests with five accounts
VARIANTS: list[dict[str, Any]] = [
    {},
    {"shadow": True},
    {"guards": TIGHT | {"least_per_hour": 2.0, "hold_minutes": 90.0}},
    {"guards": TIGHT | {"active_share_per_hour": 0.1, "hold_minutes": 600.0}},
    {"campaigns": {"shadow": True}, "clock": {"allowed_lateness_hours": 3.0}},
    {"campaigns": {"rollout": 0.5}, "clock": {"retention_days": 2.0}, "guards": TIGHT},
]
QUICK = ORDINARY | {"volume.requests": (1.0, 0.5), "volume.output_tokens": (5.0, 1.0)}
SLOW = ORDINARY | {"elicitation.score": (0.4, 0.2), "volume.requests": (0.5, 0.5)}


def regimes_of(first: dict[str, Any], second: dict[str, Any]) -> tuple[Any, list[Regime]]:
    """Two policies and two populations, after a time without any: for the kernel, and plain."""
    policies = [
        PolicyDocument.model_validate(EAGER | first),
        PolicyDocument.model_validate(EAGER | second | {"effective_from": START + 9 * HOUR}),
    ]
    snapshots = [
        snapshot(1, starts=START + HOUR, features=QUICK),
        snapshot(2, starts=START + 14 * HOUR, features=SLOW),
    ]
    built = build_regimes(policies, snapshots)
    plain = []
    for at in built.starts.tolist():
        policy = policies[at >= policies[1].judges_from]
        life = policy.population.usable_for_hours * HOUR
        known = [one for one in snapshots if one.starts <= at < one.starts + life]
        plain.append(Regime(at, policy, known[-1] if known else None))
    assert len(plain) >= 4
    return built, plain


def batch_of(records: Sequence[Record], values: npt.NDArray[np.int64]) -> RequestBatch:
    data = b"".join(record.key for record in records)
    frames = np.zeros((len(records), c.FRAME_WIDTH), np.int64)
    status = np.zeros(len(records), np.int32)
    at = 0
    for i, record in enumerate(records):
        length = len(record.key)
        value = (UNFRAMED, record.lost) if record.lost else (0, 1)
        frames[i] = (record.offset, record.recorded, at, length, *value)
        if record.lost:
            frames[i, c.FRAME_KEY_START], frames[i, c.FRAME_KEY_LENGTH] = -1, 0
        status[i] = reasons.NAMES.index(record.bad or "ok")
        at += length
    count = len(records)
    return RequestBatch(
        np.frombuffer(data or b"\0", np.uint8),
        frames,
        values,
        status,
        np.empty(count, np.uint64),
        np.empty(count, np.int64),
    )


class Pair:
    """One partition, folded by the kernels and by the reference, and held to be the same."""

    def __init__(self, policies: Sequence[dict[str, Any]], limit: int) -> None:
        self.regimes, plain = regimes_of(*policies)
        self.store = ColumnStore(ACCOUNT, limit=limit, seed=3)
        self.state = Partition(
            np.zeros(l.WIDTH, np.int64),
            np.zeros(g.WIDTH, np.int64),
            np.zeros(REMEMBERED, np.uint64),
        )
        self.state.ledger[l.EPOCH] = -1
        self.state.guards[g.PARTITIONS], self.state.guards[g.ACTIVE] = 4, 50
        guards = Guards(partitions=4, active=50)
        self.plain = reference.Partition(plain, limit, guards, HOUR, 6 * HOUR, REMEMBERED)
        self.decisions: list[Decided] = []
        self.fates: set[str] = set()

    def know(self, key: bytes, **marks: Any) -> None:
        """Let both know an account with what operators and campaigns said of it."""
        account = self.plain.account(key)
        slot = self.store.add(key)
        assert (account is None) == (slot is None)
        if account is None:
            return
        row = self.store.views().rows[slot]
        for name, value in marks.items():
            setattr(account, name, copy(value))
        expected = row_of(account)
        for name in MARKS:
            row[name] = expected[name]
        for name, value in expected["live"].items():
            row["live"][name] = value
        row["flags"] |= expected["flags"]

    def requests(self, records: Sequence[Record]) -> None:
        values = np.zeros((len(records), c.REQ_WIDTH), np.int64)
        for i, record in enumerate(records):
            if record.ask is not None:
                values[i] = columns_of(record.ask)
                values[i, c.REQ_EVENT_ID] = np.uint64(record.event).astype(np.int64)
        batch = batch_of(records, values)
        made = np.zeros(len(records), DECISION)
        done = 0
        while True:
            start, views = done, self.store.views()
            self.store.reserve(len(records), 8 * len(records))
            look_up(batch, views)
            done, count = fold_requests(
                batch, start, views, self.regimes, self.state, HOUR, 6 * HOUR, made
            )
            expected, decided, fates = self.plain.fold_requests(records, start)
            assert done == expected
            self._compare_fates(batch.status[start:done], fates)
            self._compare(made[:count], decided)
            if done == len(records):
                break
            epoch = int(values[done, c.REQ_TS]) // HOUR
            self.state.ledger[l.EPOCH] = self.plain.epoch = epoch
        self.check()

    def profiles(self, records: Sequence[Record]) -> None:
        values = np.zeros((len(records), c.PRO_WIDTH), np.int64)
        for i, record in enumerate(records):
            for name, value in (record.profile or {}).items():
                column = getattr(c, "PRO_" + _COLUMNS.get(name, name).upper())
                values[i, column] = np.uint64(value).astype(np.int64)
        batch = batch_of(records, values)
        tombstone = [not record.bad and record.profile is None for record in records]
        batch.status[tombstone] = reasons.NULL_VALUE
        made = np.zeros(len(records), DECISION)
        counts = np.zeros(COUNTS, np.int64)
        before = dict(self.plain.counts)
        self.store.reserve(len(records), 8 * len(records))
        look_up(batch, self.store.views())
        count = fold_profiles(
            batch, self.store.views(), self.regimes, self.state.guards, made, counts
        )
        decided, fates = self.plain.fold_profiles(records)
        names = ("applied", "stale", "profiles_dead")
        after = [self.plain.counts.get(n, 0) - before.get(n, 0) for n in names]
        assert counts.tolist() == after
        self._compare_fates(batch.status, fates)
        self._compare(made[:count], decided)
        self.check()

    def _compare_fates(self, status: npt.NDArray[np.int32], fates: list[str]) -> None:
        assert [reasons.NAMES[code] for code in status] == fates
        self.fates.update(fates)

    def _compare(self, made: npt.NDArray[Any], decided: list[Decided]) -> None:
        assert len(made) == len(decided)
        self.decisions += decided
        for decision, expected in zip(made, decided, strict=True):
            same_decision(decision, expected, self.plain.regimes)
            assert self.store.key(int(decision["slot"])) == expected.key

    def check(self) -> None:
        """Hold rows, ledger, guards and what must be written against the reference."""
        plain, views = self.plain, self.store.views()
        assert set(self.store.keys()) == set(plain.accounts)
        assert set(self.store.keys(self.store.dirty_slots())) == plain.changed
        for key, account in plain.accounts.items():
            found = differences(views.rows[self.store.get(key)], row_of(account))
            assert found == {}, (key, found)
        ledger = self.state.ledger
        assert {name: int(ledger[at]) for name, at in LEDGER.items()} == {
            name: plain.counts.get(name, 0) for name in LEDGER
        }
        assert (ledger[l.WATERMARK], ledger[l.EPOCH]) == (plain.watermark, plain.epoch)
        guards = plain.guards
        assert self.state.guards.tolist() == [
            guards.minute,
            guards.minute_actions,
            guards.hour,
            guards.hour_actions,
            guards.tripped_until,
            guards.trips,
            guards.diverted,
            50,
            4,
        ]

    # What is durable.

    def checkpoint(self) -> tuple[Any, ...]:
        """A header that counts everything so far, when all rows have been written with it."""
        self.plain.changed.clear()
        self.store.take_dirty(self.store.dirty)
        self._take_repeats()
        plain = self.plain
        return self.state.ledger.copy(), dict(plain.counts), plain.watermark, plain.epoch

    def restart(self, header: tuple[Any, ...]) -> None:
        """Go back to ``header``, with the rows as they are: all of them ran ahead of it."""
        plain = self.plain
        self.state.ledger[:] = header[0]
        plain.counts, plain.watermark, plain.epoch = dict(header[1]), header[2], header[3]
        ahead = self._take_repeats()
        plain.counts["repeats_ahead"] = plain.counts.get("repeats_ahead", 0) + ahead
        self.state.ledger[l.REPEATS_AHEAD] += ahead

    def _take_repeats(self) -> int:
        """The repeats that rows tell of; from now on they tell of none."""
        taken = 0
        for key, account in self.plain.accounts.items():
            taken += account.duplicates_ahead
            account.duplicates_ahead = 0
            self.store.views().rows[self.store.get(key)]["duplicates_ahead"] = 0
        return taken


_COLUMNS = {
    "org": "org_id",
    **{name: f"{name}_hash" for name in ("payment", "email_domain", "device", "referral")},
}
assert all(hasattr(c, "PRO_" + _COLUMNS.get(name, name).upper()) for name in PROFILE_FIELDS)
