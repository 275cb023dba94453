"""What an account can count on: hysteresis, exemptions, shadow, guards, sequences."""

from typing import Any

import numpy as np
import pytest

from app.kernels import guards as g
from app.kernels import parameters as p
from app.kernels.decisions import (
    CAUSE_CAMPAIGN,
    CAUSE_DECAY,
    CAUSE_EVIDENCE,
    CAUSE_EXEMPTION,
    CAUSE_RENEWAL,
    DECISION,
    GUARD_DIVERTED,
    GUARD_TRIPPED,
)
from app.kernels.ladder import judge
from app.kernels.regimes import COLD, Regimes
from app.policy.document import PolicyDocument
from app.policy.regimes import build_regimes
from app.state.layout import (
    ACTION_NONE,
    ACTION_OBSERVE,
    ACTION_RELEASE,
    ACTION_SUSPEND,
    ACTION_THROTTLE,
    FLAG_PROFILE,
    VERIFICATIONS,
)
from tests.reference.populations import regimes
from tests.reference.portraits import DISTILLER, HOUR, ORDINARY, new_row, paint
from tests.reference.requests import START

SUSPECT = DISTILLER | {"elicitation": 0.48}


class Account:
    """One account and all that judges it: what it does may suspend it, which by default it does
    not."""

    def __init__(self, **policy: Any) -> None:
        policy.setdefault("ladder", {}).setdefault("suspend", {}).setdefault("alone", True)
        self.row = new_row()
        self.guards = np.zeros(g.WIDTH, np.int64)
        self.guards[g.PARTITIONS], self.guards[g.ACTIVE] = 1, 1_000
        self.regimes: Regimes = regimes(PolicyDocument.model_validate(policy))
        self.now = START
        self.decision = np.zeros(1, DECISION)[0]

    def ask(self, after: float = 0.0, **look: float) -> int:
        """One request ``after`` hours; the action it leads to, ACTION_NONE without."""
        self.now += int(after * HOUR)
        paint(self.row, self.now, **look)
        return self.judge(self.now)

    def judge(self, ts: int) -> int:
        if judge(self.row, ts, self.regimes, 0, self.guards, self.decision):
            return int(self.decision["action"])
        return ACTION_NONE

    def verify(self, verification: str) -> None:
        self.row["flags"] |= FLAG_PROFILE
        self.row["verification"] = VERIFICATIONS.index(verification)


def test_by_default_what_an_account_does_throttles_it_at_most() -> None:
    account = Account(ladder={"suspend": {"alone": PolicyDocument().ladder.suspend.alone}})
    assert account.ask() == ACTION_THROTTLE
    assert [account.ask(1.0) for _ in range(4)] == [ACTION_NONE] * 4
    account.row["campaign_probability"] = 1.0
    assert account.ask() == ACTION_SUSPEND
    assert account.decision["cause"] == CAUSE_CAMPAIGN


def test_a_distiller_is_throttled_and_then_suspended() -> None:
    account = Account()
    assert account.ask() == ACTION_THROTTLE
    assert account.decision["requests_per_minute"] == 2
    assert account.decision["tokens_per_minute"] == 10_000
    assert account.decision["expires_at"] == START + 6 * HOUR
    assert account.ask(0.5) == ACTION_NONE
    assert account.ask(0.5) == ACTION_SUSPEND
    assert account.decision["expires_at"] == 0
    assert account.decision["superseded_action"] == ACTION_THROTTLE
    assert account.decision["superseded_sequence"] == START
    assert [account.ask(100.0) for _ in range(3)] == [ACTION_NONE] * 3


@pytest.mark.parametrize(
    "honest",
    [
        {"elicitation": ORDINARY["elicitation"]},  # a product
        {"fresh": ORDINARY["fresh"]},  # a suite that is run again and again
        {"active": 15.0},  # an office, an evaluation run
        {"requests": 8.0},  # an auditor
    ],
    ids=str,
)
def test_no_account_is_suspended_that_lacks_one_of_the_needs(honest: dict[str, float]) -> None:
    account = Account()
    actions = {account.ask(3.0, **honest) for _ in range(20)}
    assert ACTION_SUSPEND not in actions
    if "active" not in honest:
        assert ACTION_THROTTLE not in actions


@pytest.mark.parametrize(("lived", "suspended"), [(17, True), (24, False), (300, False)])
def test_rest_is_counted_from_an_accounts_first_request(lived: int, suspended: bool) -> None:
    account = Account()
    account.ask()
    account.now += 2 * HOUR
    paint(account.row, account.now, active=17.0)
    account.row["first_ts"] = account.now - (lived - 1) * HOUR
    assert (account.judge(account.now) == ACTION_SUSPEND) == suspended


@pytest.mark.parametrize("trait", DISTILLER)
def test_one_trait_alone_never_fires(trait: str) -> None:
    account = Account()
    extreme = {trait: DISTILLER[trait]} if trait != "requests" else {"requests": 1e6}
    assert {account.ask(3.0, **(ORDINARY | extreme)) for _ in range(10)} == {ACTION_NONE}


def test_without_a_population_nothing_is_judged() -> None:
    account = Account()
    account.regimes = build_regimes([PolicyDocument()], [])
    assert account.regimes.snapshot.tolist() == [COLD]
    assert [account.ask(1.0) for _ in range(5)] == [ACTION_NONE] * 5


def test_a_throttle_lapses_by_itself_and_comes_back_only_if_deserved() -> None:
    account = Account()
    assert account.ask(**SUSPECT) == ACTION_THROTTLE
    assert account.ask(7.0, **ORDINARY) == ACTION_NONE
    assert account.ask(1.0, **SUSPECT) == ACTION_THROTTLE
    assert account.decision["cause"] == CAUSE_EVIDENCE


def test_a_throttle_that_is_still_deserved_is_renewed_before_it_lapses() -> None:
    account = Account()
    assert account.ask(**SUSPECT) == ACTION_THROTTLE
    first = int(account.decision["sequence"])
    assert account.ask(4.9, **SUSPECT) == ACTION_NONE
    assert account.ask(0.2, **SUSPECT) == ACTION_THROTTLE
    assert account.decision["cause"] == CAUSE_RENEWAL
    assert account.decision["superseded_sequence"] == first
    assert account.decision["sequence"] > first


def test_a_throttle_ends_early_when_the_risk_stays_low_for_long_enough() -> None:
    account = Account()
    account.ask(**SUSPECT)
    assert account.ask(0.5, **ORDINARY) == ACTION_NONE
    assert account.ask(0.5, **SUSPECT) == ACTION_NONE  # up again: the hour begins anew
    assert account.ask(0.5, **ORDINARY) == ACTION_NONE
    assert account.ask(0.9, **ORDINARY) == ACTION_NONE
    assert account.ask(0.1, **ORDINARY) == ACTION_RELEASE
    assert account.decision["cause"] == CAUSE_DECAY


def test_between_release_and_throttle_thresholds_nothing_moves() -> None:
    def between(account: Account) -> bool:
        policy = account.regimes.parameters[0]
        return (
            policy[p.THROTTLE_RELEASE_RISK] < account.row["live"]["risk"] < policy[p.THROTTLE_RISK]
        )

    middling = SUSPECT | {"fresh": 0.4, "openings": 0.3, "proxy": 0.05, "capabilities": 0.3}
    fresh = Account()
    assert fresh.ask(**middling) == ACTION_OBSERVE
    assert between(fresh)
    throttled = Account()
    throttled.ask(**SUSPECT)
    assert [throttled.ask(0.2, **middling) for _ in range(20)] == [ACTION_NONE] * 20
    assert between(throttled)


def test_a_noisy_account_does_not_flap() -> None:
    account = Account()
    rng = np.random.default_rng(5)
    actions = [
        account.ask(0.05, **(SUSPECT | {"elicitation": float(rng.uniform(0.15, 0.5))}))
        for _ in range(2_000)
    ]
    hours = 2_000 * 0.05
    # A release takes an hour below, and a renewal five hours.
    assert actions.count(ACTION_RELEASE) + actions.count(ACTION_THROTTLE) <= hours / 5 + 2


def test_sequences_rise_also_when_time_does_not() -> None:
    account = Account()
    account.ask(**SUSPECT)
    first = int(account.decision["sequence"])
    assert first == START
    account.row["exempt_until"] = START + 1
    assert account.judge(START) == ACTION_RELEASE
    assert account.decision["sequence"] == first + 1
    account.row["exempt_until"] = 0
    assert account.judge(START - 5_000) == ACTION_THROTTLE  # out of order
    assert account.decision["sequence"] == first + 2
    assert account.decision["ts"] == START - 5_000
    assert account.decision["issued_at"] == START


def test_an_exemption_works_in_either_order() -> None:
    before = Account()
    before.row["exempt_until"] = START + 100 * HOUR
    assert before.ask() == ACTION_OBSERVE
    assert before.ask(50.0) == ACTION_OBSERVE  # the first one lapsed
    assert before.ask(60.0) == ACTION_THROTTLE  # the exemption lapsed

    after = Account()
    after.ask()
    after.row["exempt_until"] = START + 100 * HOUR
    assert after.ask(1.0) == ACTION_RELEASE
    assert after.decision["cause"] == CAUSE_EXEMPTION
    assert after.ask() == ACTION_OBSERVE


@pytest.mark.parametrize(
    ("kind", "value", "field", "held"),
    [
        ("tier", "research", "tier", 5),
        ("verification", "card", "verification", 3),
        ("payment", "00000000000000ff", "payment", 255),
        ("email_domain", "8000000000000001", "email_domain", 2**63 + 1),
    ],
)
def test_a_policy_exempts_classes_of_accounts(kind: str, value: str, field: str, held: int) -> None:
    rule = {"kind": kind, "value": value, "expires_at": START + HOUR, "reason": "tried"}
    other = {"kind": "tier", "value": "education", "expires_at": 2 * START, "reason": "tried"}
    account = Account(exemptions=[other, rule])
    account.row["flags"] = FLAG_PROFILE
    account.row[field] = held
    assert account.ask() == ACTION_OBSERVE
    assert account.ask(1.0) == ACTION_THROTTLE
    account.row[field] = 0
    stranger = Account(exemptions=[rule])
    assert stranger.ask() == ACTION_THROTTLE


def test_verification_raises_the_bar() -> None:
    ordinary, known, contract = Account(), Account(), Account()
    known.verify("document")
    contract.verify("contract")
    for account in (ordinary, known, contract):
        account.ask()
    actions = [{account.ask(2.0) for _ in range(5)} for account in (ordinary, known, contract)]
    assert ACTION_SUSPEND in actions[0]
    assert ACTION_SUSPEND not in actions[1]
    assert {ACTION_THROTTLE, ACTION_SUSPEND}.isdisjoint(actions[2])
    assert ordinary.row["live"]["risk"] > known.row["live"]["risk"]
    assert known.row["live"]["risk"] > contract.row["live"]["risk"]


def test_an_operators_decision_holds() -> None:
    account = Account()
    account.row["hold_until"] = START + 10 * HOUR
    assert account.ask() == ACTION_NONE
    assert account.ask(10.0) == ACTION_THROTTLE


def test_cleared_evidence_stays_silent_until_it_goes_beyond() -> None:
    account = Account()
    account.row["detectors_off"] = 1 << 2  # elicitation
    account.row["cleared"][2] = 4.0
    assert account.ask(elicitation=0.7) == ACTION_OBSERVE  # 4.4 deviations, of 5 that it takes
    assert account.ask(elicitation=0.85) == ACTION_THROTTLE


def test_global_shadow_touches_no_live_standing() -> None:
    account = Account()
    account.ask(**SUSPECT)
    live = account.row["live"].copy()
    account.regimes = Account(shadow=True).regimes
    assert account.ask(0.5) == ACTION_THROTTLE
    assert account.decision["shadow"] == 1
    assert account.ask(1.5) == ACTION_SUSPEND
    assert account.decision["shadow"] == 1
    live["risk"] = 0.0
    assert account.row["live"] == live


def test_a_detector_in_shadow_moves_only_the_shadow_ladder() -> None:
    account = Account(evidence={"templates": {"shadow": True}})
    assert account.ask() == ACTION_OBSERVE  # live, without the templates
    assert account.decision["shadow"] == 0
    assert account.ask() == ACTION_THROTTLE
    assert account.decision["shadow"] == 1
    assert account.row["live"]["action"] == ACTION_OBSERVE
    assert account.row["shadow"]["risk"] > account.row["live"]["risk"]


def test_guards_trip_divert_and_recover() -> None:
    limits = {"actions_per_minute": 2.0, "least_per_hour": 1_000.0, "hold_minutes": 30.0}
    accounts = [Account(guards=limits) for _ in range(4)]
    shared = accounts[0].guards
    for account in accounts:
        account.guards = shared
    assert [account.ask() for account in accounts] == [ACTION_THROTTLE] * 4
    assert [int(account.decision["shadow"]) for account in accounts] == [0, 0, 1, 1]
    assert accounts[2].decision["guard"] == GUARD_TRIPPED
    assert accounts[3].decision["guard"] == GUARD_DIVERTED
    assert accounts[3].row["live"]["action"] == ACTION_NONE
    assert shared[g.TRIPS] == 1
    assert shared[g.DIVERTED] == 2
    assert accounts[0].ask(0.4, **ORDINARY) == ACTION_NONE
    assert accounts[3].ask(0.5) == ACTION_THROTTLE
    assert accounts[3].decision["shadow"] == 0


def test_a_limit_that_lapsed_today_is_not_a_new_one() -> None:
    """Quiet accounts do not ask in time to renew a throttle: put on them again, it takes no other
    account's turn."""
    account = Account(guards={"actions_per_minute": 1e6, "least_per_hour": 1_000.0})
    account.row["campaign"], account.row["campaign_probability"] = 0xC0FFEE, 0.92

    def counted() -> int:
        return int(account.guards[g.HOUR_ACTIONS])

    assert account.ask(**ORDINARY) == ACTION_THROTTLE
    assert counted() == 1
    account.guards[g.HOUR_ACTIONS] = 0
    assert account.ask(6.5, **ORDINARY) == ACTION_THROTTLE
    assert counted() == 0
    assert account.decision["cause"] == CAUSE_CAMPAIGN
    account.row["campaign_probability"] = 0.99
    assert account.ask(6.5, **ORDINARY) == ACTION_SUSPEND
    assert counted() == 1
    account.row["campaign_probability"] = 0.92
    account.row["live"]["action"] = ACTION_THROTTLE
    account.row["live"]["expires_at"] = account.now
    account.guards[g.HOUR_ACTIONS] = 0
    assert account.ask(24.0, **ORDINARY) == ACTION_THROTTLE
    assert counted() == 1


def test_tripped_guards_hold_back_what_lapsed_today_too() -> None:
    account = Account()
    assert account.ask(**SUSPECT) == ACTION_THROTTLE
    account.guards[g.TRIPPED_UNTIL] = account.now + 100 * HOUR
    assert account.ask(6.5, **SUSPECT) == ACTION_THROTTLE
    assert account.decision["shadow"] == 1
    assert account.decision["guard"] == GUARD_DIVERTED


def test_guards_never_hold_a_release_back() -> None:
    account = Account()
    account.ask(**SUSPECT)
    account.guards[g.TRIPPED_UNTIL] = account.now + 100 * HOUR
    account.row["exempt_until"] = account.now + 100 * HOUR
    assert account.ask(1.0, **SUSPECT) == ACTION_RELEASE
    assert account.decision["shadow"] == 0


def test_tripped_guards_let_throttles_lapse() -> None:
    account = Account()
    account.ask(**SUSPECT)
    account.guards[g.TRIPPED_UNTIL] = account.now + 100 * HOUR
    account.ask(5.5, **SUSPECT)
    assert account.decision["shadow"] == 1
    assert account.row["live"]["expires_at"] == START + 6 * HOUR


def test_tripped_guards_leave_the_shadow_ladder_alone() -> None:
    account = Account()
    account.guards[g.TRIPPED_UNTIL] = account.now + 100 * HOUR
    assert account.ask(**SUSPECT) == ACTION_THROTTLE
    assert account.ask(5.5, **SUSPECT) == ACTION_THROTTLE
    assert (account.decision["shadow"], account.decision["cause"]) == (1, CAUSE_RENEWAL)


def test_a_share_of_the_active_accounts_bounds_an_hour() -> None:
    limits = {"actions_per_minute": 1e6, "active_share_per_hour": 0.01, "least_per_hour": 3.0}
    account = Account(guards=limits)
    policy = account.regimes.parameters[0]
    admitted = 0
    while g.admit(account.guards, START, policy):
        admitted += 1
    assert admitted == 10  # of 1,000
    account.guards[g.TRIPPED_UNTIL] = 0
    account.guards[g.ACTIVE] = 5
    admitted = 0
    while g.admit(account.guards, START + HOUR, policy):
        admitted += 1
    assert admitted == 3


def test_a_campaign_acts_through_the_same_ladder() -> None:
    account = Account()
    account.row["campaign"], account.row["campaign_probability"] = 0xC0FFEE, 0.92
    assert account.ask(**ORDINARY) == ACTION_THROTTLE
    assert account.decision["cause"] == CAUSE_CAMPAIGN
    assert account.decision["campaign"] == 0xC0FFEE
    account.row["campaign_probability"] = 0.96
    assert account.ask(**(ORDINARY | {"requests": 1.0})) == ACTION_SUSPEND
    account.verify("contract")
    assert account.ask(**ORDINARY) == ACTION_RELEASE


def test_a_campaign_is_rolled_out_in_stages() -> None:
    def live(share: float) -> set[int]:
        acted = set()
        for i in range(200):
            account = Account(campaigns={"rollout": share})
            account.row["campaign"], account.row["campaign_probability"] = 0xC0FFEE, 0.99
            account.now += i * 1_000
            assert account.ask(**ORDINARY) == ACTION_SUSPEND
            if not account.decision["shadow"]:
                acted.add(i)
        return acted

    few, many = live(0.25), live(0.5)
    assert few < many
    assert 30 <= len(few) <= 70
    assert 75 <= len(many) <= 125
    assert not live(0.0)


def test_a_campaign_that_an_operator_dismissed_is_silent() -> None:
    account = Account()
    account.row["campaign"], account.row["campaign_probability"] = 0xC0FFEE, 0.99
    account.row["detectors_off"] = p.CAMPAIGN_BIT
    assert account.ask(**ORDINARY) == ACTION_NONE


def test_contributions_add_up_and_name_the_strongest_feature() -> None:
    account = Account()
    account.ask()
    contribution = account.decision["contribution"]
    assert contribution.sum() == pytest.approx(1.0)
    assert np.count_nonzero(contribution) == np.count_nonzero(account.decision["evidence"])
    counted = contribution > 0
    assert (account.decision["observed"][counted] > account.decision["threshold"][counted]).all()
    assert (account.decision["percentile"][counted] > 50).all()


def test_other_accounts_do_not_matter() -> None:
    alone, among = Account(), Account()
    crowd = [Account() for _ in range(5)]
    looks = [SUSPECT, ORDINARY, ORDINARY, DISTILLER, DISTILLER]
    for look in looks:
        for other in crowd:
            other.guards = among.guards
            other.ask(1.3, **DISTILLER)
        assert alone.ask(1.1, **look) == among.ask(1.1, **look)
    assert alone.row.tobytes() == among.row.tobytes()
