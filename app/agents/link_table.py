"""The links table and its agent: sightings in, verdicts and campaigns out."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import faust

from app.agents.campaign_commands import CampaignCommands
from app.agents.feeding import feed
from app.agents.judgement import JudgementBook
from app.agents.link_partition import LinkPartition, Outlets
from app.agents.owned_table import OwnedTable
from app.agents.table_partition import Place
from app.agents.turns import Turns
from app.events.framing import Encoder, SchemaSource
from app.events.topics import CAMPAIGNS, SIGHTINGS, VERDICTS, WATCHES
from app.settings import Settings
from app.state.link_codec import LINK_CODEC
from app.state.partitions import HeldPartition


def links_table(
    app: faust.App,
    settings: Settings,
    book: JudgementBook,
    commands: CampaignCommands,
    schemas: SchemaSource,
    executor: ThreadPoolExecutor,
    turns: Turns,
    failed: Callable[[BaseException], None],
) -> OwnedTable[LinkPartition]:
    """The links table of ``app``, fed by an agent that reads sightings."""
    topic, campaigns = (one.full_name(settings.topic_prefix) for one in (SIGHTINGS, CAMPAIGNS))
    encoder = Encoder(settings.output_encoding, schemas)
    encoder.prepare(campaigns, CAMPAIGNS.record)  # asks a registry now, not on the event loop
    verdicts, watches = (one.full_name(settings.topic_prefix) for one in (VERDICTS, WATCHES))
    outlets = Outlets(topic, verdicts, campaigns, watches, encoder)

    def begin(place: Place, held: HeldPartition) -> LinkPartition:
        return LinkPartition(
            place,
            held.store,
            LINK_CODEC,
            held.header,
            judgement=lambda: book.current,
            commands=commands,
            outlets=outlets,
            lockstep=settings.lockstep,
        )

    table = OwnedTable(
        app,
        settings,
        name="links",
        codec=LINK_CODEC,
        limit=settings.max_links_per_partition,
        inputs=[topic],
        begin=begin,
        executor=executor,
        turns=turns,
        failed=failed,
    )
    feed(app, topic, table.ownership, LinkPartition.sightings)
    return table
