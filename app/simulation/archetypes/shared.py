"""Colleagues who share an address, a payment method, a domain: companies and their products."""

import numpy as np

from app.simulation import rhythm
from app.simulation.archetypes.builders import with_tools
from app.simulation.archetypes.people import at_leisure
from app.simulation.archetypes.sizes import in_one_place, of_each, teams
from app.simulation.arrivals import Conversations
from app.simulation.crowd import Group, Habit
from app.simulation.world import DAY_MS, LANGUAGES, SURFACES, TIER, VERIFICATION, World

HOUR_MS = 3_600_000


def corporate_nat(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: companies and campuses, each behind one address; accounts are people's own."""
    accounts = world.residents(count, rng)
    company = teams(rng, count, 30.0, 1.0)
    in_one_place(accounts, company)
    rows = at_leisure(accounts, world, rng)
    networks = world.add_networks(rng, int(company[-1]) + 1, hosts=1, proxy=0.15)
    rows["network"][:, 0] = networks + company
    rows["network_share"] = [0.85, 1.0]
    rows["rhythm"] = rhythm.OFFICE
    rows["requests_per_day"] *= 2.0
    return Group("corporate_nat", accounts, with_tools(rows, 0.1, world, rng), cohort=company)


def enterprise_seats(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: one payment method and e-mail domain, created in bulk, office hours."""
    accounts = world.residents(count, rng)
    company = teams(rng, count, 60.0, 0.8)
    companies = int(company[-1]) + 1
    accounts["tier"], accounts["verification"] = TIER["enterprise"], VERIFICATION["contract"]
    for reference in ("org", "payment", "email_domain"):
        accounts[reference] = world.new(reference, companies) + company
    rollout = world.start_ms - (rng.uniform(5, 300, companies) * DAY_MS).astype(np.int64)
    # A third starts in the time simulated. An administrator's script creates seats in a minute.
    starts = rng.random(companies) < min(0.33, world.days / 100.0)
    soon = world.start_ms + (rng.uniform(0.0, 0.7, companies) * world.days * DAY_MS).astype(
        np.int64
    )
    rollout = np.where(starts, soon, rollout)
    accounts["created_at"] = rollout[company] + rng.integers(0, 60_000, count)
    in_one_place(accounts, company)
    rows = at_leisure(accounts, world, rng)
    rows["network"][:, 0] = world.add_networks(rng, companies, hosts=4, proxy=0.15) + company
    rows["network_share"] = [0.8, 1.0]
    rows["rhythm"], rows["volatility"] = rhythm.OFFICE, 0.6
    rows["requests_per_day"] = world.volumes(rng, count, 3.0, 1.0)
    rows["program"] = (world.add_programs(companies) + company)[:, None]
    # The same few work flows for everybody: an assistant of the company's own.
    rows["family"] = world.new("family", 20 * companies) + 20 * company
    rows["families"], rows["fresh"] = 20, 0.7
    return Group("enterprise_seats", accounts, with_tools(rows, 0.1, world, rng), cohort=company)


def multilingual_product(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: one product with an account per market: one program, every language."""
    accounts = world.residents(count, rng)
    firm = teams(rng, count, 12.0, 0.7)
    firms = int(firm[-1]) + 1
    accounts["tier"] = TIER["team"]
    accounts["verification"] = VERIFICATION["card"]
    for reference in ("org", "payment", "email_domain"):
        accounts[reference] = world.new(reference, firms) + firm
    accounts["billing"] = of_each(firm, accounts["access"])
    rows = world.habits(accounts, rng)
    rows["requests_per_day"] = world.volumes(rng, count, 10.0, 0.6)
    rows["rhythm"], rows["surface"] = rhythm.API, SURFACES.index("api")
    cloud = world.add_networks(rng, 2 * firms, hosts=16, hosting=True, proxy=0.35)
    rows["network"] = cloud + 2 * firm[:, None] + rng.integers(0, 2, (count, 3))
    rows["client"] = (world.new("client", firms) + firm)[:, None]
    rows["program"] = (world.add_clients(rng, firms) + firm)[:, None]
    rows["family"] = world.new("family", 15 * firms) + 15 * firm
    rows["families"], rows["family_skew"], rows["fresh"], rows["flips"] = 15, 1.5, 0.3, 8
    rows["language"] = rng.integers(0, len(LANGUAGES), (count, 2))
    rows["language_share"], rows["popular"] = 0.8, 0.0
    rows["session_size"], rows["gap_ms"] = 3.0, 30_000.0
    world.choose_tasks(
        rows, rng, {"translation": 4.0, "chat": 4.0, "writing": 3.0, "classification": 1.0}, 0.6
    )
    return Group("multilingual_product", accounts, [Habit(Conversations(), rows)], cohort=firm)


def niche_product(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: a small product that customers use with accounts of their own, and evenly.

    5 to 300 strangers, one client, a few prompt families, much the same volume each. A third of
    these products code, calculate or reason. A third have a program for each kind of question, as
    one that plans, one that answers and one that checks; the others have one for all. A quarter
    are hosted: whoever uses them comes from the product's few addresses at a cloud's.
    """
    accounts = world.residents(count, rng, pays=0.9)
    product = teams(rng, count, 25.0, 1.0, least=5, most=300, share=0.4)
    products = int(product[-1]) + 1
    # Its customers came one after the other since it opened; it may have opened just now.
    opened = world.start_ms - rng.uniform(-0.5 * world.days, 250.0, products) * DAY_MS
    latest = world.start_ms + 0.8 * world.days * DAY_MS
    joined = opened[product] + rng.random(count) * (latest - opened[product])
    accounts["created_at"] = joined.astype(np.int64)
    rows = at_leisure(accounts, world, rng)
    busy = np.exp(rng.uniform(np.log(3), np.log(40), products))[product]
    rows["requests_per_day"] = np.minimum(
        busy * np.exp(0.2 * rng.standard_normal(count)), world.heaviest_per_day
    )
    rows["volatility"] = rng.uniform(0.2, 0.8, products)[product]
    rows["surface"] = SURFACES.index("api")
    rows["client"] = (world.new("client", products) + product)[:, None]
    hosted = (rng.random(products) < 0.25)[product]
    cloud = world.add_networks(rng, products, hosts=3, hosting=True, proxy=0.5) + product
    rows["network"] = np.where(hosted[:, None], cloud[:, None], rows["network"])
    staged = rng.random(products) < 1 / 3
    families = np.exp(rng.uniform(np.log(3), np.log(60), products)).astype(np.int64)
    families = np.where(staged, rng.integers(2, 9, products), families)
    ends = np.cumsum(families)
    programs = np.where(staged, families, 1)
    first = np.cumsum(programs) - programs
    rows["templated"] = staged[product]
    rows["program"] = (world.add_clients(rng, int(programs.sum())) + first)[product, None]
    rows["family"] = (world.new("family", int(ends[-1])) + ends - families)[product]
    rows["families"], rows["family_skew"] = families[product], 1.4
    rows["fresh"] = rng.uniform(0.0, 0.4, products)[product]
    rows["flips"] = rng.integers(3, 11, products)[product]
    rows["popular"] = 0.0
    rows["multi_turn"] = (rng.random(products) < 0.5)[product]
    rows["session_size"] = np.exp(rng.uniform(0.0, np.log(8), products))[product]
    rows["model"] = rng.integers(0, 6, products)[product, None]
    reasons = (rng.random(products) < 0.35)[product]
    thinking = {"software_engineering": 4.0, "mathematics": 3.0, "agentic_reasoning": 3.0}
    thinking |= {"long_horizon_planning": 1.0, "data_analysis": 1.0}
    ordinary = {"chat": 4.0, "writing": 3.0, "extraction": 2.0, "translation": 1.0, "vision": 1.0}
    focus = rng.uniform(0.5, 0.95, products)[product]
    for weights, mine in ((thinking, reasons), (ordinary, ~reasons)):
        part = rows[mine]
        world.choose_tasks(part, rng, weights, focus[mine])
        rows[mine] = part
    rows["task"] = rows["task"][np.searchsorted(product, product)]
    score = np.where(reasons, 0.2, -2.0) + (0.6 * rng.standard_normal(products))[product]
    rows["elicitation"] = score + 0.2 * rng.standard_normal(count)
    rows["long_context"] = rng.uniform(0.0, 0.6, products)[product]
    rows["output_scale"] = np.exp(0.4 * rng.standard_normal(products))[product]
    return Group("niche_product", accounts, [Habit(Conversations(), rows)], cohort=product)


def laboratory(count: int, world: World, rng: np.random.Generator) -> Group:
    """Hard negative: a research group on one grant's card, whose harness asks for reasoning.

    Half of them share the card and the others have one each; none has an organisation's id. What
    they have in common is the institute: its e-mail domain and its network.
    """
    accounts = world.residents(count, rng, pays=1.0)
    group = teams(rng, count, 9.0, 0.6, most=40)
    groups = int(group[-1]) + 1
    one_card = (rng.random(groups) < 0.5)[group]
    card = world.new("payment", groups) + group
    accounts["payment"] = np.where(one_card, card, accounts["payment"])
    accounts["email_domain"] = world.new("email_domain", groups) + group
    accounts["tier"], accounts["verification"] = TIER["team"], VERIFICATION["card"]
    in_one_place(accounts, group)
    rows = at_leisure(accounts, world, rng)
    rows["network"][:, 0] = world.add_networks(rng, groups, hosts=16, proxy=0.1) + group
    rows["network_share"] = [0.7, 1.0]
    rows["rhythm"] = np.where(rng.random(count) < 0.6, rhythm.OFFICE, rhythm.EVENING)
    rows["requests_per_day"] = world.volumes(rng, count, 20.0, 0.9)
    rows["volatility"], rows["surface"] = 1.0, SURFACES.index("api")
    # A program for each kind of experiment.
    families = rng.integers(2, 6, groups)
    first = np.cumsum(families) - families
    rows["templated"] = True
    rows["program"] = (world.add_clients(rng, int(families.sum())) + first)[group, None]
    rows["family"] = (world.new("family", int(families.sum())) + first)[group]
    rows["families"], rows["fresh"], rows["flips"] = families[group], 0.5, 6
    rows["session_size"], rows["popular"] = 8.0, 0.0
    thinking = {"mathematics": 3.0, "agentic_reasoning": 3.0, "software_engineering": 2.0}
    world.choose_tasks(rows, rng, thinking | {"long_horizon_planning": 2.0}, 0.85)
    rows["task"] = rows["task"][np.searchsorted(group, group)]
    rows["elicitation"] = 0.3 + (0.4 * rng.standard_normal(groups))[group]
    return Group("laboratory", accounts, [Habit(Conversations(), rows)], cohort=group)
