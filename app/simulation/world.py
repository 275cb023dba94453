"""What accounts share: networks, client programs, tools, prompt families, payment methods.

Everything is counted, not named. Archetypes take from the world what their accounts use; two that
take the same thing are linked by it.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.simulation.calibration import Calibration
from app.simulation.rows import ACCOUNT, HABIT, NULL, FloatArray, IntArray, Rows
from app.state.layout import TASKS, TIERS, VERIFICATIONS

# The last is launched during the simulation, see ``World.launch_ms``.
MODELS = ("large-2", "large-1", "medium-2", "medium-1", "small-2", "small-1", "large-3")
LAUNCHED = len(MODELS) - 1
MODEL_REASONS = np.array([True, True, True, False, False, False, True])
MODEL_MS_PER_TOKEN = np.array([22.0, 20.0, 11.0, 10.0, 5.0, 4.0, 18.0])
SURFACES = ("api", "console", "partner-a", "partner-b")
LANGUAGES = ("en", "zh", "es", "de", "ja", "fr", "pt", "ko", "ru", "it", "hi", "ar", "nl", "tr")
COUNTRIES = ("US", "IN", "DE", "BR", "JP", "GB", "FR", "KR", "CA", "ES", "NL", "PL", "AU", "SG")
# Hours that the middle of each country is ahead of UTC, and the language most of it writes.
COUNTRY_ZONE = np.array([-6, 5, 1, -3, 9, 0, 1, 9, -5, 1, 1, 1, 10, 8])
COUNTRY_LANGUAGE = np.array([0, 0, 3, 6, 4, 0, 5, 7, 0, 2, 12, 0, 0, 0])

DAY_MS = 86_400_000
# Half of everyone moves to a new model, most of them within hours: the mean of the delay.
MOVE_MS = 7 * 3_600_000
# Where in the simulation the model is launched and the platform fails, as shares of its length.
LAUNCH_AT = 0.6
OUTAGES_AT = (0.23, 0.52, 0.81)
OUTAGE_MS = 35 * 60_000
POPULAR_PROMPTS = 4_000
PUBLIC_EMAIL_DOMAINS = 8
POPULAR_CLIENTS = 40
TOOLS = 200
CARRIERS = 24
VPN_EXITS = 12
PEOPLE_PER_EXIT = 50
PEOPLE_PER_PROXY = 250
ACCESS_ASNS = 60
HOSTING_ASNS = 12
# Private use (RFC 6996): a simulated network must not carry a real operator's number.
FIRST_ASN = 4_200_000_000

TASK = {name: index for index, name in enumerate(TASKS)}
TIER = {name: index for index, name in enumerate(TIERS)}
VERIFICATION = {name: index for index, name in enumerate(VERIFICATIONS)}


def zipf(rng: np.random.Generator, choices: int, size: int, exponent: float = 1.1) -> IntArray:
    """``size`` choices out of ``choices``, the k-th with weight k ** -exponent."""
    weight = np.arange(1, choices + 1, dtype=np.float64) ** -exponent
    return rng.choice(choices, size, p=weight / weight.sum())


def temperatures(rng: np.random.Generator, count: int) -> FloatArray:
    """What ``count`` API clients set, NaN where they do not."""
    return rng.choice([np.nan, 0.0, 0.2, 0.7, 1.0], count, p=[0.45, 0.2, 0.15, 0.12, 0.08])


@dataclass
class World:
    """The common ground of one simulation, from ``start_ms`` to ``end_ms``.

    ``heaviest_per_day`` bounds the volume of any one account: with the traces' 2.7 million requests
    a day a small population would be one client. ``people`` is how many benign accounts there will
    be: what they share with strangers by chance grows with them.
    """

    law: Calibration
    start_ms: int
    end_ms: int
    heaviest_per_day: float
    people: int = 10_000
    counts: dict[str, int] = field(default_factory=dict)
    _networks: list[Rows] = field(default_factory=list)
    _programs: list[Rows] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.new("email_domain", PUBLIC_EMAIL_DOMAINS)
        self.new("client", POPULAR_CLIENTS)
        shared = np.random.default_rng(0)
        self.carriers = self.add_networks(shared, CARRIERS, hosts=200, rotating=True, proxy=0.02)
        self.vpn = self.add_networks(shared, VPN_EXITS, hosts=6, rotating=True, proxy=0.93)
        # Home networks in which somebody, knowingly or not, lets a proxy seller's traffic out, and
        # rented machines that do: whoever buys proxies shares them with ordinary people.
        self.exits = self.add_residential(shared, self.exit_count)
        self.proxies = self.add_datacentre(shared, self.proxy_count)
        self.console_program = self.add_programs(1)
        self.popular_prompts = self.new("family", POPULAR_PROMPTS)
        schemas = shared.integers(6, 40, TOOLS)
        settings = temperatures(shared, TOOLS)
        self.tools = self.add_programs(TOOLS, tools=schemas, temperature=settings)
        self.tool_clients = self.new("client", TOOLS)

    @property
    def launch_ms(self) -> int:
        """When the last of ``MODELS`` becomes available: half of everyone moves within a day."""
        return self.start_ms + int(LAUNCH_AT * (self.end_ms - self.start_ms))

    @property
    def outages(self) -> IntArray:
        """When the platform fails, ``int64[n, 2]`` of start and end in ms.

        One in a simulation of less than two weeks, never longer than a thirtieth of it.
        """
        length = self.end_ms - self.start_ms
        shares = np.array(OUTAGES_AT if self.days >= 14 else OUTAGES_AT[1:2])
        begin = self.start_ms + (shares * length).astype(np.int64)
        return np.stack([begin, begin + min(OUTAGE_MS, length // 30)], axis=1)

    @property
    def days(self) -> float:
        """Length of the simulation."""
        return (self.end_ms - self.start_ms) / DAY_MS

    @property
    def exit_count(self) -> int:
        """Networks from ``exits`` on."""
        return max(24, self.people // PEOPLE_PER_EXIT)

    @property
    def proxy_count(self) -> int:
        """Networks from ``proxies`` on."""
        return max(12, self.people // PEOPLE_PER_PROXY)

    def new(self, kind: str, count: int) -> int:
        """The first of ``count`` new things of a kind."""
        first = self.counts.get(kind, 0)
        self.counts[kind] = first + count
        return first

    def add_networks(
        self,
        rng: np.random.Generator,
        count: int,
        *,
        hosts: int = 1 << 16,
        rotating: bool = False,
        proxy: float | FloatArray = 0.03,
        hosting: bool = False,
    ) -> int:
        """The first of ``count`` new /24 or /48 networks with ``hosts`` addresses each.

        A user of a rotating network has another address in each session, else always the same.
        """
        rows = np.zeros(count, NETWORK)
        rows["hosts"], rows["rotating"] = hosts, rotating
        offset = ACCESS_ASNS if hosting else 0
        rows["asn"] = (
            FIRST_ASN + offset + zipf(rng, HOSTING_ASNS if hosting else ACCESS_ASNS, count)
        )
        likelihood = np.clip(proxy + 0.02 * rng.standard_normal(count), 0.0, 1.0)
        rows["proxy"] = np.rint(likelihood * 10_000.0) / 10_000.0
        self._networks.append(rows)
        return self.new("network", count)

    def add_residential(self, rng: np.random.Generator, count: int) -> int:
        """The first of ``count`` new home networks that a proxy seller's traffic leaves by.

        Reputation services know a residential exit late and seldom: likelihoods of 0.27 on average.
        """
        return self.add_networks(rng, count, proxy=rng.beta(1.5, 4.0, count))

    def add_datacentre(self, rng: np.random.Generator, count: int) -> int:
        """The first of ``count`` new networks of rented machines that a proxy seller works with."""
        likelihood = rng.beta(5.0, 2.0, count)
        return self.add_networks(
            rng, count, hosts=200, rotating=True, proxy=likelihood, hosting=True
        )

    def add_programs(
        self, count: int, *, tools: npt.ArrayLike = 0, temperature: npt.ArrayLike = np.nan
    ) -> int:
        """The first of ``count`` new client programs: system prompt, tool schema, settings."""
        rows = np.zeros(count, PROGRAM)
        rows["tools"], rows["temperature"] = tools, temperature
        self._programs.append(rows)
        return self.new("program", count)

    def add_clients(self, rng: np.random.Generator, count: int) -> int:
        """The first of ``count`` new programs, with such tools and settings as API clients have."""
        tools = np.where(rng.random(count) < 0.4, rng.integers(1, 24, count), 0)
        return self.add_programs(count, tools=tools, temperature=temperatures(rng, count))

    def networks(self) -> Rows:
        """Every network, in the order of its number."""
        return np.concatenate(self._networks)

    def programs(self) -> Rows:
        """Every program, in the order of its number."""
        return np.concatenate(self._programs)

    def residents(self, count: int, rng: np.random.Generator, pays: float = 0.65) -> Rows:
        """``count`` ordinary accounts, with nothing in common but what everybody shares.

        ``pays``: the share of them that has a card on file.
        """
        rows = np.zeros(count, ACCOUNT)
        age_days = np.minimum(np.exp(np.log(200) + 1.1 * rng.standard_normal(count)), 1_500.0)
        rows["created_at"] = self.start_ms - (age_days * DAY_MS).astype(np.int64)
        rows["org"] = NULL
        paying = rng.random(count) < pays
        rows["payment"] = np.where(paying, self.new("payment", count) + np.arange(count), NULL)
        rows["email_domain"] = zipf(rng, PUBLIC_EMAIL_DOMAINS, count)
        rows["device"] = self.new("device", count) + np.arange(count)
        rows["referral"] = NULL
        rows["tier"] = np.where(paying, TIER["individual"], TIER["free"])
        rows["verification"] = np.where(paying, VERIFICATION["card"], VERIFICATION["email"])
        country = zipf(rng, len(COUNTRIES), count, 0.7)
        # Three in a hundred travel, moved, or pay with a card from elsewhere.
        elsewhere = rng.integers(0, len(COUNTRIES), count)
        rows["billing"] = np.where(paying, country, NULL)
        rows["access"] = np.where(rng.random(count) < 0.03, elsewhere, country)
        rows["zone"] = COUNTRY_ZONE[rows["access"]]
        return rows

    def habits(self, accounts: Rows, rng: np.random.Generator) -> Rows:
        """One habit for each of ``accounts``: from home, on the console, now and then."""
        count = len(accounts)
        rows = np.zeros(count, HABIT)
        rows["account"] = np.arange(count)
        rows["active_from"] = np.maximum(accounts["created_at"], self.start_ms)
        rows["active_to"] = self.end_ms
        rows["session_size"], rows["gap_ms"], rows["gap_cv"] = 4.0, 75_000.0, 1.2
        rows["active_share"], rows["volatility"], rows["period_ms"] = 1.0, 0.9, DAY_MS
        # Around four households of a provider share a /24.
        home = self.add_networks(rng, max(1, count // 4))
        rows["network"][:, 0] = home + rng.integers(0, max(1, count // 4), count)
        proxied = self.exits + rng.integers(0, self.exit_count, count)
        rows["network"][:, 0] = np.where(rng.random(count) < 0.08, proxied, rows["network"][:, 0])
        rows["network"][:, 1] = self.carriers + rng.integers(0, CARRIERS, count)
        rows["network"][:, 2] = self.hideaways(count, rng)
        uses_vpn = rng.random(count) < 0.06
        rows["network_share"] = np.where(uses_vpn[:, None], [0.5, 0.6], [0.75, 1.0])
        rows["client"] = zipf(rng, POPULAR_CLIENTS, 2 * count).reshape(count, 2)
        rows["client_share"] = 0.85
        rows["program"], rows["program_share"] = self.console_program, 1.0
        rows["model"] = zipf(rng, LAUNCHED, 2 * count, 0.6).reshape(count, 2)
        rows["model_share"] = 0.85
        delay = np.minimum(rng.exponential(MOVE_MS, count), DAY_MS).astype(np.int64)
        rows["moves_at"], rows["moves_to"] = self.launch_ms + delay, LAUNCHED
        rows["moves"] = np.where(rng.random(count) < 0.5, 0.95, 0.0)
        rows["language"][:, 0] = COUNTRY_LANGUAGE[accounts["access"]]
        rows["language_share"] = 0.88
        rows["surface"] = SURFACES.index("console")
        rows["elicitation"] = -2.4 + 0.8 * rng.standard_normal(count)
        rows["input_scale"], rows["output_scale"], rows["reasoning"] = 1.0, 1.0, 0.5
        rows["multi_turn"], rows["family_skew"], rows["flips"] = True, 1.0, 8
        rows["popular"] = self.law.assumed["popular_share"]
        self.choose_tasks(rows, rng, PEOPLES_TASKS)
        return rows

    def hideaways(self, count: int, rng: np.random.Generator) -> IntArray:
        """Networks of ``count`` people who hide where they are: VPN exits, and proxies they buy."""
        kind = rng.random(count)
        proxy = self.proxies + rng.integers(0, self.proxy_count, count)
        home = self.exits + rng.integers(0, self.exit_count, count)
        vpn = self.vpn + rng.integers(0, VPN_EXITS, count)
        return np.select([kind < 0.25, kind < 0.5], [proxy, home], vpn).astype(np.int64)

    def choose_tasks(
        self,
        habits: Rows,
        rng: np.random.Generator,
        weights: dict[str, float],
        focus: float | FloatArray = 0.6,
    ) -> None:
        """Give each habit three different tasks by ``weights``, the first at share ``focus``."""
        weight = np.zeros(len(TASKS))
        for name, value in weights.items():
            weight[TASK[name]] = value
        # The three largest of log weight + Gumbel noise are a draw without replacement.
        with np.errstate(divide="ignore"):
            scores = np.log(weight) + rng.gumbel(size=(len(habits), len(TASKS)))
        habits["task"] = np.argsort(-scores, axis=1)[:, :3]
        habits["task_share"][:, 0] = focus
        habits["task_share"][:, 1] = focus + (1.0 - np.asarray(focus)) * 0.65

    def volumes(
        self, rng: np.random.Generator, count: int, median: float, sigma: float
    ) -> FloatArray:
        """Requests per day of ``count`` accounts, log-normal."""
        volume = median * np.exp(sigma * rng.standard_normal(count))
        return np.minimum(volume, self.heaviest_per_day)


NETWORK = np.dtype(
    [
        ("hosts", np.int32),
        ("rotating", np.bool_),
        ("asn", np.int64),
        ("proxy", np.float32),
    ]
)
PROGRAM = np.dtype([("tools", np.int16), ("temperature", np.float32)])

PEOPLES_TASKS = {
    "chat": 5.0,
    "writing": 3.0,
    "software_engineering": 2.0,
    "translation": 1.0,
    "mathematics": 0.8,
    "data_analysis": 0.8,
    "vision": 0.5,
    "extraction": 0.3,
    "agentic_reasoning": 0.4,
    "long_horizon_planning": 0.3,
    "other": 1.0,
}
