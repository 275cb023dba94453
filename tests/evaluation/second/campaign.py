"""A campaign: many accounts in one hand that send an attacker's few kinds of work.

What a campaign here cannot avoid is just that. Everything else (cards, addresses, templates, hours,
the share of its own traffic that is attack) is the attack's choice: see `attacks.py`.
"""

import numpy as np

from tests.evaluation.second.calendar import DAY_MS, FLAT, LAUNCH, START_MS
from tests.evaluation.second.habits import chatting, coding
from tests.evaluation.second.hashes import Hashes
from tests.evaluation.second.pools import HOME_ASN, HOSTING_ASN
from tests.evaluation.second.profiles import people
from tests.evaluation.second.programs import with_libraries
from tests.evaluation.second.reach import ANY
from tests.evaluation.second.rows import Rows, put, streams
from tests.evaluation.second.tasks import shares_near
from tests.evaluation.second.vocabulary import API
from tests.evaluation.second.world import Floats, Ints, World

FRAUDULENT = 500
"""Accounts of a campaign at scale 1."""

BEGIN = 4.0
"""The day on which the first account starts; the last one does a day and a half later."""

REQUESTS_PER_DAY = 26.0
WORK = (34, 34, 20, 6, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0)
FAMILIES = 24
VARIANTS = 4
"""Templates of a family; an account uses one of each of six families."""


class Campaign:
    """The accounts of one attack, in a ``world`` of their own over the honest world's pools.

    ``share`` of what an account sends is attack. The rest is cover, sent in the same days at the
    same pace: half of the accounts chat, half code.
    """

    def __init__(self, world: World, share: float = 1.0) -> None:
        if not 0 < share <= 1:
            raise ValueError("a share is above 0 and at most 1")
        self.world = world
        self.rng = world.rng
        self.share = share
        pools = world.pools
        # A service that sells the lines of unknowing households, and rented machines.
        self.sold_lines = [pools.add(2_500, 10, HOME_ASN + i, 3, 6) for i in range(6)]
        self.rented = [pools.add(300, 50, HOSTING_ASN + i, 9, 4) for i in range(3)]
        self._families = world.fresh(FAMILIES * VARIANTS).reshape(FAMILIES, VARIANTS)

    def starts(self, count: int) -> Floats:
        return BEGIN + self.rng.uniform(0, 1.5, count)

    def sign_up(self, start: Floats, *, linked: bool) -> tuple[Rows, Floats]:
        """Profiles of accounts that begin at ``start``, and their zones.

        ``linked``: two to six share a card and all are of twelve mail domains. Otherwise each has
        a card of its own and free mail, as people have.
        """
        rng, count = self.rng, len(start)
        profiles, home = people(self.world, count)
        opened = START_MS + (start * DAY_MS).astype(np.int64)
        profiles["created_at"] = opened - rng.integers(3_600_000, 20 * DAY_MS, count)
        if linked:
            group = np.repeat(np.arange(count), rng.integers(2, 7, count))[:count]
            profiles["payment"] = self.world.fresh(count)[rng.permutation(group)]
            profiles["email_domain"] = rng.choice(self.world.fresh(12), count)
        return profiles, home.zone

    def work(self, start: Floats, zone: Floats) -> Rows:
        """The attack as its scripts would do it: even, around the clock, through proxies."""
        rng, count = self.rng, len(start)
        proxies = [rng.choice(self.sold_lines, count), rng.choice(self.rented, count)]
        rows = put(
            streams(count),
            start=start,
            zone=zone,
            requests_per_day=REQUESTS_PER_DAY,
            steadiness=12,
            on_weekdays=0.97,
            on_weekends=0.97,
            session_length=1.6,
            log_gap=4.5,
            rhythm=FLAT,
            piped=0.5,
            prompts=400,
            likeness=4,
            conversation=False,
            tools=4,
            temperature=1,
            task_share=shares_near(rng, WORK, count, 60),
            elicitation=[5, 2.5],
            log_input=7,
            log_output=6.6,
            reasoning=0.9,
            model_share=[0.85, 0.15],
            adopts=LAUNCH + rng.exponential(1, count),
            attack=True,
            template=self._of_families(count),
            template_share=[0.5, 0.3, 0.2],
            pool=np.stack(proxies, 1),
            address=[ANY, ANY],
            lease=[0],
            at_leisure=[0.7, 0.3],
            at_work=[0.7, 0.3],
        )
        with_libraries(self.world, rows, first=6)
        return rows

    def _of_families(self, count: int) -> Hashes:
        family = np.stack([self.rng.permutation(FAMILIES)[:6] for _ in range(count)])
        return self._families[family, self.rng.integers(0, VARIANTS, family.shape)]

    def send(self, kind: str, profiles: Rows, rows: Rows) -> Ints:
        """Accounts that send ``rows``, with as much cover as the share leaves."""
        accounts = self.world.join(kind, profiles)
        self.attack(accounts, rows)
        return accounts

    def attack(self, accounts: Ints, rows: Rows) -> None:
        """``rows`` of accounts that are there, with cover likewise."""
        if self.share < 1:
            rest = rows["requests_per_day"] * (1 - self.share)
            rows["requests_per_day"] *= self.share
            spread = self.rng.lognormal(-0.08, 0.4, len(rows))
            self.cover(accounts, rows, rest * spread)
        self.world.behave(accounts, rows)

    def cover(self, accounts: Ints, like: Rows, requests_per_day: Floats) -> None:
        """Chats and code at home, on the days of ``like``."""
        half = len(accounts) // 2
        chats = put(chatting(self.world, half), surface=API)
        codes = coding(self.world, len(accounts) - half)
        for rows, part in ((chats, slice(None, half)), (codes, slice(half, None))):
            put(rows, requests_per_day=requests_per_day[part], steadiness=3)
            for name in ("start", "end", "zone", "on_weekdays", "on_weekends"):
                rows[name] = like[name][part]
            self.world.behave(accounts[part], rows)
