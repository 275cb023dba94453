"""What keeps an account from the next limit, in sentences that are true."""

import numpy as np

from app.detection.why_not import why_not
from app.policy.document import PolicyDocument
from app.policy.regimes import build_regimes
from app.state.layout import ACTION_OBSERVE, ACTION_THROTTLE
from tests.reference.portraits import DISTILLER, ORDINARY
from tests.unit.kernels.test_ladder import SUSPECT, Account


def test_why_not_names_each_condition_that_is_missing() -> None:
    account = Account()
    assert account.ask(**ORDINARY) == 0
    reasons = why_not(account.row, account.now, account.regimes)
    text = "; ".join(reasons)
    assert "its risk is 0.00, below 0.9" in text
    assert "it was active in 9 of the last 24 hours, fewer than 12" in text
    assert "it rested in 15 of the last 24 hours, more than 4" in text
    assert "elicitation brings 0.0 nats, of 3.0 needed" in text


def test_why_not_of_an_account_about_to_be_limited_is_empty() -> None:
    account = Account()
    account.ask(**ORDINARY)
    distiller = Account()
    distiller.ask()
    distiller.row["live"] = account.row["live"]  # as before its request was judged
    assert why_not(distiller.row, distiller.now, distiller.regimes) == []


def test_why_not_speaks_of_the_next_step() -> None:
    account = Account()
    assert account.ask(**SUSPECT) == ACTION_THROTTLE
    text = "; ".join(why_not(account.row, account.now, account.regimes))
    assert "elicitation brings" in text
    assert "throttled for 1 hours before" in text
    account.ask(1.0)
    assert why_not(account.row, account.now, account.regimes) == []  # suspended


def test_why_not_says_that_suspension_is_left_to_campaigns() -> None:
    account = Account(ladder={"suspend": {"alone": False}})
    assert account.ask(**SUSPECT) == ACTION_THROTTLE
    account.ask(1.0)
    text = "; ".join(why_not(account.row, account.now, account.regimes))
    assert "suspends nobody for what one account does" in text
    assert "families" not in text


def test_why_not_says_what_keeps_detectors_away() -> None:
    account = Account(shadow=True)
    account.ask()
    account.verify("contract")
    account.row["hold_until"] = account.now + 1
    text = "; ".join(why_not(account.row, account.now, account.regimes))
    assert "shadow mode" in text
    assert "no more than to observe it" in text
    assert "operator's decision" in text
    account.row["exempt_until"] = account.now + 1
    account.row["verification"] = 0
    assert "no more than to observe it" in "; ".join(
        why_not(account.row, account.now, account.regimes)
    )
    cold = build_regimes([PolicyDocument()], [])
    assert any("snapshot" in reason for reason in why_not(account.row, account.now, cold))
    assert any("no request" in one for one in why_not(Account().row, 0, account.regimes))


def test_why_not_agrees_with_the_ladder() -> None:
    """Nothing missing means the next request acts, and something missing means it does not."""
    rng = np.random.default_rng(11)
    acted = 0
    for _ in range(300):
        account = Account()
        mixed = rng.random(len(DISTILLER))
        look = {
            name: ORDINARY[name] + float(part > 0.25) * (value - ORDINARY[name])
            for part, (name, value) in zip(mixed, DISTILLER.items(), strict=True)
        }
        action = account.ask(**look)
        calm = Account()
        calm.regimes = account.regimes
        account.row["live"] = calm.row["live"]
        missing = why_not(account.row, account.now, account.regimes)
        assert (action == ACTION_THROTTLE) == (not missing)
        assert action in (0, ACTION_OBSERVE, ACTION_THROTTLE)
        acted += action == ACTION_THROTTLE
    assert 10 < acted < 290
