"""The arithmetic, on decisions made by hand."""

import json
from pathlib import Path
from typing import Any

from tests.evaluation.second.measure import Standing, figures, standings

HONEST = {"acct_a": "family", "acct_b": "family", "acct_c": "class"}


def decision(
    account: str, sequence: int, action: str, at: int, expires: int | None = None
) -> dict[str, Any]:
    return {
        "account_id": account,
        "sequence": sequence,
        "action": action,
        "effective_at": at,
        "expires_at": expires,
    }


DECISIONS = [
    decision("acct_x", 1, "throttle", 100, 1_000),
    decision("acct_x", 2, "suspend", 200),
    decision("acct_y", 1, "suspend", 300, 400),
    decision("acct_z", 1, "observe", 100, 1_000),
    decision("acct_a", 2, "release", 500),
    decision("acct_a", 1, "suspend", 250),
    decision("acct_b", 1, "throttle", 250, 300),
]


def test_figures_of_decisions_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "decisions.ndjson"
    path.write_text("".join(json.dumps(each) + "\n" for each in DECISIONS), encoding="utf-8")
    with path.open(encoding="utf-8") as lines:
        standing = standings(json.loads(line) for line in lines)
    attacks = [
        ("acct_x", 150),  # throttled only
        ("acct_x", 200),  # refused: a suspension holds from its first millisecond
        ("acct_x", 9_000),  # refused
        ("acct_y", 299),
        ("acct_y", 399),  # refused
        ("acct_y", 400),  # lapsed
        ("acct_z", 500),
        ("acct_w", 500),
    ]
    found = figures(standing, HONEST, ["acct_w", "acct_x", "acct_y", "acct_z"], attacks)
    assert found == {
        "fraudulent_accounts": 4,
        "fraudulent_suspended": 2,
        "recall": 0.5,
        "attack_requests": 8,
        "attack_requests_refused": 3,
        "refused_share": 0.375,
        "honest_accounts": 3,
        "honest_suspended": 1,
        "honest_throttled": 1,
        "kinds": {
            "class": {"accounts": 1, "suspended": 0, "throttled": 0},
            "family": {"accounts": 2, "suspended": 1, "throttled": 1},
        },
    }


def test_a_standing_ends_with_the_next_or_by_itself() -> None:
    found = standings(DECISIONS)
    assert found["acct_x"][0] == Standing("throttle", 100, 200)
    assert found["acct_a"][0] == Standing("suspend", 250, 500)
    assert found["acct_b"] == [Standing("throttle", 250, 300)]


def test_without_an_attack_there_is_nothing_to_share() -> None:
    found = figures({}, HONEST, [], [])
    assert found["recall"] is None
    assert found["refused_share"] is None
    assert found["honest_suspended"] == 0
