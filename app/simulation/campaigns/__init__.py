"""Extraction campaigns: rungs of the attack ladder, by name.

A rung is a subclass of ``Campaign`` that settles its accounts in the world. To add one: write it
in a file of its own and list it in ``LADDER``.
"""

from app.simulation.campaigns.campaign import Campaign
from app.simulation.campaigns.naive import Naive
from app.simulation.campaigns.seed import Seed

LADDER: dict[str, type[Campaign]] = {campaign.name: campaign for campaign in (Naive, Seed)}

__all__ = ["LADDER", "Campaign", "Naive", "Seed"]
