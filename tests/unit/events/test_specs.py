"""The specifications of requests and profiles say what the wire contract says."""

import pytest

from app.events.specs import MAX_ASN, MAX_TIME_MS, PROFILES, REQUESTS
from app.kernels import columns
from app.kernels.spec import INT_MAX, Kind, RecordSpec

REQUEST_TYPES = {
    "event_id": "string",
    "ts": "long",
    "account_id": "string",
    "org_id": ["null", "string"],
    "model": "string",
    "surface": "string",
    "status": "int",
    "input_tokens": "int",
    "output_tokens": "int",
    "reasoning_tokens": "int",
    "latency_ms": "int",
    "task": "string",
    "task_confidence": "float",
    "elicitation": "float",
    "prompt_simhash": "string",
    "template_hash": "string",
    "turn": "int",
    "tools": "int",
    "temperature": ["null", "float"],
    "language": ["null", "string"],
    "ip_hash": "string",
    "net_hash": "string",
    "asn": "int",
    "proxy": "float",
    "client_hash": "string",
}
PROFILE_TYPES = {
    "account_id": "string",
    "created_at": "long",
    "org_id": ["null", "string"],
    "tier": "string",
    "verification": "string",
    "payment_hash": ["null", "string"],
    "email_domain_hash": ["null", "string"],
    "device_hash": ["null", "string"],
    "referral_hash": ["null", "string"],
    "billing_country": ["null", "string"],
    "access_country": ["null", "string"],
    "exempt_until": ["null", "long"],
}


@pytest.mark.parametrize(
    ("spec", "types", "prefix"),
    [(REQUESTS, REQUEST_TYPES, "REQ_"), (PROFILES, PROFILE_TYPES, "PRO_")],
)
def test_fields_types_and_columns(spec: RecordSpec, types: dict[str, object], prefix: str) -> None:
    assert {field.name: field.avro_type for field in spec.fields} == types
    for field in spec.fields:
        assert field.column == getattr(columns, prefix + field.name.upper())
        assert field.required == (not isinstance(types[field.name], list))
    assert spec.width == getattr(columns, prefix + "WIDTH")
    used = [column for field in spec.fields for column in field.columns]
    assert sorted(used) == list(range(spec.width))
    assert spec.key == "account_id"


def test_bounds() -> None:
    bounds = {field.name: (field.minimum, field.maximum) for field in REQUESTS.fields}
    for name in ("input_tokens", "output_tokens", "reasoning_tokens", "latency_ms", "tools"):
        assert bounds[name] == (0, INT_MAX)
    assert bounds["turn"] == (1, INT_MAX)
    assert bounds["ts"] == (0, MAX_TIME_MS)
    assert bounds["asn"] == (0, MAX_ASN)
    for name in ("task_confidence", "elicitation", "proxy"):
        assert bounds[name] == (0, 1)
    lengths = {field.name: (field.min_chars, field.max_chars) for field in REQUESTS.fields}
    assert lengths["event_id"] == lengths["account_id"] == (1, 64)
    hashes = {field.name for field in REQUESTS.fields if field.kind == Kind.HEX16}
    assert hashes == {
        "prompt_simhash",
        "template_hash",
        "ip_hash",
        "net_hash",
        "client_hash",
    }


def test_an_unknown_task_is_other_but_an_unknown_tier_is_an_error() -> None:
    unknown = {f.name: f.unknown for s in (REQUESTS, PROFILES) for f in s.fields if f.symbols}
    assert unknown == {"task": "other", "tier": None, "verification": None}
