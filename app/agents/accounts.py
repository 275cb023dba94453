"""The accounts table and its agents: requests, profiles, operators and verdicts, on the same rows.

Their topics are partitioned alike. A chunk is folded, judged and emitted in one go on the event
loop, so that no agent ever sees a row half-way; requests are decoded beside it, ahead of the fold.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faust

from app.agents.account_partition import AccountPartition
from app.agents.actions import ActionWriter
from app.agents.ahead import Ahead
from app.agents.controls import operators, profiles, verdicts
from app.agents.feeding import Fold, feed
from app.agents.judgement import JudgementBook
from app.agents.links import LinkSchedule
from app.agents.owned_table import OwnedTable
from app.agents.schemas import SchemasAtHand
from app.agents.sweep import Sweep
from app.agents.table_partition import Place
from app.agents.turns import Turns
from app.detection.population import EPOCH_MS
from app.events import topics as t
from app.events.framing import Encoder, SchemaSource
from app.events.profiles import Profile
from app.events.requests import Request
from app.events.specs import PROFILES, REQUESTS
from app.kernels.avro_decode_program import AvroPrograms
from app.settings import Settings
from app.state.codec import ACCOUNT_CODEC
from app.state.partitions import HeldPartition

FOLDS: dict[t.Topic, Fold[AccountPartition]] = {
    t.REQUESTS: AccountPartition.requests,
    t.PROFILES: profiles,
    t.OPERATORS: operators,
    t.VERDICTS: verdicts,
}
"""Where an input goes: what a partition does with a run of it."""


def accounts_table(
    app: faust.App,
    settings: Settings,
    book: JudgementBook,
    schemas: SchemaSource,
    executor: ThreadPoolExecutor,
    turns: Turns,
    reader: ThreadPoolExecutor,
    failed: Callable[[BaseException], None],
) -> OwnedTable[AccountPartition]:
    """The accounts table of ``app``, fed by an agent for each of its inputs.

    ``executor`` writes checkpoints, ``reader`` reads requests before they are folded.
    """

    def named(topic: t.Topic) -> str:
        return topic.full_name(settings.topic_prefix)

    encoder = Encoder(settings.output_encoding, schemas)
    for topic in (t.ENFORCEMENTS, t.ENFORCEMENT_STATE, t.ENFORCEMENTS_SHADOW):
        encoder.prepare(named(topic), topic.record)  # asks a registry now, not on the event loop
    actions = ActionWriter(
        named(t.ENFORCEMENTS),
        named(t.ENFORCEMENT_STATE),
        named(t.ENFORCEMENTS_SHADOW),
        encoder,
        lambda: time.time_ns() // 1_000_000,
    )
    at_hand = SchemasAtHand(schemas)
    request_schemas = AvroPrograms(REQUESTS, lambda number: at_hand.writer(number, Request))
    profile_schemas = AvroPrograms(PROFILES, lambda number: at_hand.writer(number, Profile))

    def ended() -> int:
        return book.population_reached(settings.partitions)

    def watched() -> int:
        return book.watches_reached(settings.partitions)

    def begin(place: Place, held: HeldPartition) -> AccountPartition:
        return AccountPartition(
            place,
            held.store,
            ACCOUNT_CODEC,
            held.header,
            judgement=lambda: book.current,
            actions=actions,
            sweep=Sweep(
                place.number,
                place.partitions,
                epoch_ms=EPOCH_MS,
                period_hours=LinkSchedule().period_hours,
                sightings_topic=named(t.SIGHTINGS),
                population_topic=named(t.POPULATION),
            ),
            schemas=at_hand,
            request_schemas=request_schemas,
            profile_schemas=profile_schemas,
            lockstep=settings.lockstep,
            population=ended if settings.lockstep else None,
            watches=watched if settings.lockstep else None,
        )

    table = OwnedTable(
        app,
        settings,
        name="accounts",
        codec=ACCOUNT_CODEC,
        limit=settings.max_accounts_per_partition,
        inputs=[named(topic) for topic in FOLDS],
        begin=begin,
        executor=executor,
        turns=turns,
        failed=failed,
    )

    def read_ahead(partition: AccountPartition, message: Any) -> asyncio.Future[Ahead]:
        return asyncio.get_running_loop().run_in_executor(
            reader, partition.read_ahead, message.value, message.first_offset
        )

    for topic, fold in FOLDS.items():
        ahead = read_ahead if topic is t.REQUESTS else None
        feed(app, named(topic), table.ownership, fold, at_hand, ahead=ahead)
    return table
