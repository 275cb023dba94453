"""The records of the topics that are decoded in columns, as the wire contract has them.

The first bad field in this order is the one that a dead letter names. Optional fields are the
nullable ones: they may be absent, everything else is required.
"""

from app.kernels import columns as c
from app.kernels.spec import INT_MAX, LONG_MAX, Field, Kind, RecordSpec
from app.state.layout import TASKS, TIERS, VERIFICATIONS

# The end of year 9999: beyond it lie microseconds and nanoseconds sent as milliseconds.
MAX_TIME_MS = 253_402_300_799_999
# Autonomous system numbers have 32 bits without a sign. Avro's int ends at half of that.
MAX_ASN = 2**32 - 1
ID_CHARS = 64


def _identifier(name: str, column: int, kind: Kind) -> Field:
    return Field(name=name, kind=kind, column=column, min_chars=1, max_chars=ID_CHARS)


def _count(name: str, column: int, minimum: int = 0, maximum: int = INT_MAX) -> Field:
    return Field(
        name=name, kind=Kind.INT, column=column, minimum=minimum, maximum=maximum, avro="int"
    )


def _time(name: str, column: int) -> Field:
    return Field(
        name=name, kind=Kind.INT, column=column, minimum=0, maximum=MAX_TIME_MS, avro="long"
    )


def _score(name: str, column: int) -> Field:
    return Field(name=name, kind=Kind.FLOAT, column=column, minimum=0, maximum=1, avro="float")


def _hex16(name: str, column: int, *, nullable: bool = False) -> Field:
    return Field(name=name, kind=Kind.HEX16, column=column, nullable=nullable)


def _string(name: str, column: int, *, nullable: bool = False) -> Field:
    return Field(name=name, kind=Kind.HASH, column=column, nullable=nullable)


REQUESTS = RecordSpec(
    name="request",
    key="account_id",
    width=c.REQ_WIDTH,
    fields=(
        _identifier("event_id", c.REQ_EVENT_ID, Kind.HASH),
        _time("ts", c.REQ_TS),
        _identifier("account_id", c.REQ_ACCOUNT_ID, Kind.TEXT),
        _string("org_id", c.REQ_ORG_ID, nullable=True),
        Field(name="model", kind=Kind.HASH, column=c.REQ_MODEL, text_column=c.REQ_MODEL_TEXT),
        _string("surface", c.REQ_SURFACE),
        # 0 is what some gateways report when the client went away before an answer
        _count("status", c.REQ_STATUS, maximum=999),
        _count("input_tokens", c.REQ_INPUT_TOKENS),
        _count("output_tokens", c.REQ_OUTPUT_TOKENS),
        _count("reasoning_tokens", c.REQ_REASONING_TOKENS),
        _count("latency_ms", c.REQ_LATENCY_MS),
        Field(name="task", kind=Kind.ENUM, column=c.REQ_TASK, symbols=TASKS, unknown="other"),
        _score("task_confidence", c.REQ_TASK_CONFIDENCE),
        _score("elicitation", c.REQ_ELICITATION),
        _hex16("prompt_simhash", c.REQ_PROMPT_SIMHASH),
        _hex16("template_hash", c.REQ_TEMPLATE_HASH),
        _count("turn", c.REQ_TURN, minimum=1),
        _count("tools", c.REQ_TOOLS),
        Field(
            name="temperature",
            kind=Kind.FLOAT,
            column=c.REQ_TEMPERATURE,
            nullable=True,
            avro="float",
        ),
        _string("language", c.REQ_LANGUAGE, nullable=True),
        _hex16("ip_hash", c.REQ_IP_HASH),
        _hex16("net_hash", c.REQ_NET_HASH),
        _count("asn", c.REQ_ASN, maximum=MAX_ASN),
        _score("proxy", c.REQ_PROXY),
        _hex16("client_hash", c.REQ_CLIENT_HASH),
    ),
)

PROFILES = RecordSpec(
    name="profile",
    key="account_id",
    width=c.PRO_WIDTH,
    fields=(
        _identifier("account_id", c.PRO_ACCOUNT_ID, Kind.TEXT),
        _time("created_at", c.PRO_CREATED_AT),
        _string("org_id", c.PRO_ORG_ID, nullable=True),
        Field(name="tier", kind=Kind.ENUM, column=c.PRO_TIER, symbols=TIERS),
        Field(
            name="verification",
            kind=Kind.ENUM,
            column=c.PRO_VERIFICATION,
            symbols=VERIFICATIONS,
        ),
        _hex16("payment_hash", c.PRO_PAYMENT_HASH, nullable=True),
        _hex16("email_domain_hash", c.PRO_EMAIL_DOMAIN_HASH, nullable=True),
        _hex16("device_hash", c.PRO_DEVICE_HASH, nullable=True),
        _hex16("referral_hash", c.PRO_REFERRAL_HASH, nullable=True),
        Field(
            name="billing_country",
            kind=Kind.COUNTRY,
            column=c.PRO_BILLING_COUNTRY,
            nullable=True,
        ),
        Field(
            name="access_country",
            kind=Kind.COUNTRY,
            column=c.PRO_ACCESS_COUNTRY,
            nullable=True,
        ),
        # far-off times are an honest way to say "for ever" here
        Field(
            name="exempt_until",
            kind=Kind.INT,
            column=c.PRO_EXEMPT_UNTIL,
            nullable=True,
            minimum=0,
            maximum=LONG_MAX,
            avro="long",
        ),
    ),
)
