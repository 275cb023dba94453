"""The scenario list's ladder: scripts that hide nothing, then one way to hide after the other."""

import numpy as np

from tests.evaluation.second.calendar import (
    DAY_MS,
    DAYTIME,
    DEVELOPER,
    EVENING,
    LAUNCH,
    NEVER,
    START_MS,
)
from tests.evaluation.second.campaign import FRAUDULENT, Campaign
from tests.evaluation.second.reach import on_rotating_lines
from tests.evaluation.second.rows import Rows, put

WAKING = (DEVELOPER, EVENING, DAYTIME)
"""Rhythms of people, of which an account takes one."""


def seed(campaign: Campaign) -> None:
    """Proxies, a few accounts a card, template families, an even load."""
    start = campaign.starts(campaign.world.size(FRAUDULENT))
    profiles, zone = campaign.sign_up(start, linked=True)
    campaign.send("seed", profiles, campaign.work(start, zone))


def paraphrase(campaign: Campaign) -> None:
    """`seed` with prompts further apart, and templates replaced each week."""
    start = campaign.starts(campaign.world.size(FRAUDULENT))
    profiles, zone = campaign.sign_up(start, linked=True)
    campaign.send("paraphrase", profiles, reworded_weekly(campaign, campaign.work(start, zone)))


def diurnal(campaign: Campaign) -> None:
    """`seed` in the hours, and with the idle days, of people."""
    start = campaign.starts(campaign.world.size(FRAUDULENT))
    profiles, zone = campaign.sign_up(start, linked=True)
    campaign.send("diurnal", profiles, like_people(campaign, campaign.work(start, zone)))


def slow(campaign: Campaign) -> None:
    """Five times the accounts, each with three requests a day."""
    start = campaign.starts(campaign.world.size(5 * FRAUDULENT))
    profiles, zone = campaign.sign_up(start, linked=True)
    rows = put(campaign.work(start, zone), requests_per_day=3)
    campaign.send("slow", profiles, rows)


def pivot(campaign: Campaign) -> None:
    """Half of it moves to the launched model within a day, the rest never."""
    start = campaign.starts(campaign.world.size(FRAUDULENT))
    profiles, zone = campaign.sign_up(start, linked=True)
    count = len(start)
    moved = LAUNCH + campaign.rng.uniform(0, 1, count)
    adopts = np.where(campaign.rng.random(count) < 0.5, moved, NEVER)
    campaign.send("pivot", profiles, put(campaign.work(start, zone), adopts=adopts))


def sleeper(campaign: Campaign) -> None:
    """Ordinary use for ten days, and then nothing but attack."""
    world, rng = campaign.world, campaign.rng
    awakes = 13.5 + rng.uniform(0, 1, world.size(FRAUDULENT))
    count = len(awakes)
    profiles, zone = campaign.sign_up(awakes, linked=True)
    profiles["created_at"] = START_MS + rng.integers(0, 3 * DAY_MS, count)
    work = campaign.work(awakes, zone)
    accounts = campaign.send("sleeper", profiles, work)
    before = put(work.copy(), start=3, end=13.5, on_weekdays=0.95, on_weekends=0.95)
    campaign.cover(accounts, before, world.volumes(count, 9, 0.4))


def unlinked(campaign: Campaign) -> None:
    """Own cards, free mail, and a clean line at home each, whose address changes daily."""
    _unlinked(campaign, "unlinked")


def unlinked_diurnal(campaign: Campaign) -> None:
    """Few templates, and the hours of people."""
    _unlinked(campaign, "unlinked_diurnal", few=True, waking=True)


def unlinked_few_templates(campaign: Campaign) -> None:
    """Eight templates for all, of which each account uses three; clean lines."""
    _unlinked(campaign, "unlinked_few_templates", few=True)


def unlinked_flagged(campaign: Campaign) -> None:
    """The same from addresses that look like the proxies they are."""
    _unlinked(campaign, "unlinked_flagged", few=True, clean=False)


def combined(campaign: Campaign) -> None:
    """`unlinked`, `diurnal` and `paraphrase` together."""
    _unlinked(campaign, "combined", waking=True, reworded=True)


def _unlinked(
    campaign: Campaign,
    name: str,
    *,
    clean: bool = True,
    few: bool = False,
    waking: bool = False,
    reworded: bool = False,
) -> None:
    world = campaign.world
    start = campaign.starts(world.size(FRAUDULENT))
    profiles, zone = campaign.sign_up(start, linked=False)
    rows = campaign.work(start, zone)
    if clean:
        on_rotating_lines(world, rows)
    if few:
        eight = world.fresh(8)
        used = [eight[campaign.rng.permutation(8)[:3]] for _ in range(len(rows))]
        put(rows, template=np.stack(used))
    if waking:
        like_people(campaign, rows)
    if reworded:
        reworded_weekly(campaign, rows)
    campaign.send(name, profiles, rows)


def like_people(campaign: Campaign, rows: Rows) -> Rows:
    return put(
        rows,
        rhythm=campaign.rng.choice(WAKING, len(rows)),
        on_weekdays=0.8,
        on_weekends=0.5,
        steadiness=1.2,
        requests_per_day=34,
        session_length=5,
    )


def reworded_weekly(campaign: Campaign, rows: Rows) -> Rows:
    phase = campaign.rng.integers(0, 7, len(rows))
    return put(rows, likeness=2, prompts=4_000, cadence=7, phase=phase)


ATTACKS = (
    seed,
    paraphrase,
    diurnal,
    slow,
    pivot,
    sleeper,
    unlinked,
    unlinked_diurnal,
    unlinked_few_templates,
    unlinked_flagged,
    combined,
)
