"""The figures of a case file, each with the records and the arithmetic behind it.

Figures that only count from the sighting period on in which each account was found say so in their
names, and so do those that are upper bounds: whoever quotes one must not take it for more.

Sources are named by letters: ``C`` is the campaign's record, ``A`` the actions about its accounts,
``S`` those accounts' newest standings. ``C.accounts`` is a field; ``A: ...`` says what was counted.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.events.campaigns import Campaign, CampaignLink
from app.events.enforcement import DETECTOR
from app.reports.actions import ActionBook, Noted
from app.reports.places import Extent, Place, extents

DAY_MS = 86_400_000
STEPS = ("observe", "throttle", "suspend", "release")
"""Kinds of actions, from the mildest on."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value (None: there is nothing to make it from) and what it was made from."""

    value: int | float | str | None
    source: str


@dataclass(frozen=True, slots=True)
class Connection:
    """A link that members share, and how likely that is.

    One of ``one_in`` active accounts has it (None: none but a vanishing share). Were the campaign's
    accounts strangers drawn at random, ``by_chance`` of them would.
    """

    kind: str
    hash: str
    members: int
    population: int
    rarity: float
    one_in: float | None
    by_chance: float
    source: str


@dataclass(frozen=True, slots=True)
class Moment:
    """An action, by all its names."""

    at: int
    account_id: str
    action_id: str
    place: str


@dataclass(frozen=True, slots=True)
class Step:
    """All actions of a kind. ``names_campaign`` False: on its accounts, for another reason."""

    action: str
    names_campaign: bool
    actions: int
    accounts: int
    first: Moment
    last: Moment
    source: str


@dataclass(frozen=True, slots=True)
class Day:
    """Distinct accounts per kind of action on one day (UTC) of event time."""

    day: str
    accounts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Case:
    """A case file. Times are event times in ms since 1970 UTC."""

    campaign_id: str
    status: str
    figures: dict[str, Figure]
    capabilities: dict[str, Figure]
    models: list[Figure]
    connections: list[Connection]
    evidence: list[Figure]
    steps: list[Step]
    days: list[Day]
    standing: dict[str, Figure]
    prevented: dict[str, Figure]
    certainty: dict[str, Figure]
    caveats: list[str]
    record: str
    """Where the campaign's record stands: source C."""
    actions: list[Extent] = field(default_factory=list)
    """Source A."""
    standings: list[Extent] = field(default_factory=list)
    """Source S."""


def make_case(record: Campaign, place: Place, book: ActionBook) -> Case:
    """The case file of the campaign in ``record``, which stands at ``place``."""
    as_of = max(record.last_seen, book.newest)
    in_force = [n for n in book.standings.values() if _in_force(n, as_of)]
    certainty = _certainty(record, book, in_force)
    return Case(
        campaign_id=record.campaign_id,
        status=record.status,
        figures=_figures(record),
        capabilities={
            task: Figure(share, f"C.tasks.{task}")
            for task, share in sorted(record.tasks.items(), key=lambda item: (-item[1], item[0]))
        },
        models=[Figure(model, f"C.models[{i}]") for i, model in enumerate(record.models)],
        connections=_connections(record),
        evidence=[Figure(text, f"C.evidence[{i}]") for i, text in enumerate(record.evidence)],
        steps=_steps(book.actions),
        days=_days(book.actions),
        standing=_standing(book, in_force, as_of),
        prevented={
            "interactions_at_most": Figure(
                record.prevented_interactions, "C.prevented_interactions"
            ),
            "share_since_found_at_most": Figure(
                _ratio(record.prevented_interactions, record.interactions),
                "C.prevented_interactions / C.interactions",
            ),
        },
        certainty=certainty,
        caveats=_caveats(record, book),
        record=str(place),
        actions=extents([noted.place for noted in book.actions]),
        standings=extents([noted.place for noted in book.standings.values()]),
    )


def _figures(record: Campaign) -> dict[str, Figure]:
    days = (record.last_seen - record.first_seen) / DAY_MS
    return {
        "first_seen": Figure(record.first_seen, "C.first_seen"),
        "last_seen": Figure(record.last_seen, "C.last_seen"),
        "days": Figure(days, "(C.last_seen - C.first_seen) / one day"),
        "accounts": Figure(record.accounts, "C.accounts"),
        "interactions_since_found": Figure(record.interactions, "C.interactions"),
        "interactions_per_account_since_found": Figure(
            _ratio(record.interactions, record.accounts), "C.interactions / C.accounts"
        ),
        "input_tokens_since_found": Figure(record.input_tokens, "C.input_tokens"),
        "output_tokens_since_found": Figure(record.output_tokens, "C.output_tokens"),
        "confidence": Figure(record.confidence, "C.confidence"),
    }


def _connections(record: Campaign) -> list[Connection]:
    """The links, the most telling first: by how many more members have them than by chance."""

    def telling(link: CampaignLink) -> float:
        by_chance = record.accounts * (1.0 - link.rarity)
        # A surplus of strangers in standard deviations of their number under independence.
        return (link.members - by_chance) / math.sqrt(by_chance + 1.0)

    numbered = sorted(enumerate(record.links), key=lambda one: (-telling(one[1]), one[0]))
    return [
        Connection(
            kind=link.kind,
            hash=link.hash,
            members=link.members,
            population=link.population,
            rarity=link.rarity,
            one_in=1.0 / (1.0 - link.rarity) if link.rarity < 1.0 else None,
            by_chance=record.accounts * (1.0 - link.rarity),
            source=f"C.links[{i}]; by chance: C.accounts * (1 - rarity)",
        )
        for i, link in numbered
    ]


def _steps(actions: list[Noted]) -> list[Step]:
    kinds: defaultdict[tuple[bool, str], list[Noted]] = defaultdict(list)
    for noted in actions:
        kinds[noted.names_campaign, noted.action].append(noted)
    order = sorted(kinds, key=lambda kind: (not kind[0], STEPS.index(kind[1])))
    return [_step(kinds[kind], *kind) for kind in order]


def _step(actions: list[Noted], names_campaign: bool, action: str) -> Step:
    ordered = sorted(actions, key=lambda noted: (noted.issued_at, noted.account_id))
    about = "naming the campaign" if names_campaign else "later, about its accounts, not naming it"
    return Step(
        action=action,
        names_campaign=names_campaign,
        actions=len(actions),
        accounts=len({noted.account_id for noted in actions}),
        first=_moment(ordered[0]),
        last=_moment(ordered[-1]),
        source=f"A: action = {action}, {about}",
    )


def _moment(noted: Noted) -> Moment:
    return Moment(noted.issued_at, noted.account_id, noted.action_id, str(noted.place))


def _days(actions: list[Noted]) -> list[Day]:
    accounts: defaultdict[int, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for noted in actions:
        accounts[noted.issued_at // DAY_MS][noted.action].add(noted.account_id)
    return [
        Day(
            datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date().isoformat(),
            {step: len(accounts[day][step]) for step in STEPS if accounts[day][step]},
        )
        for day in sorted(accounts)
    ]


def _standing(book: ActionBook, in_force: list[Noted], as_of: int) -> dict[str, Figure]:
    found = {
        "as_of": Figure(as_of, "the later of C.last_seen and the newest action read"),
        "accounts": Figure(len(book.standings), "S: accounts"),
    }
    for step in ("suspend", "throttle", "observe"):
        count = sum(noted.action == step for noted in in_force)
        found[step] = Figure(count, f"S: action = {step}, not expired at as_of")
    released = sum(noted.action == "release" for noted in book.standings.values())
    found["release"] = Figure(released, "S: action = release")
    lapsed = len(book.standings) - len(in_force) - released
    found["lapsed"] = Figure(lapsed, "S: expired at as_of")
    return found


def _in_force(noted: Noted, as_of: int) -> bool:
    return noted.action != "release" and (noted.expires_at is None or noted.expires_at > as_of)


def _certainty(record: Campaign, book: ActionBook, in_force: list[Noted]) -> dict[str, Figure]:
    told = book.probabilities
    reason = "A, S: newest reason `campaign` of each account"
    found = {
        "confidence": Figure(record.confidence, "C.confidence"),
        "told": Figure(len(told), f"{reason}: accounts"),
        "lowest": Figure(min(told.values(), default=None), f"{reason}: minimum"),
        "mean": Figure(_ratio(math.fsum(told.values()), len(told)), f"{reason}: mean"),
    }
    for step in ("suspend", "throttle"):
        held = [told[n.account_id] for n in in_force if n.action == step and n.account_id in told]
        found[f"expected_strangers_{step}"] = Figure(
            math.fsum(1.0 - probability for probability in held),
            f"{reason}: sum of 1 - p over {len(held)} accounts whose {step} is in force",
        )
    released = _accounts(n for n in book.actions if n.action == "release")
    by_hand = _accounts(n for n in book.actions if n.action == "release" and n.actor != DETECTOR)
    found["released"] = Figure(len(released), "A: action = release: accounts")
    found["released_by_operators"] = Figure(
        len(by_hand), f"A: action = release, actor other than {DETECTOR}: accounts"
    )
    return found


def _accounts(actions: Iterable[Noted]) -> set[str]:
    return {noted.account_id for noted in actions}


def _caveats(record: Campaign, book: ActionBook) -> list[str]:
    caveats = [
        "Accounts are counted by a sketch, with a standard error of about 3 %; members and"
        " populations of links likewise, where they are many.",
        "Interactions, tokens and shares of capabilities are counted from the sighting period of"
        " six hours on in which each account was found to be in the campaign. What it asked before"
        " is not in the record, so all of these are below what the campaign asked for in all; by"
        " how much, the record cannot tell. First seen is the first request of any account, found"
        " or not.",
        "What was prevented is an estimate, and rather too high: all of a sighting period's"
        " requests of an account that is suspended when it ends, those before the suspension too,"
        " and of others the share refused in the week before. Its share is of what was asked since"
        " each account was found; of the whole campaign it is less, and no such figure can be had"
        " here.",
        "Probabilities are the detector's own. Expected strangers are right as far as these are;"
        " accounts acted on for what each did alone have none and are not in that sum.",
    ]
    if record.status == "forming":
        caveats.append(
            "The campaign is forming: what its accounts share does not suffice to suspend them."
            " Who is suspended, is for what the account did alone."
        )
    if record.status == "dismissed":
        caveats.append("An operator has dismissed it: by that decision it is no campaign.")
    if book.earlier:
        caveats.append(
            f"{book.earlier:,} accounts stand by actions that are kept no longer: they are in the"
            " standings and missing from the actions."
        )
    return caveats


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
