"""A campaign: accounts in one hand that share an amount of extraction among them.

However they hide, accounts send 26 requests a day on average while they are in use, cover included,
so that attacks differ in how they hide and not in how much an account sends.
"""

from collections.abc import Sequence

import numpy as np

from tests.evaluation.second import campaign
from tests.evaluation.second.calendar import DAY_MS, START_MS, WHOLE
from tests.evaluation.second.campaign import REQUESTS_PER_DAY
from tests.evaluation.second.hashes import Hashes
from tests.evaluation.second.pools import HOME_ASN
from tests.evaluation.second.reach import ANY
from tests.evaluation.second.rows import Rows, put
from tests.evaluation.second.sessions import chances, presence
from tests.evaluation.second.tasks import shares_near
from tests.evaluation.second.world import Floats
from tests.evaluation.third.amounts import expected
from tests.evaluation.third.rows import wide
from tests.evaluation.third.world import World

# What a campaign is after, in the order of the second population's `vocabulary.TASKS`:
# agentic, software, planning, tools, mathematics, computer use, vision, data.
MIXED = (34, 30, 20, 8, 6, 0, 0, 2, 0, 0, 0, 0, 0, 0)
REASONING = (34, 6, 26, 2, 26, 0, 0, 4, 2, 0, 0, 0, 0, 0)
TRAJECTORIES = (22, 56, 5, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
MATHEMATICS = (2, 4, 1, 1, 88, 0, 0, 3, 0, 0, 0, 0, 0, 1)
BROAD = (26, 20, 6, 18, 2, 10, 8, 10, 0, 0, 0, 0, 0, 0)
CAPABILITY = (12, 30, 8, 6, 16, 0, 0, 22, 0, 0, 0, 4, 2, 0)


class Campaign(campaign.Campaign):
    """Accounts, profiles, work and exits of an attack in a ``world`` of its own."""

    world: World

    def __init__(self, world: World) -> None:
        super().__init__(world)
        add = world.pools.add
        # Larger and cleaner than `sold_lines`: addresses of real homes, hardly one of them known.
        self.residential = [add(40_000, 4, HOME_ASN + i, 1.7, 10) for i in range(16)]

    def dealt(self, count: int, least: int, most: int) -> Hashes:
        """Something that ``least`` to ``most`` of the accounts share: cards, mail domains."""
        sizes = self.rng.integers(least, most + 1, count)
        group = np.repeat(np.arange(count), sizes)[:count]
        dealt: Hashes = self.world.fresh(count)[self.rng.permutation(group)]
        return dealt

    def profiles(self, start: Floats, before: float) -> tuple[Rows, Floats]:
        """Accounts that look unrelated, opened up to ``before`` days before their start; zones."""
        profiles, zone = self.sign_up(start, linked=False)
        age = self.rng.uniform(0.05, before, len(start))
        profiles["created_at"] = START_MS + ((start - age) * DAY_MS).astype(np.int64)
        return profiles, zone

    def extraction(
        self, start: Floats, zone: Floats, mix: Sequence[float], alike: float = 60
    ) -> Rows:
        """The attack as a script does it: even, around the clock, hardly a prompt twice. Exits and
        templates are those of the second population until they are chosen."""
        rows = wide(self.work(start, zone))
        share = shares_near(self.rng, tuple(mix), len(rows), alike)
        return put(rows, task_share=share, prompts=200_000, prompt_key=self.world.fresh(1))

    def templates(self, rows: Rows, number: int, own: int = 0) -> Rows:
        """``number`` prompts for all, of which an account uses ``own`` (0: all of them)."""
        put(rows, template=self.world.fresh(1), template_share=[1])
        return put(rows, variants=number, own_variants=own, variant_skew=1.2)

    def through(self, rows: Rows, *exits: tuple[Sequence[int], float]) -> Rows:
        """Exits: a pool of each kind for each account, and how often; another address each time."""
        count = len(rows)
        pools = [self.rng.choice(np.asarray(kind), count) for kind, _ in exits]
        share = [part for _, part in exits]
        put(rows, pool=np.stack(pools, 1), address=[ANY] * len(exits), lease=[0])
        return put(rows, at_leisure=share, at_work=share)


def paced(*streams: Rows) -> None:
    """Scale the streams of the same accounts to the mean of a campaign, from an account's first
    start to its last end."""
    used = {
        "start": np.min([rows["start"] for rows in streams], axis=0),
        "end": np.max([rows["end"] for rows in streams], axis=0),
    }
    sent, days = 0.0, 0.0
    for day in range(WHOLE):
        days += float(presence(used, day).sum())
        sent += sum(float((expected(rows, day) * chances(rows, day)).sum()) for rows in streams)
    for rows in streams:
        rows["requests_per_day"] *= REQUESTS_PER_DAY * days / sent


def weighed(rows: Rows, share: float) -> Rows:
    """``rows`` as that ``share`` of an account's traffic, before pacing: means become equal."""
    active = (5 * rows["on_weekdays"] + 2 * rows["on_weekends"]) / 7
    mean = float((rows["requests_per_day"] * active).mean())
    rows["requests_per_day"] *= share * REQUESTS_PER_DAY / mean
    return rows
