"""Accounts that share a card, a device or a campus: families, one person's several, students."""

from tests.evaluation.second.calendar import DAY_MS, HOUR_MS, START_MS, STUDENT
from tests.evaluation.second.habits import beta_pairs, chatting, coding
from tests.evaluation.second.profiles import created, free_mail, members, people
from tests.evaluation.second.reach import numbers, office_and_home, vpn_always
from tests.evaluation.second.rows import HOME, put
from tests.evaluation.second.vocabulary import (
    CHINESE,
    COUNTRIES,
    REGION_LANGUAGES,
    ZONES,
)
from tests.evaluation.second.world import World


def families(world: World) -> None:
    """One card and address, a device each."""
    for _ in range(world.groups(220)):
        _household(world, "family", int(world.rng.integers(2, 6)))


def several_accounts(world: World) -> None:
    """A person's own account and those for work: one card, device and address."""
    for _ in range(world.groups(160)):
        _household(world, "several_accounts", int(world.rng.integers(2, 4)))


def _household(world: World, kind: str, count: int) -> None:
    rng = world.rng
    region = int(rng.integers(0, len(ZONES)))
    profiles = members(world, count, "individual", "card", COUNTRIES[region])
    profiles["created_at"] = created(world, count)
    profiles["email_domain"] = free_mail(world, count)
    if kind == "several_accounts":
        profiles["device"] = world.fresh(1)
        profiles["tier"][0] = "team"
    line, pool = numbers(world, 1), world.one_of(world.pools.homes)
    accounts = world.join(kind, profiles)
    for number in range(count):
        chats = rng.random() < 0.6
        rows = chatting(world, 1, 6) if chats else coding(world, 1, 15)
        put(rows, zone=ZONES[region], language=REGION_LANGUAGES[region])
        rows["pool"][:, HOME], rows["address"][:, HOME], rows["lease"][:, HOME] = pool, line, 7
        world.behave(accounts[number : number + 1], rows)


def sold_accounts(world: World) -> None:
    """Opened in bulk, on a few cards and devices, and sold to ordinary people behind a VPN."""
    rng = world.rng
    for count in (60, 80, 50):
        count = world.size(count)
        cards = world.fresh(max(1, count // 5))
        domains, devices = world.fresh(2), world.fresh(3)
        profiles = members(world, count, "individual", "card", "US")
        opened = START_MS - int(rng.integers(3, 80)) * DAY_MS
        profiles["created_at"] = opened + rng.integers(0, 12 * HOUR_MS, count)
        place = range(count)
        profiles["payment"] = [cards[i % len(cards)] for i in place]
        profiles["email_domain"] = [domains[i % len(domains)] for i in place]
        profiles["device"] = [devices[i % len(devices)] for i in place]
        accounts = world.join("sold_account", profiles)
        half = count // 2
        chats = put(chatting(world, half, 12, 1.0), language=CHINESE)
        codes = coding(world, count - half, 25, 1.0)
        for rows, buyers in ((chats, accounts[:half]), (codes, accounts[half:])):
            put(rows, zone=8, start=rng.uniform(0, 8, len(rows)))
            vpn_always(world, rows)
            world.behave(buyers, rows)


def campus_students(world: World) -> None:
    """A university's licence: one mail domain, and a few addresses in the day."""
    rng = world.rng
    for number in range(5):
        count = world.size(90)
        region = int(rng.integers(0, len(ZONES)))
        profiles, _ = people(world, count, "education", "email")
        profiles["payment"], profiles["billing"] = 0, ""
        profiles["access"], profiles["email_domain"] = COUNTRIES[region], world.fresh(1)
        rows = put(
            chatting(world, count, 6),
            rhythm=STUDENT,
            zone=ZONES[region],
            language=REGION_LANGUAGES[region],
            elicitation=beta_pairs(world, count, 1, 4, 6),
        )
        office_and_home(world, rows, world.pools.campuses[number], 0.7)
        world.join("campus_student", profiles, rows)


KINDS = (families, several_accounts, sold_accounts, campus_students)
