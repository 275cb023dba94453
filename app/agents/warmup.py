"""Compiles every kernel before the worker joins its group.

The first call of a kernel compiles it, or loads what an earlier run compiled. On the event loop
that would look like a dead worker to the group; here it happens before anybody waits for us. The
partitions below live in memory alone, and see a few records of the contract in both framings.
"""

import numpy as np
import orjson
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from app.agents.account_partition import AccountPartition
from app.agents.actions import ActionWriter
from app.agents.campaign_commands import CampaignCommands
from app.agents.controls import profiles
from app.agents.judgement import JudgementBook
from app.agents.link_partition import LinkPartition, Outlets
from app.agents.links import LinkSchedule
from app.agents.sweep import Sweep
from app.agents.table_partition import Place, Run, TablePartition
from app.events.framing import Encoder, ShippedSchemas, to_avro
from app.events.profiles import Profile
from app.events.requests import Request
from app.events.sightings import Sighting
from app.events.specs import PROFILES, REQUESTS
from app.events.vocabulary import TASKS
from app.kernels import columns as c
from app.kernels import reasons
from app.kernels.avro_decode_program import AvroPrograms
from app.kernels.batches import Framed, frame
from app.kernels.decode import Decoded
from app.kernels.sighting_columns import SCHEMA_ID as SIGHTING_SCHEMA
from app.kernels.spec import RecordSpec
from app.policy.load import default_policy
from app.policy.verdicts import apply_verdict
from app.state.checkpoint import HEADER_KEY, Checkpoint
from app.state.codec import ACCOUNT_CODEC, RowCodec
from app.state.layout import ACCOUNT
from app.state.link_codec import LINK_CODEC
from app.state.link_layout import LINK, MEDIAN_SCORE, NORMAL_SCORES
from app.state.store import ColumnStore

ACCOUNT_ID = "acct_warm_up"
DAY_MS = 86_400_000
RECORDED_MS = 3 * DAY_MS
ROWS = 64
PLACE = Place(0, 1, {}, "dead-letters")

_REQUEST = {
    "event_id": "req_1",
    "ts": 0,
    "account_id": ACCOUNT_ID,
    "org_id": "org",
    "model": "model",
    "surface": "api",
    "status": 200,
    "input_tokens": 1,
    "output_tokens": 1,
    "reasoning_tokens": 1,
    "latency_ms": 1,
    "task": "chat",
    "task_confidence": 0.5,
    "elicitation": 0.5,
    "prompt_simhash": "00000000000000a1",
    "template_hash": "00000000000000a2",
    "turn": 1,
    "tools": 0,
    "temperature": 0.7,
    "language": "en",
    "ip_hash": "00000000000000a3",
    "net_hash": "00000000000000a4",
    "asn": 1,
    "proxy": 0.1,
    "client_hash": "00000000000000a5",
}
_PROFILE = {
    "account_id": ACCOUNT_ID,
    "created_at": 0,
    "tier": "free",
    "verification": "email",
    "payment_hash": "00000000000000a6",
}
_SIGHTING = {
    "kind": "payment",
    "hash": "00000000000000a6",
    "account_id": ACCOUNT_ID,
    "tasks": [0] * len(TASKS),
    "scores": [MEDIAN_SCORE] * len(NORMAL_SCORES),
    "ts": LinkSchedule().period_hours * 3_600_000,
    "requests": 1,
    "exempt": False,
    **dict.fromkeys(("share", "epoch", "tokens", "hours", "refused", "risk", "trust"), 0),
    **dict.fromkeys(("model_share", "second_model_share", "first_seen"), 0),
}


def warm_up() -> tuple[AccountPartition, LinkPartition]:
    """Run every kernel of the hot path once; takes a minute if nothing is compiled yet.

    Returns the partitions that it was done with, for a test to look at.
    """
    accounts = _accounts(AccountPartition)
    links = _links(_use(accounts))
    return accounts, links


def compile_accounts() -> None:
    """Compile one half of what ``warm_up`` runs: accounts, from columns on."""
    _use(_accounts(_GivenColumns))


def compile_decoders_and_links() -> None:
    """Compile the other half: bytes to columns, and links."""
    accounts = _accounts(AccountPartition)
    accounts.decoded(
        accounts.framed(_run("requests", _requests())), REQUESTS, accounts.request_schemas
    )
    # A good one: a bad one would be a dead letter in the metrics of a worker that has read nothing.
    sighting = Sighting.from_fields(_SIGHTING)
    _links([(sighting.record_key().encode(), to_avro(sighting, SIGHTING_SCHEMA))])


class _GivenColumns(AccountPartition):
    """Finds the columns of any records without decoding them."""

    def decoded(self, framed: Framed, spec: RecordSpec, avro: AvroPrograms) -> Decoded:  # noqa: ARG002
        count = len(framed.frames)
        values = np.zeros((count, spec.width), np.int64)
        if spec is REQUESTS:
            values[:, c.REQ_EVENT_ID] = np.arange(count)
            values[-1, c.REQ_TS] = 2 * DAY_MS
        return Decoded(
            values,
            np.zeros(count, np.uint64),
            np.full(count, reasons.OK, np.int32),
            np.full(count, -1, np.int32),
            np.empty(0, np.uint8),
        )


def _use(accounts: AccountPartition) -> list[tuple[bytes, bytes]]:
    """Fold requests and profiles into ``accounts``; returns the sightings of a sweep."""
    sightings = []
    for _ in accounts.requests(_run("requests", _requests())):
        sightings += _write_and_recover(accounts, ACCOUNT_CODEC)
    for _ in profiles(accounts, _run("profiles", _profiles())):
        pass
    _write_and_recover(accounts, ACCOUNT_CODEC)
    apply_verdict(np.zeros(1, ACCOUNT)[0], 1, 0, 0.0, confirmed=False)
    return sightings


def _links(sightings: list[tuple[bytes, bytes]]) -> LinkPartition:
    book = JudgementBook(default_policy())
    links = LinkPartition(
        PLACE,
        ColumnStore(LINK, limit=ROWS),
        LINK_CODEC,
        None,
        judgement=lambda: book.current,
        commands=CampaignCommands(),
        outlets=Outlets("sightings", "verdicts", "campaigns", "watches", Encoder()),
    )
    links.folder.flagged = 1  # else nobody looks for verdicts
    for _ in links.sightings(_run("sightings", sightings)):
        pass
    links.close(0, 0)
    _write_and_recover(links, LINK_CODEC)
    return links


def _accounts(kind: type[AccountPartition]) -> AccountPartition:
    book = JudgementBook(default_policy())
    schemas = ShippedSchemas()
    return kind(
        PLACE,
        ColumnStore(ACCOUNT, limit=ROWS),
        ACCOUNT_CODEC,
        None,
        judgement=lambda: book.current,
        actions=ActionWriter("live", "state", "shadow", Encoder("json", schemas), lambda: 0),
        sweep=Sweep(
            0,
            1,
            epoch_ms=DAY_MS,
            period_hours=LinkSchedule().period_hours,
            sightings_topic="sightings",
            population_topic="population",
        ),
        schemas=schemas,
        request_schemas=AvroPrograms(REQUESTS, lambda number: schemas.writer(number, Request)),
        profile_schemas=AvroPrograms(PROFILES, lambda number: schemas.writer(number, Profile)),
    )


def _requests() -> list[tuple[bytes, bytes]]:
    """Two requests in one framing each; the second one ends an epoch and a sighting period."""
    first = orjson.dumps(_REQUEST)
    later = Request.from_fields({**_REQUEST, "event_id": "req_2", "ts": 2 * DAY_MS})
    key = ACCOUNT_ID.encode()
    return [(key, first), (key, first), (key, to_avro(later, 0))]


def _profiles() -> list[tuple[bytes, bytes]]:
    profile = Profile.from_fields(_PROFILE)
    key = ACCOUNT_ID.encode()
    return [(key, orjson.dumps(_PROFILE)), (key, to_avro(profile, 0))]


def _write_and_recover(partition: TablePartition, codec: RowCodec) -> list[tuple[bytes, bytes]]:
    """Write all of the partition, and read it back as a recovery does; returns its sightings."""
    partition.freeze()
    written = Checkpoint()
    while not written.full:
        part = partition.collect(ROWS)
        written.rows += part.rows
        written.outputs += part.outputs
        written.header, written.full = part.header, part.full
    assert written.header is not None
    rows = [(key, value) for key, value in written.rows if value is not None]
    store = ColumnStore(codec.row_dtype, limit=ROWS)
    run = _run("changelog", [*rows, (HEADER_KEY, written.header)])
    codec.apply(store, frame(run.data, 0, check_crc=True), lambda *_: None, "warm-up")
    return [(o.key, o.value) for o in written.outputs if o.topic == "sightings" and o.value]


def _run(topic: str, records: list[tuple[bytes, bytes]]) -> Run:
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
    for offset, (key, value) in enumerate(records):
        builder.append(offset, RECORDED_MS, key, value, [])
    return Run(topic, bytes(builder.build()), 0, len(records))
