"""How people pay and where they sit: piece work, cafés, vouchers, shared flats, village shops."""

from tests.evaluation.second.calendar import DAYTIME, EVENING, OFFICE, STUDENT
from tests.evaluation.second.habits import chatting, coding, live_at
from tests.evaluation.second.profiles import people
from tests.evaluation.second.reach import behind, on_lines_of
from tests.evaluation.second.rows import put
from tests.evaluation.second.vocabulary import BRAZIL, CONSOLE, INDONESIA, TURKEY
from tests.evaluation.third.groups import (
    living_in,
    neighbours,
    opened,
    partly,
    program,
    servers,
    since,
    some_opened,
    using,
)
from tests.evaluation.third.rows import wide
from tests.evaluation.third.world import World


def crowd_workers(world: World) -> None:
    """Pieces of writing and solving for one platform each, from one country, through the VPN that
    the platform's chat group recommends; as many pieces a day as the platform hands out."""
    rng = world.rng
    for number, (count, country, zone) in enumerate(
        [(110, "PH", 8), (50, "KE", 3), (35, "VE", -4)]
    ):
        profiles, _ = people(world, world.size(count))
        some_opened(world, profiles, 0.7, -14, 12)
        profiles["access"] = profiles["billing"] = country
        rows = using(
            world,
            profiles,
            ["labelling", "mathematics", "science"][number],
            32,
            0.3,
            alike=50,
            elicits=[0.6, 0.7, 0.4][number],
            rhythm=DAYTIME,
            zone=zone,
            steadiness=5,
            on_weekdays=0.85,
            on_weekends=0.5,
            session_length=15,
            piped=0.5,
            prompts=4_000,
        )
        program(world, rows, [4, 12, 3][number], 2)
        brand = rng.choice(world.pools.vpns[4:])
        partly(rows, int(brand), rng.beta(4, 2, len(rows)))
        world.join("crowd_worker", profiles, rows)


def voucher_buyers(world: World) -> None:
    """Strangers whose kiosk pays for them: eight to thirty accounts on the kiosk's one card,
    topped up by voucher; they have nothing else in common."""
    for count in world.some(9, 8, 30):
        profiles, region = neighbours(world, count)
        some_opened(world, profiles, 0.4, -40, 18)
        profiles["payment"], profiles["device"] = world.fresh(1), 0
        rows = wide(chatting(world, count, 8, 1.1))
        put(living_in(rows, region), start=since(profiles))
        world.join("voucher_buyer", profiles, rows)


def prepaid_buyers(world: World) -> None:
    """Developers with prepaid cards from a supermarket, verified by nothing else."""
    profiles, home = people(world, world.size(80))
    some_opened(world, profiles, 0.6, -20, 18)
    profiles["billing"], profiles["verification"] = "", "email"
    rows = wide(coding(world, len(profiles), 16, 1.2))
    put(live_at(rows, home), start=since(profiles))
    world.join("prepaid_buyer", profiles, rows)


def internet_cafes(world: World) -> None:
    """A dozen machines and one line for a neighbourhood: chats, homework, some code."""
    rng = world.rng
    for number, count in enumerate(world.some(6, 12, 45)):
        place = int(rng.choice([TURKEY, INDONESIA, BRAZIL]))
        profiles, region = neighbours(world, count, place, tier="free", verification="phone")
        some_opened(world, profiles, 0.5, -60, 18)
        profiles["device"] = rng.choice(world.fresh(12), count)
        rows = using(world, profiles, "any", 6, 0.9, alike=5, rhythm=EVENING, session_length=8)
        program(world, living_in(rows, region), 1, 3, surface=CONSOLE)
        line = world.pools.add(1, 1, 7_000 + number, 1.5, 10)
        partly(rows, line, rng.beta(6, 2, count))
        world.join("internet_cafe", profiles, rows)


def shared_flats(world: World) -> None:
    """Students or young engineers in one flat: five to nine accounts, one line, one or two cards,
    moved in this month, and all with the same coding agent or course work."""
    rng = world.rng
    for _ in range(world.groups(16)):
        count = int(rng.integers(5, 10))
        profiles, region = neighbours(world, count)
        opened(world, profiles, float(rng.uniform(-40, 2)), 12)
        profiles["payment"] = rng.choice(world.fresh(2), count)
        if rng.random() < 0.5:
            rows = wide(coding(world, count, 18, 0.9))
        else:
            rows = using(world, profiles, "mathematics", 12, 0.8, elicits=0.5, rhythm=STUDENT)
        put(living_in(rows, region), start=since(profiles))
        behind(rows, world.pools.add(1, 1, 7_000 + int(rng.integers(0, 40)), 1.2, 14))
        world.join("shared_flat", profiles, rows)


def top_up_customers(world: World) -> None:
    """A regional reseller opens accounts for its customers, pays with a dozen cards, and lends
    them its gateway; they are shops and students who do as they please."""
    rng = world.rng
    for number, (count, region) in enumerate([(140, INDONESIA), (70, BRAZIL)]):
        profiles, _ = neighbours(world, world.size(count), region)
        count = len(profiles)
        some_opened(world, profiles, 0.5, -45, 18)
        profiles["payment"] = rng.choice(world.fresh(max(2, count // 16)), count)
        profiles["referral"] = world.fresh(1)
        profiles["email_domain"] = world.fresh(1) if number else profiles["email_domain"]
        rows = using(world, profiles, "any", 9, 1.3, alike=3, elicits=0.2)
        on_lines_of(world, rows, world.pools.homes[5 + number], 3)
        partly(living_in(rows, region), servers(world, number, 3), 0.3 + 0.3 * number)
        world.join("top_up_customer", profiles, rows)


def moonlighting_teams(world: World) -> None:
    """Programmers of a poorer country who work for foreign clients under a residential address
    abroad, each with a friend's card; one agent, long days, much the same hours."""
    rng = world.rng
    for number, count in enumerate(world.sizes(35, 20, 15)):
        profiles, _ = people(world, count)
        some_opened(world, profiles, 0.5, -25, 8)
        profiles["access"] = "US"
        rows = wide(coding(world, count, 55, 0.35))
        put(rows, start=since(profiles), zone=8, rhythm=OFFICE, steadiness=4, on_weekdays=0.95)
        lines = world.pools.add(40, 4, 7_010 + number, 3, 7)
        behind(rows, lines)
        rows["template"][:, 4:] = world.fresh(2)
        put(rows, template_share=[0.5, 0.1, 0.05, 0.05, 0.2, 0.1])
        put(rows, elicitation=rng.uniform(1, 2, (count, 2)) * [1, 5])
        world.join("moonlighting_team", profiles, rows)


KINDS = (
    crowd_workers,
    voucher_buyers,
    prepaid_buyers,
    internet_cafes,
    shared_flats,
    top_up_customers,
    moonlighting_teams,
)
