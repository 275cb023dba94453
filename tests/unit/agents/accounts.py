"""A partition of accounts without Kafka, and the records that are fed to it."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from app.agents.account_partition import AccountPartition
from app.agents.actions import ActionWriter
from app.agents.controls import operators, profiles, verdicts
from app.agents.judgement import JudgementBook
from app.agents.sweep import Sweep
from app.agents.table_partition import Place, Run
from app.events.framing import Encoder, SchemaSource, ShippedSchemas
from app.events.profiles import Profile
from app.events.requests import Request
from app.events.specs import PROFILES, REQUESTS
from app.kernels.avro_decode_program import AvroPrograms
from app.kernels.batches import frame
from app.policy.load import default_policy
from app.state.checkpoint import HEADER_KEY, Checkpoint, Output
from app.state.codec import ACCOUNT_CODEC
from app.state.header import Header
from app.state.layout import ACCOUNT
from app.state.store import ColumnStore
from tests.benchmarks.traffic import batch

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_700_006_400_000  # midnight UTC, where an epoch and a sighting period begin
PERIOD_HOURS = 6
FOLDS = {
    "requests": AccountPartition.requests,
    "profiles": profiles,
    "operators": operators,
    "verdicts": verdicts,
}
Record = tuple[bytes | None, bytes | None]


def _programs(schemas: SchemaSource) -> tuple[AvroPrograms, AvroPrograms]:
    return (
        AvroPrograms(REQUESTS, lambda i: schemas.writer(i, Request)),
        AvroPrograms(PROFILES, lambda i: schemas.writer(i, Profile)),
    )


_SCHEMAS = ShippedSchemas()
_REQUESTS, _PROFILES = _programs(_SCHEMAS)


def document(account: str, event: str, ts: int, **changes: Any) -> dict[str, Any]:
    return {
        "event_id": event,
        "ts": ts,
        "account_id": account,
        "model": "model-large-1",
        "surface": "api",
        "status": 200,
        "input_tokens": 900,
        "output_tokens": 300,
        "reasoning_tokens": 100,
        "latency_ms": 1_000,
        "task": "mathematics",
        "task_confidence": 0.9,
        "elicitation": 0.8,
        "prompt_simhash": "00000000000000a1",
        "template_hash": "00000000000000b1",
        "turn": 1,
        "tools": 0,
        "ip_hash": "00000000000000c1",
        "net_hash": "00000000000000c2",
        "asn": 64_500,
        "proxy": 0.0,
        "client_hash": "00000000000000d1",
    } | changes


def request(account: str, event: str, ts: int, **changes: Any) -> Record:
    return account.encode(), orjson.dumps(document(account, event, ts, **changes))


def profile(account: str, **changes: Any) -> Record:
    fields = {
        "account_id": account,
        "created_at": START - DAY,
        "tier": "free",
        "verification": "email",
        "payment_hash": "00000000000000e1",
    }
    return account.encode(), orjson.dumps(fields | changes)


def command(account: str, what: str, issued_at: int, **changes: Any) -> Record:
    fields: dict[str, Any] = {
        "command": what,
        "account_id": account,
        "operator": "on-call",
        "reason": "a test",
        "issued_at": issued_at,
    }
    if what == "throttle":
        fields["limit"] = {"requests_per_minute": 7, "tokens_per_minute": 700}
    return account.encode(), orjson.dumps(fields | changes)


def verdict(account: str, campaign: str, epoch: int, **changes: Any) -> Record:
    fields = {
        "account_id": account,
        "campaign_id": campaign,
        "epoch": epoch,
        "ts": START,
        "probability": 0.99,
        "confirmed": True,
        "reasons": [],
    }
    return account.encode(), orjson.dumps(fields | changes)


class Accounts:
    """One partition, what it has made durable, and the logs it is fed from.

    ``outputs`` and ``rows`` are those of committed transactions. ``crash`` begins anew from them.
    """

    def __init__(
        self,
        *,
        limit: int = 1_000,
        number: int = 0,
        partitions: int = 1,
        schemas: SchemaSource | None = None,
    ) -> None:
        self.schemas = schemas or _SCHEMAS
        self.programs = (_REQUESTS, _PROFILES) if schemas is None else _programs(schemas)
        self.limit = limit
        self.place = Place(number, partitions, {}, "dead-letters")
        self.book = JudgementBook(default_policy())
        self.outputs: list[Output] = []
        self.rows: dict[bytes, bytes] = {}
        self.header: Header | None = None
        self.logs: dict[str, list[Record]] = {name: [] for name in FOLDS}
        self.recorded_ms = -1
        self.partition = self._begin(ColumnStore(ACCOUNT, limit=limit, seed=1))

    def _begin(self, store: ColumnStore) -> AccountPartition:
        return AccountPartition(
            self.place,
            store,
            ACCOUNT_CODEC,
            self.header,
            judgement=lambda: self.book.current,
            actions=ActionWriter("live", "state", "shadow", Encoder("json", _SCHEMAS), lambda: 5),
            sweep=Sweep(
                self.place.number,
                self.place.partitions,
                epoch_ms=HOUR,
                period_hours=PERIOD_HOURS,
                sightings_topic="sightings",
                population_topic="population",
            ),
            schemas=self.schemas,
            request_schemas=self.programs[0],
            profile_schemas=self.programs[1],
        )

    # Feeding.

    def feed(self, topic: str, *records: Record, cut: int | None = None) -> None:
        """Append ``records`` to a topic and take them in, ``cut`` at a time."""
        first = len(self.logs[topic])
        self.logs[topic] += records
        self.take(topic, first, len(self.logs[topic]), cut=cut)

    def take(self, topic: str, first: int, stop: int, *, cut: int | None = None) -> None:
        """Take in the records of the log from ``first`` to ``stop``, with checkpoints on demand."""
        cut = cut or max(stop - first, 1)
        for start in range(first, stop, cut):
            end = min(start + cut, stop)
            for _ in FOLDS[topic](self.partition, self.run(topic, start, end)):
                self.checkpoint()

    def fold(self, topic: str, first: int, stop: int) -> int:
        """Take in the records of the log from ``first`` to ``stop``, or as many as that goes
        without waiting for a checkpoint; where the next ones begin."""
        stop = min(stop, len(self.logs[topic]))
        if first < stop:
            next(FOLDS[topic](self.partition, self.run(topic, first, stop)), None)
        return self.partition.positions[topic].next_offset

    def run(self, topic: str, start: int, stop: int) -> Run:
        records = self.logs[topic][start:stop]
        return Run(topic, batch(records, start, self.recorded_ms), start, stop)  # type: ignore[arg-type]

    # Making durable.

    def commit(self, checkpoint: Checkpoint) -> None:
        for key, value in checkpoint.rows:
            if value is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = value
        self.outputs += checkpoint.outputs
        if checkpoint.header is not None:
            self.header = Header.decode(checkpoint.header)
        if checkpoint.full:
            self.partition.written()

    def checkpoint(self, slice_rows: int = 100) -> None:
        self.partition.freeze()
        while not self.slice(slice_rows):
            pass

    def slice(self, slice_rows: int) -> bool:
        """Commit one slice of the frozen checkpoint; whether it was the last one."""
        checkpoint = self.partition.collect(slice_rows)
        self.commit(checkpoint)
        return checkpoint.full

    def urgent(self) -> None:
        self.commit(self.partition.collect(0))

    def crash(self) -> None:
        """Lose what is in memory, and recover what was committed."""
        store = ColumnStore(ACCOUNT, limit=self.limit, seed=2)
        changelog = list(self.rows.items())
        if changelog:
            framed = frame(batch(changelog, 0, 0), 0, check_crc=True)
            ACCOUNT_CODEC.apply(store, framed, self._no_header, "changelog")
        self.partition = self._begin(store)

    @staticmethod
    def _no_header(key: bytes, value: bytes | None, offset: int) -> None:
        raise AssertionError((HEADER_KEY, key, value, offset))

    def resume(self, topics: Sequence[str] = tuple(FOLDS)) -> None:
        """Read every input again from where the header says, up to its end."""
        for topic in topics:
            first = self.partition.durable.get(topic, 0)
            if first < len(self.logs[topic]):
                self.take(topic, first, len(self.logs[topic]))

    # Looking.

    def row(self, account: str) -> Any:
        slot = self.partition.store.get(account.encode())
        return None if slot is None else self.partition.store.views().rows[slot]

    def sent(self, topic: str) -> list[dict[str, Any]]:
        return [orjson.loads(o.value or b"null") for o in self.outputs if o.topic == topic]

    def reasons(self) -> list[str]:
        return [letter["reason"] for letter in self.sent("dead-letters")]

    def durable_rows(self) -> dict[bytes, bytes]:
        """The changelog after a full checkpoint."""
        self.checkpoint()
        return dict(self.rows)

    def counters(self) -> dict[str, int]:
        return self.partition.header().counters


def hourly(accounts: Iterable[str], hours: int, per_hour: int = 2) -> list[Record]:
    """Requests of every account in every hour, in order."""
    records = []
    for hour in range(hours):
        for part in range(per_hour):
            ts = START + hour * HOUR + part * (HOUR // per_hour)
            records += [request(a, f"{a}-{hour}-{part}", ts) for a in accounts]
    return records
