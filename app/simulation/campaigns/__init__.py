"""Extraction campaigns: rungs of the attack ladder, by name.

A rung is a subclass of ``Campaign`` that settles its accounts in the world, most often one of
``Seed`` that overrides the step in which it differs. To add one: write it in a file of its own and
list it in ``LADDER``.
"""

from app.simulation.campaigns.campaign import FULL_LENGTH_MS, Campaign, ShareMode
from app.simulation.campaigns.combined import Combined
from app.simulation.campaigns.diurnal import Diurnal
from app.simulation.campaigns.hydra import Hydra
from app.simulation.campaigns.naive import Naive
from app.simulation.campaigns.paraphrase import Paraphrase
from app.simulation.campaigns.pivot import Pivot
from app.simulation.campaigns.seed import Seed
from app.simulation.campaigns.sleeper import Sleeper
from app.simulation.campaigns.slow import Slow
from app.simulation.campaigns.unlinked import Unlinked

LADDER: dict[str, type[Campaign]] = {
    campaign.name: campaign
    for campaign in (
        Naive,
        Seed,
        Paraphrase,
        Unlinked,
        Diurnal,
        Slow,
        Pivot,
        Hydra,
        Sleeper,
        Combined,
    )
}

__all__ = ["FULL_LENGTH_MS", "LADDER", "Campaign", "Naive", "Seed", "ShareMode"]
