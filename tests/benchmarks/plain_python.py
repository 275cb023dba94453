"""What the kernels replace, in plain Python as one would write it: dicts, lists and floats.

aiokafka's C parser takes the batches apart, orjson decodes, and the fold keeps the same windows,
prompt families, heavy hitters, hours, gaps and repeats per account, extracts the same features and
weighs them against the same population. It is written for speed as far as plain Python goes:
attributes in slots, no copies, no NumPy scalars. Only validation is missing, which flatters it.
"""

import math

import orjson
from aiokafka.record.memory_records import MemoryRecords

from app.kernels.features import FAMILY_OF
from app.policy.document import PolicyDocument
from app.policy.regimes import build_regimes
from app.state.layout import HORIZONS_MS, TASKS
from tests.benchmarks import snapshots

TICK_MS = 10_000
HOUR_MS = 3_600_000
TASK_INDEX = {task: i for i, task in enumerate(TASKS)}
OTHER = TASK_INDEX["other"]
JOIN_BITS = 12
HOURS_MASK = (1 << 168) - 1


class Account:
    """Everything remembered of an account."""

    __slots__ = (
        "clients", "elicitation", "elicited", "events", "families", "first_ts", "gap_m2",
        "gap_mean", "gap_weight", "hours", "hours_at", "input_tokens", "last_ts", "models",
        "networks", "novel", "opening", "output_tokens", "programs", "proxy", "reasoning_tokens",
        "recaptured", "recent", "refused", "requests", "tasks",
    )  # fmt: skip

    def __init__(self, ts: int) -> None:
        self.first_ts = self.last_ts = ts
        self.events = 0
        self.requests = [0.0, 0.0, 0.0]
        self.input_tokens = [0.0, 0.0, 0.0]
        self.output_tokens = [0.0, 0.0, 0.0]
        self.reasoning_tokens = [0.0, 0.0, 0.0]
        self.elicitation = [0.0, 0.0, 0.0]
        self.refused = self.opening = self.proxy = self.novel = 0.0
        self.recaptured = 0.0
        self.tasks = [0.0] * len(TASKS)
        self.gap_weight = self.gap_mean = self.gap_m2 = 0.0
        self.hours = 0
        self.hours_at = ts // HOUR_MS
        self.families: dict[int, float] = {}
        self.programs: dict[str, float] = {}
        self.elicited: dict[str, float] = {}
        self.networks: dict[str, float] = {}
        self.clients: dict[str, float] = {}
        self.models: dict[str, float] = {}
        self.recent: dict[str, int] = {}


class Fold:
    """Accounts by id, and what judges them."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        regimes = build_regimes((PolicyDocument(),), snapshots.some())
        last = regimes.starts.size - 1
        self._mix = regimes.mix[last].tolist()
        self._location = regimes.location[last].tolist()
        self._scale = regimes.scale[last].tolist()
        self.high = 0

    def fold(self, chunk: tuple[bytes, int, int]) -> None:
        """Decode and fold the record batches of a chunk."""
        records = MemoryRecords(chunk[0])
        while records.has_next():
            batch = records.next_batch()
            if not batch.validate_crc():
                raise ValueError("corrupt batch")
            for record in batch:
                self._request(orjson.loads(record.value))

    def _request(self, request: dict) -> None:
        ts = request["ts"]
        account = self.accounts.get(request["account_id"])
        if account is None:
            account = self.accounts[request["account_id"]] = Account(ts)
        if request["event_id"] in account.recent:
            return
        account.recent[request["event_id"]] = ts
        if len(account.recent) > 32:
            del account.recent[next(iter(account.recent))]
        self._hours(account, ts)
        if account.events:
            self._gap(account, ts)
            self._decay(account, ts)
        account.last_ts = ts
        account.events += 1
        output, reasoning = request["output_tokens"], request["reasoning_tokens"]
        for h in range(3):
            account.requests[h] += 1.0
            account.input_tokens[h] += request["input_tokens"]
            account.output_tokens[h] += output
            account.reasoning_tokens[h] += reasoning
            account.elicitation[h] += request["elicitation"]
        if request["status"] in (403, 429):
            account.refused += 1.0
        if request["turn"] <= 1:
            account.opening += 1.0
            self._family(account, int(request["prompt_simhash"], 16))
        account.proxy += request["proxy"]
        account.tasks[TASK_INDEX.get(request["task"], OTHER)] += 1.0
        _heavy(account.programs, request["template_hash"], 3)
        _heavy(account.elicited, request["template_hash"], 3, request["elicitation"])
        _heavy(account.networks, request["net_hash"], 3)
        _heavy(account.clients, request["client_hash"], 2)
        _heavy(account.models, request["model"], 2)
        if self._risk(account) > 0.5:
            self.high += 1

    def _hours(self, account: Account, ts: int) -> None:
        hour = ts // HOUR_MS
        if hour > account.hours_at:
            account.hours = (account.hours << (hour - account.hours_at)) & HOURS_MASK
            account.hours_at = hour
        account.hours |= 1 << max(account.hours_at - hour, 0)

    def _gap(self, account: Account, ts: int) -> None:
        kept = math.exp(-max(ts - account.last_ts, 0) / HORIZONS_MS[2])
        weight = account.gap_weight * kept + 1.0
        value = math.log(1.0 + max(ts - account.last_ts, 0))
        distance = value - account.gap_mean
        account.gap_mean += distance / weight
        account.gap_m2 = account.gap_m2 * kept + distance * (value - account.gap_mean)
        account.gap_weight = weight

    def _decay(self, account: Account, ts: int) -> None:
        ticks = ts // TICK_MS - account.last_ts // TICK_MS
        if ticks <= 0:
            return
        factors = [math.exp(-ticks * TICK_MS / horizon) for horizon in HORIZONS_MS]
        for window in (
            account.requests,
            account.input_tokens,
            account.output_tokens,
            account.reasoning_tokens,
            account.elicitation,
        ):
            for h in range(3):
                window[h] *= factors[h]
        week = factors[2]
        account.refused *= week
        account.opening *= week
        account.proxy *= week
        account.novel *= week
        account.tasks = [weight * week for weight in account.tasks]
        for kept in (
            account.families,
            account.programs,
            account.elicited,
            account.networks,
            account.clients,
            account.models,
        ):
            for key in kept:
                kept[key] *= week

    def _family(self, account: Account, simhash: int) -> None:
        nearest, distance = None, JOIN_BITS + 1
        for mark in account.families:
            bits = (mark ^ simhash).bit_count()
            if bits < distance:
                nearest, distance = mark, bits
        if nearest is None:
            _heavy(account.families, simhash, 5)
            return
        account.families[nearest] += 1.0
        if distance == 0:
            account.recaptured += 0.25 * (1.0 - account.recaptured)
        else:
            account.novel += 1.0

    def _features(self, account: Account) -> list[float]:
        requests = account.requests[2]
        total = sum(account.tasks)
        divergence = 0.0
        for k in range(6):
            if account.tasks[k] > 0.0:
                share = account.tasks[k] / total
                divergence += share * math.log(share / max(self._mix[k], 0.005))
        age = account.last_ts - account.first_ts
        steadiness = surge = fresh = math.nan
        if account.gap_weight > 1.0 and age > 0:
            span = HORIZONS_MS[2] * (1.0 - math.exp(-age / HORIZONS_MS[2]))
            steadiness = account.gap_mean - math.log(1.0 + span / requests)
        if age >= 3 * 86_400_000:
            day = account.requests[1] / (1.0 - math.exp(-age / HORIZONS_MS[1]))
            week = requests / (1.0 - math.exp(-age / HORIZONS_MS[2])) / 7.0
            surge = math.log((1.0 + day) / (1.0 + week))
        if account.opening > 0.0:
            fresh = (1.0 - account.recaptured) * account.novel / account.opening
        return [
            math.log(1.0 + account.requests[1]),
            math.log(1.0 + account.output_tokens[1] + account.reasoning_tokens[1]),
            divergence,
            account.elicitation[2] / requests,
            fresh,
            (account.hours & 0xFFFFFF).bit_count(),
            steadiness,
            surge,
            account.opening / requests,
            max(1.0 - max(account.networks.values()) / requests, 0.0),
            account.proxy / requests,
        ]

    def _risk(self, account: Account) -> float:
        requests = account.requests[2]
        evidence = [0.0] * 6
        for f, value in enumerate(self._features(account)):
            if value != value or self._location[f] != self._location[f]:
                continue
            trust = 1.0 if FAMILY_OF[f] == 0 else requests / (requests + 20.0)
            deviation = trust * (value - self._location[f]) / self._scale[f]
            worth = 2.0 * min(max((deviation - 1.0) / 2.0, 0.0), 1.0)
            if worth > evidence[FAMILY_OF[f]]:
                evidence[FAMILY_OF[f]] = worth
        return 1.0 / (1.0 + math.exp(6.9 - sum(evidence)))


def _heavy(kept: dict, key: object, most: int, weight: float = 1.0) -> None:
    """SpaceSaving over decayed weights."""
    if key in kept:
        kept[key] += weight
    elif len(kept) < most:
        kept[key] = weight
    else:
        lightest = min(kept, key=kept.__getitem__)
        kept[key] = kept.pop(lightest) + weight
