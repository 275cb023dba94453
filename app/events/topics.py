"""Every topic of the contract: its key, its record, who writes and who reads it.

Names here lack the prefix (``reflux.`` by default) that a deployment puts before them. How many
partitions and replicas a topic has and how long it is kept is the deployment's, in
``app/kafka/topics.yaml``; what the code relies on is here, and a test holds the two together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from app.events.campaign_commands import CampaignCommand
from app.events.campaigns import Campaign
from app.events.dead_letters import DeadLetter
from app.events.enforcement import Enforcement
from app.events.findings import LinkFinding
from app.events.markers import SweepMarker
from app.events.operators import OperatorCommand
from app.events.policies import PolicyRecord
from app.events.population import PopulationPart
from app.events.profiles import Profile
from app.events.record import Record
from app.events.requests import Request
from app.events.sightings import Sighting
from app.events.verdicts import Verdict
from app.events.watches import WatchList

Framing = Literal["json", "avro"]
Partitioning = Literal["account", "link", "shared", "single"]
"""How a topic's partition count is bound.

``account``: keyed by account, murmur2; all of these have the same count, or an account's records
would meet different workers. ``link``: likewise for links. ``shared``: any count will do.
``single``: one, since all workers must read its records in the same order.
"""


@dataclass(frozen=True)
class Topic:
    """One topic, without its prefix."""

    name: str
    record: type[Record]
    key: str
    partitioning: Partitioning
    compacted: bool
    direction: Literal["input", "output", "control", "internal"]
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    summary: str
    framings: tuple[Framing, ...] = ("json", "avro")
    besides: tuple[type[Record], ...] = ()
    """What workers say to each other between the records, always as Avro."""

    def full_name(self, prefix: str) -> str:
        """The topic's name on a cluster."""
        return prefix + self.name


WORKER = "reflux worker"
OPERATOR = "reflux command"
INFRASTRUCTURE = "enforcement infrastructure"

REQUESTS = Topic(
    name="requests.v1",
    record=Request,
    key="account_id",
    partitioning="account",
    compacted=False,
    direction="input",
    writers=("gateway",),
    readers=(WORKER,),
    summary="One record per API request.",
)
PROFILES = Topic(
    name="profiles.v1",
    record=Profile,
    key="account_id",
    partitioning="account",
    compacted=True,
    direction="input",
    writers=("billing",),
    readers=(WORKER,),
    summary="What billing and sign-up know of an account; a tombstone forgets it.",
)
ENFORCEMENTS = Topic(
    name="enforcements.v1",
    record=Enforcement,
    key="account_id",
    partitioning="account",
    compacted=False,
    direction="output",
    writers=(WORKER,),
    readers=(INFRASTRUCTURE, OPERATOR),
    summary="Every enforcement action, as it is decided.",
)
ENFORCEMENT_STATE = Topic(
    name="enforcement-state.v1",
    record=Enforcement,
    key="account_id",
    partitioning="account",
    compacted=True,
    direction="output",
    writers=(WORKER,),
    readers=(INFRASTRUCTURE, OPERATOR),
    summary="The standing of every account ever acted on.",
)
ENFORCEMENTS_SHADOW = Topic(
    name="enforcements-shadow.v1",
    record=Enforcement,
    key="account_id",
    partitioning="account",
    compacted=False,
    direction="output",
    writers=(WORKER,),
    readers=(OPERATOR,),
    summary="What a detector or policy in shadow mode would have done; apply none of it.",
)
CAMPAIGNS = Topic(
    name="campaigns.v1",
    record=Campaign,
    key="campaign_id",
    partitioning="shared",
    compacted=True,
    direction="output",
    writers=(WORKER,),
    readers=(INFRASTRUCTURE, OPERATOR),
    summary="What is known of each campaign.",
)
POLICY = Topic(
    name="policy.v1",
    record=PolicyRecord,
    key="policy name",
    partitioning="single",
    compacted=True,
    direction="control",
    writers=(OPERATOR,),
    readers=(WORKER, OPERATOR),
    summary="The thresholds in force, as one whole document per policy name.",
    framings=("json",),
)
OPERATORS = Topic(
    name="operators.v1",
    record=OperatorCommand,
    key="account_id",
    partitioning="account",
    compacted=False,
    direction="control",
    writers=(OPERATOR,),
    readers=(WORKER,),
    summary="Manual suspend, throttle, release and exempt.",
)
CAMPAIGN_COMMANDS = Topic(
    name="campaign-commands.v1",
    record=CampaignCommand,
    key="campaign_id",
    partitioning="shared",
    compacted=False,
    direction="control",
    writers=(OPERATOR,),
    readers=(WORKER,),
    summary="Manual confirm, dismiss and undo of a campaign.",
)
SIGHTINGS = Topic(
    name="sightings.v1",
    record=Sighting,
    key="link, as kind:hash",
    partitioning="link",
    compacted=False,
    direction="internal",
    writers=(WORKER,),
    readers=(WORKER,),
    summary="Every active account under each of its links, once per sighting period; and a marker"
    " from each partition of accounts that has completed one, and findings about links for whoever"
    " keeps a campaign's record.",
    framings=("avro",),
    besides=(SweepMarker, LinkFinding),
)
VERDICTS = Topic(
    name="verdicts.v1",
    record=Verdict,
    key="account_id",
    partitioning="account",
    compacted=False,
    direction="internal",
    writers=(WORKER,),
    readers=(WORKER,),
    summary="What a campaign found out about an account; and a marker from each partition of links"
    " that has closed a sighting period.",
    besides=(SweepMarker,),
)
POPULATION = Topic(
    name="population.v1",
    record=PopulationPart,
    key="snapshot:partition",
    partitioning="single",
    compacted=True,
    direction="internal",
    writers=(WORKER,),
    readers=(WORKER,),
    summary="The distributions that evidence is judged against.",
)
WATCHES = Topic(
    name="watches.v1",
    record=WatchList,
    key="partition:slot",
    partitioning="single",
    compacted=True,
    direction="internal",
    writers=(WORKER,),
    readers=(WORKER,),
    summary="Programs that were found to be a campaign's: whoever uses one is held against it at"
    " once.",
    framings=("json",),
)
DEAD_LETTERS = Topic(
    name="dead-letters.v1",
    record=DeadLetter,
    key="topic:partition:offset",
    partitioning="shared",
    compacted=False,
    direction="output",
    writers=(WORKER,),
    readers=("producers' engineers",),
    summary="Records that could not be folded, whole or cut to 64 KiB, with the reason.",
)

TOPICS: tuple[Topic, ...] = (
    REQUESTS,
    PROFILES,
    ENFORCEMENTS,
    ENFORCEMENT_STATE,
    ENFORCEMENTS_SHADOW,
    CAMPAIGNS,
    POLICY,
    OPERATORS,
    CAMPAIGN_COMMANDS,
    SIGHTINGS,
    VERDICTS,
    POPULATION,
    WATCHES,
    DEAD_LETTERS,
)


def records() -> Iterator[type[Record]]:
    """Each record type once, in the order of the topics; what stands beside others last."""
    yield from dict.fromkeys(
        (*(topic.record for topic in TOPICS), *(one for topic in TOPICS for one in topic.besides))
    )
