"""What kinds here are put together from: people of a place, when they came, what they run."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tests.evaluation.second.calendar import DAY_MS, DAYTIME, START_MS
from tests.evaluation.second.habits import adoption
from tests.evaluation.second.pools import HOME_ASN, HOSTING_ASN
from tests.evaluation.second.profiles import people
from tests.evaluation.second.programs import with_libraries
from tests.evaluation.second.reach import ANY, at_home
from tests.evaluation.second.rows import WORK, Rows, put
from tests.evaluation.second.vocabulary import COUNTRIES, REGION_LANGUAGES, ZONES
from tests.evaluation.second.world import Floats
from tests.evaluation.third.rows import wide_streams
from tests.evaluation.third.tasks import tasks
from tests.evaluation.third.world import World


def neighbours(world: World, count: int, region: int | None = None, **how: str) -> tuple[Rows, int]:
    """People of one region, any if not said, each with card and device; and the region."""
    where = int(world.rng.integers(0, len(ZONES))) if region is None else region
    profiles, _ = people(world, count, **how)
    profiles["access"] = COUNTRIES[where]
    if how.get("tier") != "free":
        profiles["billing"] = COUNTRIES[where]
    return profiles, where


def living_in(rows: Rows, region: int) -> Rows:
    return put(rows, zone=ZONES[region], language=REGION_LANGUAGES[region])


def opened(world: World, profiles: Rows, day: npt.ArrayLike, within: float = 0.0) -> Rows:
    """Accounts opened on ``day`` (of the calendar, before it if negative) or ``within`` days."""
    drawn = np.asarray(day) + world.rng.uniform(0, 1, len(profiles)) * within
    profiles["created_at"] = START_MS + (drawn * DAY_MS).astype(np.int64)
    return profiles


def some_opened(world: World, profiles: Rows, share: float, first: float, last: float) -> Rows:
    """The same for a ``share`` of them, between two days; the others are as old as they are."""
    new = world.rng.random(len(profiles)) < share
    day = world.rng.uniform(first, last, len(profiles))
    made = START_MS + (day * DAY_MS).astype(np.int64)
    profiles["created_at"] = np.where(new, made, profiles["created_at"])
    return profiles


def since(profiles: Rows) -> Floats:
    """The day on which each account can first be used: half an hour after it was opened."""
    age = (profiles["created_at"] - START_MS) / DAY_MS
    return np.where(age > 0, age + 0.02, 0.0)


def scores(
    world: World, count: int, mean: float, strength: float = 7.0, alike: float = 14.0
) -> Floats:
    """Parameters of elicitation about ``mean``, each account's own; larger is more ``alike``."""
    own = world.rng.beta(mean * alike, (1 - mean) * alike, count).clip(0.02, 0.95)
    return np.stack([own * strength, (1 - own) * strength], 1)


def using(
    world: World,
    profiles: Rows,
    work: str,
    median: float,
    sigma: float,
    *,
    alike: float = 12.0,
    elicits: float = 0.15,
    **more: Any,
) -> Rows:
    """A stream for each of ``profiles``: so much of some work with a library, from home."""
    rng, count = world.rng, len(profiles)
    rows = put(
        wide_streams(count),
        start=since(profiles),
        requests_per_day=world.volumes(count, median, sigma, 3_000),
        steadiness=1.3,
        on_weekdays=rng.beta(6, 2.5, count),
        on_weekends=rng.beta(4, 3.5, count),
        session_length=rng.lognormal(1.6, 0.5, count),
        log_gap=3.8,
        rhythm=DAYTIME,
        task_share=tasks(rng, work, count, alike),
        elicitation=scores(world, count, elicits),
        log_input=rng.normal(7, 0.3, count),
        log_output=rng.normal(5.4, 0.3, count),
        reasoning=rng.beta(3, 4, count),
        adopts=adoption(world, count),
        model_share=rng.dirichlet([3, 3, 1], count),
        crowd=world.fresh(1),
    )
    with_libraries(world, rows)
    at_home(world, rows)
    return put(rows, **more)


def program(world: World, rows: Rows, variants: int = 1, clients: int = 2, **more: Any) -> Rows:
    """One program for all of ``rows``, whose main prompt is one of ``variants``."""
    client = world.fresh(clients)
    share = 0.6 ** np.arange(min(clients, 3))
    return put(
        rows,
        template=world.fresh(2),
        template_share=[0.9, 0.1],
        variants=variants,
        client=client[:3],
        client_share=list(share),
        **more,
    )


def office(world: World, number: int, addresses: int = 3) -> int:
    """A small line of a home provider that an office has."""
    return world.pools.add(addresses, addresses, HOME_ASN + number % 40, 1.2, 12)


def servers(world: World, number: int, addresses: int = 4) -> int:
    """Machines of one owner in a cloud."""
    return world.pools.add(addresses, addresses, HOSTING_ASN + number % 6, 6, 5)


def residential_vpn(world: World, number: int) -> int:
    """A brand that sells exits in homes: hard to tell from homes, hardly ever the same twice."""
    return world.pools.add(6_000, 12, HOME_ASN + number % 40, 3, 8)


def partly(rows: Rows, pool: int, share: npt.ArrayLike) -> Rows:
    """For a ``share`` of the sessions behind ``pool``, at whatever hour."""
    rows["pool"][:, WORK], rows["address"][:, WORK] = pool, ANY
    given = np.broadcast_to(np.asarray(share, float), len(rows))
    for name in ("at_leisure", "at_work"):
        rows[name][:, :WORK] *= (1 - given[:, None]) / rows[name][:, :WORK].sum(1, keepdims=True)
        rows[name][:, WORK] = given
    return rows


def at_office(rows: Rows, pool: int, share: npt.ArrayLike) -> Rows:
    """The same in working hours only."""
    leisure = rows["at_leisure"].copy()
    return put(partly(rows, pool, share), at_leisure=leisure)
