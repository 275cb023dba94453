"""One valid record of each kind, with every field set, and one with as few as allowed."""

from typing import Any

from app.events.campaign_commands import CampaignCommand
from app.events.campaigns import Campaign
from app.events.dead_letters import DeadLetter
from app.events.enforcement import Enforcement, action_id
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

HEX = "00ff00ff00ff00ff"
NOW = 1_777_000_000_000

FULL: dict[type[Record], dict[str, Any]] = {
    Request: {
        "event_id": "e-1",
        "ts": NOW,
        "account_id": "acct-1",
        "org_id": "org-1",
        "model": "model-a",
        "surface": "api",
        "status": 200,
        "input_tokens": 10,
        "output_tokens": 20,
        "reasoning_tokens": 30,
        "latency_ms": 400,
        "task": "chat",
        "task_confidence": 0.5,
        "elicitation": 0.25,
        "prompt_simhash": HEX,
        "template_hash": HEX,
        "turn": 1,
        "tools": 0,
        "temperature": 1.0,
        "language": "en",
        "ip_hash": HEX,
        "net_hash": HEX,
        "asn": 64_500,
        "proxy": 0.0,
        "client_hash": HEX,
    },
    Profile: {
        "account_id": "acct-1",
        "created_at": NOW,
        "org_id": "org-1",
        "tier": "team",
        "verification": "card",
        "payment_hash": HEX,
        "email_domain_hash": HEX,
        "device_hash": HEX,
        "referral_hash": HEX,
        "billing_country": "DE",
        "access_country": "FR",
        "exempt_until": 2**62,
    },
    Enforcement: {
        "action_id": str(action_id("acct-1", 7, "throttle")),
        "sequence": 7,
        "account_id": "acct-1",
        "action": "throttle",
        "issued_at": NOW,
        "effective_at": NOW,
        "expires_at": NOW + 1,
        "published_at": NOW + 2,
        "limit": {"requests_per_minute": 6, "tokens_per_minute": 20_000},
        "reasons": [
            {
                "detector": "narrow_tasks",
                "observed": 0.5,
                "threshold": 0.25,
                "population_percentile": 99.5,
                "contribution": 0.75,
                "text": "half of its requests are of one task",
            }
        ],
        "risk": 0.5,
        "campaign_id": "c-1",
        "policy_version": "1",
        "detector_version": "1",
        "supersedes": str(action_id("acct-1", 6, "observe")),
        "source": {"topic": "reflux.requests.v1", "partition": 3, "offset": 2**40},
        "population_snapshot": 493_000,
        "actor": "detector",
    },
    Campaign: {
        "campaign_id": "c-1",
        "status": "confirmed",
        "first_seen": NOW,
        "last_seen": NOW,
        "accounts": 3,
        "interactions": 4,
        "input_tokens": 5,
        "output_tokens": 6,
        "tasks": {"chat": 1.0},
        "links": [{"kind": "payment", "hash": HEX, "members": 3, "population": 3, "rarity": 0.5}],
        "models": ["model-a"],
        "confidence": 0.5,
        "prevented_interactions": 0,
        "evidence": ["narrow work"],
    },
    PolicyRecord: {
        "name": "default",
        "version": "1",
        "author": "somebody",
        "reason": "because",
        "published_at": NOW,
        "effective_from": NOW,
    },
    OperatorCommand: {
        "command": "throttle",
        "account_id": "acct-1",
        "operator": "on-call",
        "reason": "under investigation",
        "issued_at": NOW,
        "expires_at": NOW + 1,
        "limit": {"requests_per_minute": 6, "tokens_per_minute": 20_000},
    },
    CampaignCommand: {
        "command": "confirm",
        "campaign_id": "c-1",
        "operator": "on-call",
        "reason": "seen before",
        "issued_at": NOW,
        "expires_at": NOW + 1,
    },
    Sighting: {
        "kind": "payment",
        "hash": HEX,
        "share": 1000,
        "account_id": "acct-1",
        "epoch": 82_000,
        "ts": NOW,
        "requests": 4,
        "tokens": 5,
        "hours": 2**24 - 1,
        "tasks": [1000, *[0] * 13],
        "scores": [1, *[500] * 8],
        "refused": 4,
        "risk": 6,
        "trust": 7,
        "model": HEX,
        "model_share": 7,
        "second_model": HEX,
        "second_model_share": 8,
        "first_seen": NOW,
        "created_at": NOW,
        "tier": "free",
        "verification": "none",
        "org": HEX,
        "exempt": False,
        "standing": "observe",
        "campaign": HEX,
    },
    Verdict: {
        "account_id": "acct-1",
        "campaign_id": "c-1",
        "epoch": 82_000,
        "ts": NOW,
        "probability": 0.5,
        "confirmed": True,
        "reasons": ["shares a payment method with 30 accounts"],
    },
    SweepMarker: {"epoch": 82_000, "partition": 3, "partitions": 12},
    LinkFinding: {
        "campaign_id": HEX,
        "kind": "payment",
        "hash": HEX,
        "epoch": 82_000,
        "members": 20,
        "population": 30,
        "rarity": 0.75,
        "probability": 0.5,
        "evidence": ["About 30 accounts share one payment."],
    },
    PopulationPart: {
        "snapshot": 493_000,
        "partition": 0,
        "partitions": 12,
        "starts": NOW,
        "accounts": 3,
        "sketches": {"requests": [1, 2, 0]},
        "detector_version": "1",
    },
    WatchList: {
        "epoch": 81_000,
        "partition": 3,
        "partitions": 12,
        "starts": NOW,
        "membership_log_odds": 3.25,
        "first_share": 0.5,
        "programs": [
            {
                "hash": "00000000000000aa",
                "campaign_id": "00013c6800000001",
                "since": NOW,
                "probability": 0.5,
                "profile": [125] * 9,
                "nats": [40] * 8,
            }
        ],
    },
    DeadLetter: {
        "reason": "out_of_range",
        "field": "turn",
        "source": {"topic": "reflux.requests.v1", "partition": 3, "offset": 4},
        "timestamp": NOW,
        "key": b"\xff\x00key",
        "value": b"{\xff",
        "value_length": 2,
        "value_sha256": "0" * 64,
        "count": 1,
        "last_offset": 4,
    },
}


def sample(kind: type[Record]) -> Record:
    """A valid record with every field set."""
    return kind.from_fields(FULL[kind])


def least(kind: type[Record]) -> Record:
    """A valid record with only the required fields."""
    required = {name for name, field in kind.model_fields.items() if field.is_required()}
    if kind is Enforcement:
        return kind.from_fields(
            {name: FULL[kind][name] for name in required} | {"action": "observe"}
        )
    if kind is OperatorCommand:
        return kind.from_fields(
            {name: FULL[kind][name] for name in required} | {"command": "suspend"}
        )
    return kind.from_fields({name: FULL[kind][name] for name in required})
