"""An engineer overrules the detector, in every way and order."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from app.events.operators import OperatorCommand
from app.kernels.ladder import judge
from app.kernels.parameters import CAMPAIGN_BIT
from app.policy.document import PolicyDocument
from app.policy.operators import apply_command, apply_dismissal
from app.policy.verdicts import apply_verdict
from app.state.layout import (
    ACTION_NONE,
    ACTION_RELEASE,
    ACTION_SUSPEND,
    ACTION_THROTTLE,
    ACTIONS,
    ACTOR_OPERATOR,
)
from tests.reference.portraits import DISTILLER, HOUR, ORDINARY
from tests.reference.requests import START
from tests.unit.kernels.test_ladder import SUSPECT, Account

HOLD_HOURS = PolicyDocument().operators.release_hold_hours


def command(name: str, at: int, **fields: Any) -> OperatorCommand:
    if name == "throttle":
        fields.setdefault("limit", {"requests_per_minute": 5, "tokens_per_minute": 500})
    return OperatorCommand(
        command=name,
        account_id="acct",
        operator="on-call",
        reason="tried",
        issued_at=at,
        **fields,
    )


def apply(account: Account, name: str, **fields: Any) -> Any:
    order = command(name, account.now, **fields)
    return apply_command(account.row, order, account.regimes, HOLD_HOURS)


def test_a_manual_suspension_holds_until_it_expires() -> None:
    account = Account()
    account.ask(**ORDINARY)
    decision = apply(account, "suspend", expires_at=account.now + 10 * HOUR)
    assert decision["action"] == ACTION_SUSPEND
    assert decision["actor"] == ACTOR_OPERATOR
    assert decision["sequence"] == decision["issued_at"] == account.now
    assert decision["expires_at"] == account.now + 10 * HOUR
    account.row["exempt_until"] = START + 100 * HOUR
    assert account.ask(9.0, **ORDINARY) == ACTION_NONE
    account.row["exempt_until"] = 0
    assert account.ask(2.0, **DISTILLER) == ACTION_THROTTLE


def test_a_manual_standing_without_expiry_holds_for_ever() -> None:
    account = Account()
    account.ask()
    decision = apply(account, "throttle")
    assert decision["expires_at"] == 0
    assert (decision["requests_per_minute"], decision["tokens_per_minute"]) == (5, 500)
    assert [account.ask(1_000.0) for _ in range(5)] == [ACTION_NONE] * 5
    assert account.row["live"]["action"] == ACTION_THROTTLE


def test_commands_work_on_an_account_that_sent_nothing() -> None:
    account = Account()
    assert apply(account, "release") is None
    assert apply(account, "suspend")["action"] == ACTION_SUSPEND
    assert apply(account, "release")["action"] == ACTION_RELEASE


@pytest.mark.parametrize("step", ["throttle", "suspend"])
def test_a_release_keeps_the_account_from_firing_on_the_same_evidence(step: str) -> None:
    account = Account()
    account.ask()
    if step == "suspend":
        assert account.ask(1.0) == ACTION_SUSPEND
    released = apply(account, "release")
    assert released["action"] == ACTION_RELEASE
    assert ACTIONS[released["superseded_action"]] == step
    assert account.ask(23.0) == ACTION_NONE  # left alone altogether
    riper = DISTILLER | {"requests": 800.0, "elicitation": 0.85}
    assert [account.ask(5.0, **riper) for _ in range(20)] == [ACTION_NONE] * 20


def test_new_evidence_beyond_what_was_cleared_may_fire() -> None:
    account = Account()
    timid = ORDINARY | {"elicitation": 0.4, "requests": 200.0}
    account.ask(**timid)
    apply(account, "release")
    silenced = {k for k in range(6) if account.row["detectors_off"] & (1 << k)}
    assert silenced == {2}  # elicitation alone spoke
    assert account.ask(30.0, **(DISTILLER | {"elicitation": 0.6})) < ACTION_THROTTLE
    # From 4.1 to 5.3 deviations: beyond saturation and the margin, and all else is new.
    assert account.ask(1.0, **(DISTILLER | {"elicitation": 0.85})) == ACTION_THROTTLE


def test_limiting_by_hand_takes_the_clearance_back() -> None:
    account = Account()
    account.ask()
    apply(account, "release")
    assert account.row["detectors_off"]
    apply(account, "throttle", expires_at=account.now + HOUR)
    assert account.row["detectors_off"] == 0
    assert not account.row["cleared"].any()
    assert account.ask(2.0) == ACTION_THROTTLE


def test_an_exemption_releases_and_observes_until_it_ends() -> None:
    account = Account()
    account.ask()
    account.ask(1.0)
    decision = apply(account, "exempt", expires_at=account.now + 100 * HOUR)
    assert decision["action"] == ACTION_RELEASE
    actions = [account.ask(9.0) for _ in range(10)]
    assert ACTION_THROTTLE not in actions
    assert account.ask(20.0) == ACTION_THROTTLE


def test_an_exemption_before_anything_happened_is_no_action() -> None:
    account = Account()
    assert apply(account, "exempt", expires_at=START + HOUR) is None
    assert account.row["operator_exempt_until"] == START + HOUR


def test_the_last_command_holds() -> None:
    account = Account()
    account.ask(**SUSPECT)
    apply(account, "exempt", expires_at=account.now + 100 * HOUR)
    apply(account, "suspend")
    assert account.row["operator_exempt_until"] == 0
    assert account.row["live"]["action"] == ACTION_SUSPEND
    apply(account, "release")
    assert account.row["live"]["action"] == ACTION_RELEASE
    assert account.row["hold_until"] == account.now + HOLD_HOURS * HOUR


def test_sequences_rise_through_commands_and_detectors_alike() -> None:
    account = Account()
    sequences = []
    for after, name in ((0.0, "throttle"), (0.0, "release"), (30.0, "suspend"), (0.0, "release")):
        account.now += int(after * HOUR)
        decision = apply(account, name)
        if decision is not None:
            sequences.append(int(decision["sequence"]))
        if account.ask(0.0):
            sequences.append(int(account.decision["sequence"]))
    assert sequences == sorted(set(sequences))
    assert len(sequences) >= 4


def test_a_command_leaves_the_shadow_standing_alone() -> None:
    account = Account(shadow=True)
    account.ask()
    shadow = account.row["shadow"].copy()
    apply(account, "suspend")
    apply(account, "release")
    assert account.row["shadow"] == shadow


def test_a_release_dismisses_the_campaign_it_was_about_but_no_other() -> None:
    account = Account()
    assert apply_verdict(account.row, 0xA, 5, 0.99, confirmed=True)
    assert account.ask(**ORDINARY) == ACTION_SUSPEND
    apply(account, "release")
    account.now += 30 * HOUR
    assert apply_verdict(account.row, 0xA, 6, 0.999, confirmed=True)
    assert account.ask(**ORDINARY) == ACTION_NONE
    assert apply_verdict(account.row, 0xB, 1, 0.9995, confirmed=True)
    assert account.ask(**ORDINARY) == ACTION_SUSPEND


@pytest.mark.parametrize("alone", [True, False])
def test_a_dismissal_spares_only_whom_the_policy_suspends_for_what_it_does(alone: bool) -> None:
    """Its own risk may be as high as can be: by default that suspends nobody."""
    account = Account(ladder={"suspend": {"alone": alone}})
    account.ask()
    assert apply_verdict(account.row, 0xA, 5, 0.99, confirmed=True)
    assert account.ask(2.0) == ACTION_SUSPEND
    assert account.row["live"]["risk"] > 0.98
    assert apply_verdict(account.row, 0xA, 6, 0.0, confirmed=False)
    released = apply_dismissal(account.row, account.now + HOUR, account.regimes)
    assert (released is None) == alone
    assert account.row["live"]["action"] == (ACTION_SUSPEND if alone else ACTION_RELEASE)


def test_verdicts_are_idempotent_and_the_surest_campaign_holds() -> None:
    row = Account().row
    assert apply_verdict(row, 0xA, 5, 0.7, confirmed=True)
    assert not apply_verdict(row, 0xA, 5, 0.7, confirmed=True)  # a repeat
    assert not apply_verdict(row, 0xA, 5, 0.6, confirmed=True)  # another link, less sure
    assert not apply_verdict(row, 0xA, 5, 0.0, confirmed=False)  # one that has let it go
    assert not apply_verdict(row, 0xA, 4, 0.9, confirmed=True)  # an older epoch
    assert not apply_verdict(row, 0xB, 9, 0.6, confirmed=True)  # less sure
    assert apply_verdict(row, 0xB, 1, 0.8, confirmed=True)
    assert (row["campaign"], row["campaign_epoch"]) == (0xB, 1)
    assert math.isclose(row["campaign_probability"], 0.8, rel_tol=1e-6)
    assert apply_verdict(row, 0xB, 2, 0.99, confirmed=False)
    assert row["campaign_probability"] == 0.0


def test_of_one_epochs_findings_the_surest_holds_in_any_order() -> None:
    for order in itertools.permutations((0.7, 0.0, 0.96)):
        row = Account().row
        apply_verdict(row, 0xA, 4, 0.9, confirmed=True)
        for probability in order:
            apply_verdict(row, 0xA, 5, probability, confirmed=probability > 0)
        assert math.isclose(row["campaign_probability"], 0.96, rel_tol=1e-6)
    assert apply_verdict(row, 0xA, 6, 0.7, confirmed=True)  # a later one may be less sure


def test_an_older_campaign_takes_over_when_it_is_as_sure_and_a_release_still_covers_it() -> None:
    row = Account().row
    assert apply_verdict(row, 0xB, 5, 0.9, confirmed=True)
    row["detectors_off"] = CAMPAIGN_BIT
    assert not apply_verdict(row, 0xC, 6, 0.9, confirmed=True)  # a newer one must be surer
    assert not apply_verdict(row, 0xA, 6, 0.89, confirmed=True)
    assert apply_verdict(row, 0xA, 6, 0.9, confirmed=True)
    assert (row["campaign"], row["detectors_off"]) == (0xA, CAMPAIGN_BIT)
    assert apply_verdict(row, 0xA, 7, 0.0, confirmed=False)
    assert not apply_verdict(row, 0x9, 8, 0.0, confirmed=False)  # it lets go what it never held


def test_a_command_in_the_middle_of_a_walk_is_what_the_detector_walks_on_from() -> None:
    account = Account()
    account.ask()
    apply(account, "throttle", expires_at=account.now + 3 * HOUR)
    account.now += 3 * HOUR
    assert judge(account.row, account.now, account.regimes, 0, account.guards, account.decision)
    assert account.decision["action"] == ACTION_THROTTLE
    assert np.isfinite(account.decision["risk"])
