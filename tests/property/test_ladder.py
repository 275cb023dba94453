"""The ladder walks as its plain statement does, through anything that can happen to an account."""

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from app.detection.features import EVIDENCE_NAMES
from app.kernels import guards as g
from app.kernels.decisions import DECISION
from app.kernels.deserved import rolled_out
from app.kernels.evidence import weigh
from app.kernels.features import FEATURES, weight_at
from app.kernels.hours import active_hours
from app.kernels.ladder import judge
from app.policy.document import PolicyDocument
from app.state.layout import ACTIONS, EVIDENCE_FAMILIES, FLAG_PROFILE
from tests.reference.ladder import Facts, Guards, Ladder
from tests.reference.populations import regimes
from tests.reference.portraits import DISTILLER, HOUR, ORDINARY, new_row, paint
from tests.reference.requests import START

CAUSES = ("evidence", "campaign", "renewal", "decay", "exemption", "operator")
GUARDS = ("quiet", "diverted", "tripped")

ALONE: dict[str, Any] = {"alone": True}
POLICIES: list[dict[str, Any]] = [
    {},
    *(
        {"ladder": {"suspend": ALONE}, **policy}
        for policy in (
            {},
            {"shadow": True},
            {"evidence": {"templates": {"shadow": True}}},
            {"evidence": {"rhythm": {"shadow": True}, "conduct": {"shadow": True}}},
            {"campaigns": {"shadow": True}},
            {"campaigns": {"rollout": 0.5}},
            {"guards": {"actions_per_minute": 1.0, "least_per_hour": 1.0, "hold_minutes": 90.0}},
        )
    ),
    {"ladder": {"suspend": ALONE | {"lapses_after_hours": 30.0, "released_by_detector": True}}},
    {"ladder": {"suspend": ALONE | {"released_by_detector": True, "release_after_hours": 2.0}}},
]
# Enough for a throttle, too little for a suspension.
SUSPECT = DISTILLER | {"elicitation": 0.45}
LOOKS = st.one_of(
    st.sampled_from((DISTILLER, SUSPECT, ORDINARY)),
    st.fixed_dictionaries(
        {
            name: st.sampled_from((value, ORDINARY[name], (value + ORDINARY[name]) / 2))
            for name, value in DISTILLER.items()
        }
    ),
)
AFTER = st.sampled_from((1, 60_000, HOUR // 2, HOUR, 3 * HOUR, 5 * HOUR + 1, 7 * HOUR, 50 * HOUR))
QUIET = {
    "late": st.just(0),
    "requests": st.just(400.0),
    "verification": st.just(0),
    "exempt": st.just(False),
    "hold": st.just(False),
    "campaign": st.just(0.0),
    "busy": st.just(0),
}
ANYTHING = {
    "late": st.sampled_from((0, 0, 0, 5_000)),
    "requests": st.sampled_from((400.0, 400.0, 70.0, 45.0, 3.0)),
    "verification": st.sampled_from((0, 0, 0, 3, 4, 5)),
    "exempt": st.sampled_from((False, False, False, True)),
    "hold": st.sampled_from((False, False, False, False, True)),
    "campaign": st.sampled_from((0.0, 0.0, 0.0, 0.85, 0.99)),
    "busy": st.sampled_from((0, 0, 3)),
}
SIMPLE = {"after": AFTER, "look": st.sampled_from((DISTILLER, SUSPECT, ORDINARY))}
HISTORIES = st.one_of(
    st.lists(st.fixed_dictionaries(SIMPLE | QUIET), min_size=1, max_size=25),
    st.lists(
        st.fixed_dictionaries({"after": AFTER, "look": LOOKS} | ANYTHING), min_size=1, max_size=12
    ),
)


def facts_of(row: np.void, ts: int, judging: Any) -> Facts:
    now = max(ts, int(row["last_ts"]))
    observed, deviations = np.empty(FEATURES), np.empty(FEATURES)
    nats = np.empty(EVIDENCE_FAMILIES)
    weigh(row, now, judging, 0, observed, deviations, nats)
    active = int(active_hours(row, now, 24))
    return Facts(
        ts=ts,
        now=now,
        nats=dict(zip(EVIDENCE_NAMES, nats.tolist(), strict=True)),
        requests=weight_at(row, now),
        active=active,
        idle=24 - active,
        verification=int(row["verification"]),
        exempt=bool(row["exempt_until"] > now),
        held_until=int(row["hold_until"]),
        campaign=float(row["campaign_probability"]),
        rolled_out=bool(rolled_out(row, judging.parameters[0])),
    )


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(POLICIES), HISTORIES)
def test_the_ladder_walks_as_the_reference_does(
    changes: dict[str, Any], steps: list[dict[str, Any]]
) -> None:
    policy = PolicyDocument.model_validate(changes)
    judging = regimes(policy)
    row = new_row()
    row["flags"] = FLAG_PROFILE
    guards = np.zeros(g.WIDTH, np.int64)
    guards[g.PARTITIONS], guards[g.ACTIVE] = 4, 50
    reference = Ladder(policy, Guards(partitions=4, active=50))
    decision = np.zeros(1, DECISION)[0]
    seen: Counter[str] = Counter()
    clock = START
    for step in steps:
        clock += step["after"]
        paint(row, clock, **(step["look"] | {"requests": step["requests"]}))
        row["first_ts"] = START - 30 * 24 * HOUR
        row["verification"] = step["verification"]
        row["exempt_until"] = clock + 1 if step["exempt"] else 0
        row["hold_until"] = clock + 1 if step["hold"] else 0
        row["campaign"], row["campaign_probability"] = 0xABC, np.float32(step["campaign"])
        for _ in range(step["busy"]):
            # Other accounts of the partition use the guards' allowance.
            if g.guards_open(guards, clock):
                g.admit(guards, clock, judging.parameters[0])
                reference.guards.admit(clock, policy)
        ts = clock - step["late"]
        expected = reference.judge(facts_of(row, ts, judging))
        acted = judge(row, ts, judging, 0, guards, decision)

        assert acted == (expected is not None)
        if expected is not None:
            seen[f"{expected.action} by {expected.cause}"] += 1
            assert (bool(decision["shadow"]), ACTIONS[decision["action"]]) == (
                expected.shadow,
                expected.action,
            )
            assert CAUSES[decision["cause"]] == expected.cause
            assert decision["sequence"] == expected.sequence
            assert decision["issued_at"] == decision["effective_at"] == expected.issued_at
            assert decision["expires_at"] == expected.expires_at
            assert decision["ts"] == ts
            assert (
                decision["superseded_sequence"],
                ACTIONS[decision["superseded_action"]],
            ) == expected.superseded
            assert GUARDS[decision["guard"]] == expected.guard
        for name, standing in (("live", reference.live), ("shadow", reference.shadow)):
            assert ACTIONS[row[name]["action"]] == standing.action
            assert row[name]["sequence"] == standing.sequence
            assert row[name]["issued_at"] == standing.issued_at
            assert row[name]["expires_at"] == standing.expires_at
            assert row[name]["below_since"] == standing.below_since
        assert guards.tolist() == [
            reference.guards.minute,
            reference.guards.minute_actions,
            reference.guards.hour,
            reference.guards.hour_actions,
            reference.guards.tripped_until,
            reference.guards.trips,
            reference.guards.diverted,
            50,
            4,
        ]
    for name in seen:
        event(name)
