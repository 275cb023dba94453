"""Every metric, in one place: what it means, and what to do when it moves."""

from app.metric_catalogue import Catalogue

CATALOGUE = Catalogue("reflux")

# Records in. For every partition: consumed = folded + duplicates + dead letters.

CONSUMED = CATALOGUE.counter(
    "consumed_records",
    "Records taken from an input topic.",
    "Flat while lag grows: the worker is stuck, see the watchdog in its log.",
    "topic",
    "partition",
)
CONSUMED_BYTES = CATALOGUE.counter(
    "consumed_bytes",
    "Bytes of record batches taken from an input topic.",
    "Rises faster than records: a producer sends larger ones or stopped compressing.",
    "topic",
)
FOLDED = CATALOGUE.counter(
    "folded_requests",
    "Requests folded into an account's row.",
    "Falls against consumed: look at duplicates and dead letters.",
    "partition",
)
DUPLICATES = CATALOGUE.counter(
    "duplicate_requests",
    "Requests recognised as a repeat and not counted again.",
    "Rises: a gateway retries its sends; ask for idempotent producing.",
    "partition",
)
LATE_REPEATS = CATALOGUE.counter(
    "late_repeat_requests",
    "Requests seen before, too long ago for the contract, and counted again.",
    "Rises: a producer replays old records; evidence is inflated by as much.",
    "partition",
)
DEAD_LETTERS = CATALOGUE.counter(
    "dead_letters",
    "Records that could not be folded, by reason.",
    "Read a few letters of that reason: `wrong_partition` is a producer without murmur2,"
    " `state_full` wants more workers or a higher limit, the rest a broken producer.",
    "topic",
    "reason",
)
DECODE_ERRORS = CATALOGUE.counter(
    "decode_errors",
    "Records whose bytes could not be decoded, by framing and reason.",
    "Rises after a producer's release: its schema changed; roll it back.",
    "framing",
    "reason",
)
SCHEMAS_AWAITED = CATALOGUE.gauge(
    "schemas_awaited",
    "Avro schemas that records of a topic wait for, until the schema registry has answered.",
    "Not zero for a minute: the registry is away; nothing is lost, and nothing goes on there.",
    "topic",
)
LAG = CATALOGUE.gauge(
    "lag_records",
    "Records between the worker's position and the end of the partition.",
    "Grows: add workers up to the partition count; decisions are late by its worth in time.",
    "topic",
    "partition",
)
CHUNK_RECORDS = CATALOGUE.histogram(
    "chunk_records",
    "Records per chunk handed to the kernels.",
    "Small under load: brokers return little per fetch; raise producers' linger.",
    "topic",
    buckets=(1, 10, 100, 1_000, 10_000, 100_000),
)
WATERMARK = CATALOGUE.gauge(
    "watermark_seconds",
    "Event time that the partition has reached, seconds since 1970.",
    "Stands still: no requests, or all are early or late; ahead of now: a gateway's clock.",
    "partition",
)

# State.

ACCOUNTS = CATALOGUE.gauge(
    "accounts",
    "Accounts held in memory.",
    "Jumps: sign-ups or an attack with fresh accounts; near the limit, add workers.",
    "partition",
)
LINKS = CATALOGUE.gauge(
    "links",
    "Links held in memory.",
    "Grows without end: some kind of link has values that no two accounts share.",
    "partition",
)
STATE_BYTES = CATALOGUE.gauge(
    "state_bytes",
    "Memory of a partition's table.",
    "More than 1 KiB an account: rows are not being reused; restart and report.",
    "table",
    "partition",
)
EXPIRED = CATALOGUE.counter(
    "expired_rows",
    "Rows dropped after their idle time.",
    "Stops while accounts grow: the watermark stands still.",
    "table",
)
CHECKPOINT_SECONDS = CATALOGUE.histogram(
    "checkpoint_seconds",
    "Time to make a transaction durable: `full` slices and `urgent` ones with actions.",
    "Beyond a second: brokers are slow to replicate; actions are late by as much.",
    "table",
    "kind",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
CHECKPOINT_ROWS = CATALOGUE.counter(
    "checkpoint_rows",
    "Rows written to changelogs.",
    "More than folded: rows are written again and again; raise the checkpoint interval.",
    "table",
)
CHECKPOINT_ABORTS = CATALOGUE.counter(
    "checkpoint_aborts",
    "Transactions aborted and written again.",
    "Rises: the brokers' transaction coordinator is unwell.",
    "table",
)
RECOVERY_SECONDS = CATALOGUE.gauge(
    "recovery_seconds",
    "Time the last recovery from changelogs took.",
    "Grows: compaction lags behind, see the changelogs' settings.",
)
RECOVERY_REMAINING = CATALOGUE.gauge(
    "recovery_remaining_records",
    "Changelog records still to be read before the partition works.",
    "Does not fall: the changelog cannot be read; see the log.",
    "topic",
    "partition",
)

# Decisions.

SCORING_SECONDS = CATALOGUE.histogram(
    "scoring_seconds",
    "Time from a chunk's bytes to its decisions, per record of the chunk.",
    "Rises: the machine is short of CPU or the rows fell out of its cache.",
    buckets=(5e-7, 1e-6, 2e-6, 4e-6, 8e-6, 1.6e-5, 1e-4, 1e-3),
)
ACTIONS = CATALOGUE.counter(
    "actions",
    "Enforcement actions by kind and mode (`live` or `shadow`).",
    "Jumps: read their reasons with `reflux tail`; if wrong, publish the policy in shadow mode.",
    "action",
    "mode",
)
ACTION_DELAY_SECONDS = CATALOGUE.histogram(
    "action_delay_seconds",
    "Wall clock from taking a record in to its action being durable.",
    "Beyond a few seconds: see checkpoint_seconds and the breaker.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
GUARD_TRIPPED = CATALOGUE.gauge(
    "guard_tripped",
    "1 while a blast-radius limit has put a partition into shadow mode.",
    "Is 1: nothing is enforced there. Read the shadow actions; if they are right, raise the limit"
    " in the policy.",
    "guard",
    "partition",
)
GUARD_TRIPS = CATALOGUE.counter(
    "guard_trips",
    "Times a blast-radius limit tripped.",
    "As guard_tripped.",
    "guard",
)
BREAKER_HELD = CATALOGUE.gauge(
    "breaker_held_actions",
    "Actions held back by the wall-clock breaker.",
    "Above 0: more actions than the setting allows per minute; check that they are right.",
)
POLICY = CATALOGUE.info(
    "policy",
    "Name, version and author of the policy in force.",
    "Differs between workers for more than 2 seconds: one cannot read the policy topic.",
)
POLICY_EFFECTIVE = CATALOGUE.gauge(
    "policy_effective_seconds",
    "Event time from which the policy in force judges, seconds since 1970.",
    "Ahead of the watermark: the newest policy does not judge yet.",
)
POLICIES_REFUSED = CATALOGUE.counter(
    "refused_policies",
    "Published policies that were invalid and did not come into force.",
    "Rises: the log names field and reason; publish with `reflux policy apply`, which checks.",
)
SNAPSHOT = CATALOGUE.gauge(
    "population_snapshot",
    "Number of the newest whole population snapshot.",
    "Stands still for hours: a partition sends no part; without a snapshot nothing is enforced.",
)
WATCHED = CATALOGUE.gauge(
    "watched_programs",
    "Programs of campaigns that accounts are held against at once.",
    "Thousands: campaigns take over what everybody uses; look at `reflux report`, dismiss.",
)
POPULATION_ACCOUNTS = CATALOGUE.gauge(
    "population_accounts",
    "Accounts in the newest population snapshot, the older half of the active ones.",
    "Far from accounts active in an hour: parts are missing.",
)
OPERATOR_COMMANDS = CATALOGUE.counter(
    "operator_commands",
    "Manual commands applied, by command.",
    "Many releases: the detector is wrong about someone; see their reasons.",
    "command",
)
SIGHTINGS = CATALOGUE.counter(
    "sightings",
    "Sightings sent to links.",
    "Falls to 0 while requests flow: epochs do not close.",
    "kind",
)
LINKS_ASSESSED = CATALOGUE.counter(
    "assessed_links",
    "Links judged at the ends of sighting periods: those with three members or more.",
    "Stands still while sightings flow: no period closes; see closed_period.",
)
LINKS_FLAGGED = CATALOGUE.gauge(
    "flagged_links",
    "Links found to be a campaign's when the last sighting period was closed.",
    "Jumps: a campaign, or a mistake about many at once; read `reflux tail campaigns.v1`.",
    "partition",
)
CLOSED_PERIOD = CATALOGUE.gauge(
    "closed_period",
    "Number of the newest sighting period that the links of the partition have closed.",
    "Behind other partitions: the links' lag; behind event time by more than two periods: no"
    " partition of accounts completes one.",
    "partition",
)
CAMPAIGNS = CATALOGUE.gauge(
    "campaigns",
    "Campaigns told of when the last sighting period was closed, by status.",
    "A new one that is confirmed: read its record; dismiss it with `reflux campaign dismiss` if it"
    " is none.",
    "partition",
    "status",
)
VERDICTS = CATALOGUE.counter(
    "verdicts",
    "Verdicts sent to accounts: `member` of a campaign, or `withdrawal`; `ring` and `web` tell an"
    " account whom its links join it to, and nothing follows from them.",
    "Many withdrawals: links are flagged and let go again; look at what changed in the policy.",
    "kind",
)
CAMPAIGN_COMMANDS = CATALOGUE.counter(
    "campaign_commands",
    "Manual commands about campaigns that this worker has read, by command.",
    "Many dismissals: the campaign detector is wrong about someone; read their reasons.",
    "command",
)
CAMPAIGN_COMMANDS_REFUSED = CATALOGUE.counter(
    "refused_campaign_commands",
    "Manual commands about campaigns that could not be read and changed nothing.",
    "Rises: the log names the reason; use `reflux campaign`, which checks.",
)

# The process.

LOOP_LAG_SECONDS = CATALOGUE.gauge(
    "loop_lag_seconds",
    "How late the event loop ran a timer, at worst in the last ten seconds.",
    "Beyond a second: something blocks the loop; heartbeats are at risk.",
)
LOOP_LATE_SECONDS = CATALOGUE.histogram(
    "loop_late_seconds",
    "How late the event loop ran a timer that is due a hundred times a second.",
    "Much beyond 0.05: a call blocks the loop, and actions and heartbeats wait for it.",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0),
)
READY = CATALOGUE.gauge(
    "ready",
    "1 when every partition the worker owns has recovered.",
    "0 for minutes: see recovery_remaining_records.",
)
PARTITIONS_OWNED = CATALOGUE.gauge(
    "partitions_owned",
    "Partitions of the requests topic this worker owns.",
    "0: more workers than partitions, or it is not in the group.",
)

_BY_PARTITION = (
    LAG,
    WATERMARK,
    ACCOUNTS,
    LINKS,
    STATE_BYTES,
    RECOVERY_REMAINING,
    GUARD_TRIPPED,
    LINKS_FLAGGED,
    CLOSED_PERIOD,
    CAMPAIGNS,
)


def forget_partition(partition: int) -> None:
    """Drop the gauges of a partition this worker no longer owns: its new owner reports them.

    Counters stay: they count what this process did.
    """
    for gauge in _BY_PARTITION:
        gauge.remove_by_labels({"partition": str(partition)})
