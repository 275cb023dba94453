"""What one account's own records say about it, summed up while the requests pass."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.simulation.arrivals import DAY_MS
from app.simulation.population import Population
from app.simulation.rows import NEVER, NULL, FloatArray, IntArray, Rows
from app.simulation.world import ACCESS_ASNS, FIRST_ASN, LANGUAGES, MODELS, SURFACES
from app.state.layout import TASKS, TIERS, VERIFICATIONS

MEANS = (
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "latency_ms",
    "elicitation",
    "task_confidence",
    "tools",
    "turn",
    "proxy",
)
COUNTED = (("task", TASKS), ("model", MODELS), ("surface", SURFACES), ("language", LANGUAGES))
MOVING = {
    "net": "net_hash",
    "ip": "ip_hash",
    "client": "client_hash",
    "template": "template_hash",
    "model": "model",
    "task": "task",
}
NEAR_BITS = 10

Column = npt.NDArray[Any]


class Summaries:
    """Sums per account of one population; memory does not grow with the requests."""

    def __init__(self, population: Population) -> None:
        self._population = population
        self._accounts = len(population.accounts)
        self._sums: dict[str, FloatArray] = {}
        self._last: dict[str, Column] = {}
        self.requests = np.zeros(self._accounts, np.int64)

    def take(self, rows: Rows) -> None:
        """Take in requests, ``REQUEST`` rows in order of arrival."""
        account = rows["account"]
        self.requests += np.bincount(account, minlength=self._accounts)
        for name in MEANS:
            # Log scale, so that a mean is not its largest value.
            value = rows[name].astype(np.float64)
            self._add(name, account, np.log1p(value))
        known = ~np.isnan(rows["temperature"])
        self._add("temperature.given", account, known.astype(np.float64))
        self._add("temperature", account, np.where(known, rows["temperature"], 0.0))
        self._add("failed", account, (rows["status"] != 200).astype(np.float64))
        hosted = rows["asn"] >= FIRST_ASN + ACCESS_ASNS
        self._add("hosted", account, hosted.astype(np.float64))
        for name, labels in COUNTED:
            for index, label in enumerate(labels):
                self._add(f"{name}.{label}", account, (rows[name] == index).astype(np.float64))
        hour = rows["ts"] / DAY_MS * 2.0 * np.pi
        self._add("hours.cos", account, np.cos(hour))
        self._add("hours.sin", account, np.sin(hour))
        weekday = (rows["ts"] // DAY_MS + 3) % 7
        self._add("hours.weekend", account, (weekday >= 5).astype(np.float64))
        self._compare(rows)

    @property
    def outside_console(self) -> FloatArray:
        """Share of each account's requests that did not come through the console."""
        console = self._sums.get("surface.console", np.zeros(self._accounts))
        share: FloatArray = 1.0 - console / np.maximum(self.requests, 1)
        return share

    def table(self) -> tuple[list[str], FloatArray]:
        """Names of the features, and ``float64[accounts, features]``."""
        count = np.maximum(self.requests, 1)
        pairs = np.maximum(self.requests - 1, 1)
        features: dict[str, FloatArray] = {"volume": np.log1p(self.requests.astype(np.float64))}
        for name, total in self._sums.items():
            features[name] = np.divide(total, pairs if name.endswith(PAIRED) else count)
        features["temperature"] = features["temperature"] / np.maximum(
            features["temperature.given"], 1e-9
        )
        spread = features.pop("gap.squared") - np.square(features["gap.mean"])
        features["gap.spread"] = np.sqrt(np.maximum(spread, 0.0))
        # How far activity keeps to some hours, whichever they are.
        features["hours.kept"] = np.hypot(features["hours.cos"], features["hours.sin"])
        features |= self._profile()
        return list(features), np.stack(list(features.values()), axis=1)

    def _add(self, name: str, account: IntArray, values: FloatArray) -> None:
        sums: FloatArray = np.bincount(account, values, self._accounts).astype(np.float64)
        if name in self._sums:
            self._sums[name] += sums
        else:
            self._sums[name] = sums

    def _compare(self, rows: Rows) -> None:
        """Each request with the one before it of the same account."""
        order = np.argsort(rows["account"], kind="stable")
        account = rows["account"][order]
        first = np.ones(account.size, np.bool_)
        first[1:] = account[1:] != account[:-1]
        follows = ~first | self._seen("ts", np.int64)[account].astype(np.bool_)
        pairs = account[follows]
        for name, column in MOVING.items():
            now, before = self._neighbours(rows[column][order], column, account, first)
            self._add(f"{name}.moves", pairs, (now != before)[follows].astype(np.float64))
        now, before = self._neighbours(rows["prompt_simhash"][order], "prompt", account, first)
        distance = np.bitwise_count(now ^ before)[follows]
        self._add("prompt.near", pairs, (distance <= NEAR_BITS).astype(np.float64))
        self._add("prompt.same", pairs, (distance == 0).astype(np.float64))
        now, before = self._neighbours(rows["ts"][order], "ts", account, first)
        gap = np.log1p(np.maximum(now - before, 0)[follows])
        self._add("gap.mean", pairs, gap)
        self._add("gap.squared", pairs, np.square(gap))

    def _neighbours(
        self, now: Column, name: str, account: IntArray, first: npt.NDArray[np.bool_]
    ) -> tuple[Column, Column]:
        last = self._seen(name, now.dtype)
        before = np.empty_like(now)
        before[1:] = now[:-1]
        before[first] = last[account[first]]
        last[account] = now
        return now, before

    def _seen(self, name: str, kind: npt.DTypeLike) -> Column:
        return self._last.setdefault(name, np.zeros(self._accounts, kind))

    def _profile(self) -> dict[str, FloatArray]:
        accounts = self._population.accounts
        exists = accounts["created_at"] != NEVER
        age = np.where(exists, self._population.end_ms - accounts["created_at"], 0) / DAY_MS
        features = {"age": np.log1p(np.maximum(age, 0.0))}
        for kind in ("org", "payment", "email_domain", "device", "referral"):
            features[kind] = (accounts[kind] == NULL).astype(np.float64)
        abroad = (accounts["billing"] != accounts["access"]) & (accounts["billing"] != NULL)
        features["abroad"] = abroad.astype(np.float64)
        features["exempt"] = (accounts["exempt_until"] != 0).astype(np.float64)
        for name, labels in (("tier", TIERS), ("verification", VERIFICATIONS)):
            for index, label in enumerate(labels):
                features[f"{name}.{label}"] = (accounts[name] == index).astype(np.float64)
        return features


PAIRED = (".moves", ".near", ".same", ".mean", ".squared")
