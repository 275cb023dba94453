"""A campaign and what was done about it, in the order in which it was published."""

from typing import Any

from app.events.campaigns import Campaign
from app.events.enforcement import Enforcement, action_id
from app.reports.actions import ActionBook
from app.reports.case import Case, make_case
from app.reports.places import Place

ID = "00013c6800000abc"
DAY = 86_400_000
START = 20_000 * DAY
LOG = "reflux.enforcements.v1:3"
RECORD = Place("reflux.campaigns.v1:1", 77)


def campaign(**changes: Any) -> Campaign:
    fields = {
        "campaign_id": ID,
        "status": "confirmed",
        "first_seen": START,
        "last_seen": START + 10 * DAY,
        "accounts": 200,
        "interactions": 50_000,
        "input_tokens": 9_000_000,
        "output_tokens": 4_000_000,
        "tasks": {"chat": 0.1, "code": 0.3, "agentic": 0.6},
        "links": [
            {"kind": "network", "hash": "0" * 16, "members": 150, "population": 900, "rarity": 0.5},
            {"kind": "payment", "hash": "f" * 16, "members": 40, "population": 44, "rarity": 0.999},
        ],
        "models": ["00000000000000aa"],
        "confidence": 0.97,
        "prevented_interactions": 12_500,
        "evidence": ["They share the load.", "Strangers do not share this."],
    }
    return Campaign.from_fields(fields | changes)


def action(
    account: str,
    sequence: int,
    kind: str,
    *,
    at: int = START,
    probability: float | None = None,
    campaign_id: str | None = ID,
    expires_at: int | None = None,
    actor: str = "detector",
) -> Enforcement:
    reason = {
        "detector": "tasks.narrow" if probability is None else "campaign",
        "observed": 3.0 if probability is None else probability,
        "contribution": 1.0,
        "text": "because",
    }
    limit = {"requests_per_minute": 6, "tokens_per_minute": 20_000}
    return Enforcement.from_fields(
        {
            "action_id": str(action_id(account, sequence, kind)),
            "sequence": sequence,
            "account_id": account,
            "action": kind,
            "issued_at": at,
            "effective_at": at,
            "expires_at": expires_at,
            "published_at": at,
            "limit": limit if kind == "throttle" else None,
            "reasons": [reason],
            "risk": 0.5,
            "campaign_id": campaign_id,
            "policy_version": "1",
            "detector_version": "1",
            "actor": actor,
        }
    )


ACTIONS = (
    action("other", 1, "suspend", campaign_id=None),
    action("a", 1, "throttle", at=START + DAY, probability=0.6, expires_at=START + 2 * DAY),
    action("b", 1, "suspend", at=START + DAY + 5, probability=0.9),
    action("a", 2, "suspend", at=START + 3 * DAY, probability=0.95),
    action("c", 1, "suspend", at=START + 3 * DAY, probability=0.8),
    action("d", 1, "throttle", at=START + 4 * DAY, expires_at=START + 5 * DAY),
    action("c", 2, "release", at=START + 6 * DAY, campaign_id=None, actor="on-call"),
    action("other", 2, "release", at=START + 6 * DAY, campaign_id=None),
)


def book(*actions: Enforcement) -> ActionBook:
    heard = ActionBook(ID)
    for offset, one in enumerate(actions, 100):
        heard.hear(one, Place(LOG, offset))
    return heard


def case(**changes: Any) -> Case:
    return make_case(campaign(**changes), RECORD, book(*ACTIONS))
