"""The links table and its agent: sightings in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import faust

from app.agents.feeding import feed
from app.agents.link_partition import LinkPartition
from app.agents.owned_table import OwnedTable
from app.agents.table_partition import Place
from app.events.topics import SIGHTINGS
from app.settings import Settings
from app.state.link_codec import LINK_CODEC
from app.state.partitions import HeldPartition


def links_table(
    app: faust.App,
    settings: Settings,
    executor: ThreadPoolExecutor,
    failed: Callable[[BaseException], None],
) -> OwnedTable[LinkPartition]:
    """The links table of ``app``, fed by an agent that reads sightings."""
    topic = SIGHTINGS.full_name(settings.topic_prefix)

    def begin(place: Place, held: HeldPartition) -> LinkPartition:
        return LinkPartition(place, held.store, LINK_CODEC, held.header)

    table = OwnedTable(
        app,
        settings,
        name="links",
        codec=LINK_CODEC,
        limit=settings.max_links_per_partition,
        inputs=[topic],
        begin=begin,
        executor=executor,
        failed=failed,
    )
    feed(app, topic, table.ownership, LinkPartition.sightings)
    return table
