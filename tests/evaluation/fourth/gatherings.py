"""Strangers and friends who ask the same at the same time, for love, a prize or a fee."""

from tests.evaluation.fourth.groups import besides, dealt, doing, on_telephones, partly_shared
from tests.evaluation.second.calendar import EVENING, FLAT, STUDENT
from tests.evaluation.second.habits import live_at
from tests.evaluation.second.profiles import people
from tests.evaluation.second.rows import put
from tests.evaluation.second.vocabulary import BRAZIL, CONSOLE, TURKEY
from tests.evaluation.third.groups import (
    living_in,
    neighbours,
    opened,
    partly,
    program,
    some_opened,
    using,
)
from tests.evaluation.third.world import World


def olympiad_clubs(world: World) -> None:
    """Clubs that train for olympiads of mathematics and chess: the trainer's card for all, a list
    of hard problems each week that all clubs get, solutions with every step, none of it easy."""
    problems, prompt, *_ = world.fresh(2)
    for _ in range(world.groups(6)):
        count = int(world.rng.integers(9, 30))
        profiles, region = neighbours(world, count)
        some_opened(world, profiles, 0.7, -20, 9)
        profiles["payment"] = world.fresh(1)
        rows = doing(
            world,
            profiles,
            "puzzles",
            24,
            0.6,
            alike=60,
            elicits=0.7,
            rhythm=EVENING,
            on_weekdays=0.7,
            on_weekends=0.85,
            steadiness=2.5,
            piped=0.7,
            prompt_key=problems,
            prompt_cadence=7.0,
            prompts=40,
            likeness=5,
            reasoning=0.95,
            log_output=6.9,
        )
        put(living_in(rows, region), template=[prompt], template_share=[1], variants=2)
        accounts = world.join("olympiad_club", profiles, rows)
        besides(world, accounts, profiles, rows, 0.3)


def prompt_readers(world: World) -> None:
    """Subscribers to a letter with a prompt of the day: half a thousand strangers send it, word
    for word or nearly, in the hour in which they read, and many joined at its free trial."""
    rng = world.rng
    profiles, home = people(world, world.size(340))
    count = len(profiles)
    some_opened(world, profiles, 0.45, -3, 12)
    rows = using(
        world,
        profiles,
        "any",
        7,
        0.7,
        alike=20,
        elicits=0.55,
        rhythm=EVENING,
        on_weekdays=0.7,
        on_weekends=0.3,
        piped=0.75,
        prompt_key=world.fresh(1),
        prompt_cadence=1.0,
        prompts=2,
        likeness=5,
        session_length=3,
        surface=CONSOLE,
    )
    program(world, live_at(rows, home), 3, 1, cadence=1.0)
    put(rows, client=world.fresh(3), client_share=rng.dirichlet([2, 2, 2], count))
    accounts = world.join("prompt_reader", profiles, rows)
    besides(world, accounts, profiles, rows, 0.5)


def paid_testers(world: World) -> None:
    """A research project pays people to try tasks of a benchmark on models and to judge the
    reasons given: new accounts within three days, stipend cards of a shared number for a third,
    forty tasks a day for each, one page that sends them."""
    profiles, home = people(world, world.size(110))
    opened(world, profiles, 6.0, 3)
    count = len(profiles)
    stipend = dealt(world, count, 12, 25)
    profiles["payment"] = partly_shared(world, profiles["payment"], stipend, 0.33)
    profiles["referral"] = world.fresh(1)
    rows = doing(
        world,
        profiles,
        "benchmark",
        38,
        0.15,
        alike=60,
        elicits=0.68,
        end=20.0,
        rhythm=EVENING,
        steadiness=9,
        on_weekdays=0.8,
        on_weekends=0.8,
        session_length=20,
        piped=0.9,
        prompt_key=world.fresh(1),
        prompts=2_400,
        likeness=6,
        reasoning=0.9,
    )
    program(world, live_at(rows, home), 3, 1)
    accounts = world.join("paid_tester", profiles, rows)
    besides(world, accounts, profiles, rows, 0.4)


def competition_teams(world: World) -> None:
    """Teams of three to six that share a card and rented notebooks and try to win a prize for a
    model of tabular data; the winners' last year's agent, forked, is what they all run."""
    profiles, home = people(world, world.size(100))
    count = len(profiles)
    some_opened(world, profiles, 0.6, -12, 10)
    team = dealt(world, count, 3, 6)
    profiles["payment"] = partly_shared(world, profiles["payment"], team, 0.7)
    rows = doing(
        world,
        profiles,
        "data",
        30,
        1.0,
        alike=25,
        elicits=0.4,
        rhythm=FLAT,
        ramp=14,
        steadiness=1.5,
        session_length=30,
        log_gap=2.0,
        tools=8,
        reasoning=0.8,
    )
    program(world, live_at(rows, home), 10, 2, own_variants=4)
    rows["template"][:, 1] = team
    put(rows, template_share=[0.6, 0.4])
    partly(rows, world.pools.clouds[2], 0.6)
    accounts = world.join("competition_team", profiles, rows)
    besides(world, accounts, profiles, rows, 0.4)


def fan_translators(world: World) -> None:
    """Fans who translate a comic's chapter each week on the night it appears: one glossary prompt
    for all groups, the group's jar pays, pictures and texts, all at once."""
    glossary, client = world.fresh(2)
    for number, count in enumerate(world.some(4, 10, 30)):
        profiles, home = people(world, count)
        some_opened(world, profiles, 0.4, -60, 12)
        profiles["payment"] = world.fresh(1)
        rows = using(
            world,
            profiles,
            "translation",
            26,
            0.4,
            alike=40,
            rhythm=FLAT,
            peak_weekday=3,
            peak=5.0,
            on_weekdays=0.5,
            on_weekends=0.3,
            steadiness=4,
            piped=0.6,
            prompt_key=world.fresh(1),
            prompts=120,
            prompt_cadence=7.0,
        )
        put(rows, zone=home.zone, language=5, template=[glossary], template_share=[1], variants=3)
        put(rows, client=[client], client_share=[1], tools=number % 2)
        accounts = world.join("fan_translator", profiles, rows)
        besides(world, accounts, profiles, rows, 0.5)


def crisis_mappers(world: World) -> None:
    """After a flood on the tenth day: volunteers whom one appeal brought in an afternoon, a
    sponsor's two cards, one tool that reasons over pictures and cries for help, five days and
    nights, and nothing after."""
    rng = world.rng
    profiles, home = people(world, world.size(120))
    count = len(profiles)
    opened(world, profiles, 10.4 + rng.exponential(0.25, count))
    profiles["payment"] = rng.choice(world.fresh(2), count)
    profiles["referral"] = world.fresh(1)
    rows = doing(
        world,
        profiles,
        "crisis",
        60,
        0.5,
        alike=50,
        elicits=0.45,
        end=15.5,
        rhythm=FLAT,
        on_weekdays=0.8,
        on_weekends=0.9,
        steadiness=3,
        session_length=25,
        log_gap=3.0,
        tools=4,
        piped=0.3,
        prompts=4_000,
    )
    program(world, live_at(rows, home), 6, 1)
    world.join("crisis_mapper", profiles, rows)


def examinees(world: World) -> None:
    """Pupils of two countries before the entrance examination: an application that gives a week
    for each friend one brings, so that referrals are shared in clusters; telephones, a parent's
    card for two or three, the same past papers, every step shown."""
    rng = world.rng
    for number, (count, place) in enumerate([(130, TURKEY), (80, BRAZIL)]):
        profiles, region = neighbours(world, world.size(count), place)
        count = len(profiles)
        opened(world, profiles, -8 + rng.gamma(3, 3, count).clip(0, 24))
        profiles["payment"] = dealt(world, count, 1, 3)
        profiles["referral"] = dealt(world, count, 3, 9)
        rows = doing(
            world,
            profiles,
            "homework",
            21,
            0.5,
            alike=45,
            elicits=0.66,
            rhythm=STUDENT,
            steadiness=3,
            on_weekdays=0.85,
            on_weekends=0.9,
            piped=0.6,
            prompt_key=world.fresh(1),
            prompts=2_600,
            likeness=5,
            reasoning=0.7,
            ramp=8,
        )
        program(world, living_in(rows, region), 4, 2)
        on_telephones(world, rows, 3, 4 * number)
        accounts = world.join("examinee", profiles, rows)
        besides(world, accounts, profiles, rows, 0.3)


def model_tasters(world: World) -> None:
    """Members of a club that compares models: on the launch each opens an account of the club's
    batch of gift cards and asks the club's hundred riddles several times over, through a script."""
    rng = world.rng
    profiles, home = people(world, world.size(70))
    count = len(profiles)
    opened(world, profiles, 8.65 + rng.exponential(0.4, count).clip(0, 6))
    profiles["payment"] = dealt(world, count, 3, 6)
    rows = doing(
        world,
        profiles,
        "puzzles",
        70,
        0.4,
        alike=50,
        elicits=0.6,
        end=13.0,
        rhythm=FLAT,
        on_weekdays=0.9,
        on_weekends=0.9,
        steadiness=4,
        session_length=50,
        log_gap=1.0,
        piped=1,
        prompt_key=world.fresh(1),
        prompts=100,
        likeness=7,
        conversation=False,
        temperature=1.0,
        reasoning=1.0,
        model_share=[0.95, 0.05],
        adopts=8.6,
    )
    program(world, live_at(rows, home), 2, 1)
    later = put(rows.copy(), start=13.0, end=99.0, on_weekdays=0.08, on_weekends=0.15)
    world.join("model_taster", profiles, rows, put(later, requests_per_day=12.0))


KINDS = (
    olympiad_clubs,
    prompt_readers,
    paid_testers,
    competition_teams,
    fan_translators,
    crisis_mappers,
    examinees,
    model_tasters,
)
