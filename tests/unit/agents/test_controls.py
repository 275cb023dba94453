"""Profiles, operators' commands and campaigns' verdicts: each applied once, in any company."""

import orjson
import pytest

from app.kernels import parameters as p
from app.state.layout import FLAG_WOVEN
from tests.unit.agents.accounts import (
    DAY,
    HOUR,
    START,
    Accounts,
    command,
    hourly,
    profile,
    request,
    verdict,
)

ONE, OTHER = "00000000000000f1", "00000000000000f2"


def actions(accounts: Accounts) -> list[str]:
    accounts.checkpoint()
    return [action["action"] for action in accounts.sent("live")]


@pytest.fixture
def accounts() -> Accounts:
    accounts = Accounts()
    accounts.feed("requests", *hourly(["ann"], 2))
    return accounts


def test_a_profile_may_come_before_or_after_the_requests() -> None:
    before, after = Accounts(), Accounts()
    before.feed("profiles", profile("ann", tier="team"))
    before.feed("requests", *hourly(["ann"], 2))
    after.feed("requests", *hourly(["ann"], 2))
    after.feed("profiles", profile("ann", tier="team"))
    assert before.durable_rows() == after.durable_rows()


def test_a_profile_replaces_the_last_and_a_tombstone_forgets_it(accounts: Accounts) -> None:
    blank = accounts.row("ann").copy()
    accounts.feed("profiles", profile("ann", device_hash=16 * "a", referral_hash=16 * "b"))
    accounts.feed("profiles", profile("ann", tier="team", verification="card"))
    row = accounts.row("ann")
    assert (row["device"], row["referral"], row["tier"]) == (0, 0, 2)
    accounts.feed("profiles", (b"ann", None), (b"nobody", None))
    for name in ("tier", "verification", "payment", "created_at", "exempt_until"):
        assert row[name] == blank[name]
    assert accounts.row("nobody") is None
    counted = accounts.counters()
    assert [counted[f"profiles.{k}"] for k in ("in", "applied", "stale", "dead")] == [4, 3, 1, 0]


def test_an_older_profile_than_the_row_has_is_passed_over(accounts: Accounts) -> None:
    accounts.feed("profiles", profile("ann"), profile("ann", tier="team"))
    accounts.feed("operators", command("ann", "suspend", START))
    accounts.urgent()
    accounts.crash()
    accounts.take("profiles", 0, 1)
    assert accounts.row("ann")["tier"] == 2
    assert accounts.counters()["profiles.stale"] == 1


def test_bad_profiles_and_commands_are_dead_letters(accounts: Accounts) -> None:
    accounts.feed("profiles", (b"ann", b"{}"), (b"bob", profile("ann")[1]), (b"", None))
    accounts.feed(
        "operators",
        (b"ann", b"{}"),
        (b"bob", command("ann", "suspend", START)[1]),
        (None, command("ann", "suspend", START)[1]),
        (b"ann", None),
        command("ann", "release", START, expires_at=START + 1),
    )
    accounts.checkpoint()
    assert accounts.reasons() == [
        "missing_field",
        "key_mismatch",
        "key_mismatch",
        "missing_field",
        "key_mismatch",
        "key_mismatch",
        "null_value",
        "out_of_range",
    ]
    counted = accounts.counters()
    assert (counted["operators.in"], counted["operators.dead"]) == (5, 5)
    assert (counted["profiles.in"], counted["profiles.dead"]) == (3, 3)
    assert accounts.sent("live") == []


def test_controls_of_new_accounts_are_refused_without_room() -> None:
    accounts = Accounts(limit=1)
    accounts.feed("profiles", profile("ann"), profile("bob"))
    accounts.feed("operators", command("cyd", "suspend", START))
    accounts.feed("verdicts", verdict("dan", ONE, 1))
    accounts.checkpoint()
    assert accounts.reasons() == ["state_full"] * 3
    assert accounts.sent("live") == []


# Operators.


def test_a_suspension_is_published_with_its_author_and_holds(accounts: Accounts) -> None:
    accounts.feed("operators", command("ann", "suspend", START + HOUR, expires_at=START + DAY))
    accounts.feed("verdicts", verdict("ann", ONE, 1, ts=START + HOUR))
    accounts.checkpoint()
    (action,) = accounts.sent("live")
    assert accounts.sent("state") == [action]
    assert action["actor"] == "on-call"
    assert action["reasons"][0]["text"] == "on-call: a test"
    assert action["source"] == {"topic": "operators", "partition": 0, "offset": 0}
    assert (action["action"], action["expires_at"]) == ("suspend", START + DAY)
    assert action["limit"] is None


def test_what_an_operator_held_lapses_and_the_campaign_speaks_again(accounts: Accounts) -> None:
    accounts.feed("operators", command("ann", "suspend", START + HOUR, expires_at=START + DAY))
    accounts.feed("verdicts", verdict("ann", ONE, 1, ts=START + HOUR))
    accounts.feed("requests", request("ann", "before", START + DAY - 1))
    assert actions(accounts) == ["suspend"]
    accounts.feed("requests", request("ann", "after", START + DAY))
    assert len(actions(accounts)) == 2


def test_a_throttle_carries_its_limit_and_a_later_command_replaces_it(accounts: Accounts) -> None:
    accounts.feed("operators", command("ann", "throttle", START + HOUR))
    accounts.feed("operators", command("ann", "suspend", START + HOUR + 1))
    accounts.checkpoint()
    first, second = accounts.sent("live")
    assert first["limit"] == {"requests_per_minute": 7, "tokens_per_minute": 700}
    assert second["supersedes"] == first["action_id"]
    assert second["sequence"] > first["sequence"]


def test_a_release_silences_the_campaign_it_was_about(accounts: Accounts) -> None:
    accounts.feed("verdicts", verdict("ann", ONE, 1, ts=START + 2 * HOUR))
    accounts.feed("operators", command("ann", "release", START + 2 * HOUR))
    assert actions(accounts) == ["suspend", "release"]
    assert accounts.row("ann")["detectors_off"] & p.CAMPAIGN_BIT
    accounts.feed("verdicts", verdict("ann", ONE, 2, ts=START + 9 * DAY))
    accounts.feed("requests", request("ann", "again", START + 9 * DAY))
    assert actions(accounts) == ["suspend", "release"]


def test_an_exemption_releases_until_it_ends(accounts: Accounts) -> None:
    accounts.feed("verdicts", verdict("ann", ONE, 1, ts=START + 2 * HOUR))
    until = START + 2 * DAY
    accounts.feed("operators", command("ann", "exempt", START + 2 * HOUR, expires_at=until))
    accounts.feed("requests", request("ann", "covered", until - 1))
    assert [a for a in actions(accounts) if a != "observe"] == ["suspend", "release"]
    accounts.feed("requests", request("ann", "open", until))
    assert actions(accounts)[-1] in ("throttle", "suspend")


def test_a_command_read_again_says_nothing_new(accounts: Accounts) -> None:
    accounts.feed(
        "operators", command("ann", "suspend", START), command("ann", "release", START + 1)
    )
    accounts.urgent()
    accounts.crash()
    accounts.resume()
    assert actions(accounts) == ["suspend", "release"]
    assert accounts.counters()["operators.stale"] == 2


# Verdicts.


@pytest.mark.parametrize(
    "bad", ["spring-fraud", "f" * 17, "-1", "0x0000000000000f", "0" * 16, "F1"]
)
def test_a_campaign_that_no_row_can_name_is_a_dead_letter(accounts: Accounts, bad: str) -> None:
    accounts.feed("verdicts", verdict("ann", bad, 1), verdict("bob", bad, 1))
    accounts.checkpoint()
    assert accounts.reasons() == ["out_of_range"] * 2
    assert {letter["field"] for letter in accounts.sent("dead-letters")} == {"campaign_id"}
    assert accounts.row("ann")["campaign"] == 0
    assert accounts.row("bob") is None


def test_a_verdict_acts_once_for_each_epoch(accounts: Accounts) -> None:
    one = verdict("ann", ONE, 3, ts=START + 2 * HOUR)
    accounts.feed("verdicts", one, one, verdict("ann", ONE, 2, ts=START + 2 * HOUR))
    assert actions(accounts) == ["suspend"]
    assert accounts.counters()["verdicts.stale"] == 2
    (action,) = accounts.sent("live")
    assert action["campaign_id"] == ONE
    assert action["source"]["topic"] == "verdicts"


def test_an_action_says_what_the_verdict_that_tipped_it_said(accounts: Accounts) -> None:
    why = ["It shares one payment.", "They keep an even pace."]
    accounts.feed("verdicts", verdict("ann", ONE, 3, ts=START + 2 * HOUR, reasons=why))
    accounts.checkpoint()
    first, *others = accounts.sent("live")[0]["reasons"]
    assert first["detector"] == "campaign"
    assert f"`reflux report {ONE}`" in first["text"]
    assert [reason["text"] for reason in others[:2]] == why


def test_an_action_at_a_request_points_to_the_campaign_that_stands_behind_it(
    accounts: Accounts,
) -> None:
    accounts.feed("operators", command("ann", "exempt", START, expires_at=START + DAY))
    accounts.feed("verdicts", verdict("ann", ONE, 3, ts=START + 2 * HOUR, reasons=["It shares."]))
    assert "suspend" not in actions(accounts)
    accounts.feed("requests", request("ann", "open", START + DAY))
    accounts.checkpoint()
    last = accounts.sent("live")[-1]
    assert last["source"]["topic"] == "requests"
    assert f"`reflux report {ONE}`" in last["reasons"][0]["text"]
    assert "campaign.verdict" not in {reason["detector"] for reason in last["reasons"]}


def dismissed(epoch: int, ts: int) -> tuple[bytes, bytes]:
    gone = {"probability": 0.0, "confirmed": False, "dismissed": True, "reasons": ["Dismissed."]}
    return verdict("ann", ONE, epoch, ts=ts, **gone)


def test_an_operator_who_dismisses_a_campaign_releases_even_its_suspended(
    accounts: Accounts,
) -> None:
    accounts.feed("verdicts", verdict("ann", ONE, 3, ts=START + 2 * HOUR))
    accounts.feed("verdicts", dismissed(4, START + 8 * HOUR))
    accounts.feed("requests", request("ann", "later", START + 9 * HOUR, elicitation=0.0))
    assert actions(accounts) == ["suspend", "release"]
    release = accounts.sent("live")[1]
    assert release["issued_at"] == START + 8 * HOUR
    assert release["reasons"][0] == {
        "detector": "campaign.verdict",
        "observed": None,
        "threshold": None,
        "population_percentile": None,
        "contribution": 0.0,
        "text": "Dismissed.",
    }


def test_a_dismissal_releases_whose_risk_is_high_if_that_suspends_nobody(
    accounts: Accounts,
) -> None:
    accounts.feed("verdicts", verdict("ann", ONE, 3, ts=START + 2 * HOUR))
    accounts.row("ann")["live"]["risk"] = 0.99
    accounts.feed("verdicts", dismissed(4, START + 8 * HOUR))
    assert actions(accounts) == ["suspend", "release"]


def test_a_dismissal_does_not_undo_what_an_operator_did(accounts: Accounts) -> None:
    accounts.feed("verdicts", verdict("ann", ONE, 3, ts=START + 2 * HOUR, probability=0.1))
    accounts.feed("operators", command("ann", "suspend", START + 3 * HOUR))
    accounts.feed("verdicts", dismissed(4, START + 8 * HOUR))
    assert actions(accounts) == ["suspend"]


def test_the_campaign_that_is_surest_holds(accounts: Accounts) -> None:
    row = accounts.row("ann")
    accounts.feed("verdicts", verdict("ann", ONE, 3, probability=0.5))
    accounts.feed("verdicts", verdict("ann", OTHER, 9, probability=0.4))
    assert row["campaign"] == int(ONE, 16)
    accounts.feed("verdicts", verdict("ann", OTHER, 1, probability=0.6))
    assert row["campaign"] == int(OTHER, 16)


def test_a_campaign_that_is_not_confirmed_displaces_no_finding(accounts: Accounts) -> None:
    accounts.feed("verdicts", verdict("ann", ONE, 3, probability=0.97))
    accounts.feed("verdicts", verdict("ann", OTHER, 3, probability=0.99, confirmed=False))
    row = accounts.row("ann")
    assert row["campaign"] == int(ONE, 16)
    assert row["campaign_probability"] == pytest.approx(0.97)
    accounts.feed("verdicts", verdict("ann", ONE, 4, probability=0.97, confirmed=False))
    assert row["campaign_probability"] == 0


# What campaigns say of one account, in turns, 80 hours apart: the row remembers one of them only.
TURNS = {
    "away and back": [(ONE, 1, 0.97), (OTHER, 1, 0.98), (ONE, 2, 0.99), (ONE, 3, 0.1)],
    "left after a second": [(ONE, 1, 0.97), (OTHER, 1, 0.98), (OTHER, 2, 0.1), (OTHER, 3, 0.1)],
    "left, and back": [(ONE, 1, 0.97), (ONE, 2, 0.1), (ONE, 3, 0.1), (OTHER, 1, 0.9), (ONE, 4, 1)],
}


def disturbed(turns: list[tuple[str, int, float]], durable: int) -> Accounts:
    """A partition told of ``turns``, with a restart after ``durable`` of them if there are any:
    the row was written by then, the header says that none was read."""
    accounts = Accounts()
    accounts.feed("requests", *hourly(["ann"], 2))
    if durable:
        accounts.partition.freeze()
    for i, (campaign, epoch, probability) in enumerate(turns):
        ts = START + 2 * HOUR + i * 80 * HOUR
        accounts.feed("verdicts", verdict("ann", campaign, epoch, probability=probability, ts=ts))
        if i + 1 == durable:
            accounts.slice(100)
            accounts.crash()
            accounts.resume()
    accounts.checkpoint()
    return accounts


@pytest.mark.parametrize("turns", TURNS.values(), ids=TURNS)
def test_verdicts_read_again_are_not_applied_again(turns: list[tuple[str, int, float]]) -> None:
    expected = disturbed(turns, 0)
    assert expected.counters()["verdicts.applied"] == len(turns)
    for durable in range(1, len(turns) + 1):
        restarted = disturbed(turns, durable)
        assert restarted.rows == expected.rows
        assert restarted.sent("live") == expected.sent("live")
        assert restarted.counters()["verdicts.stale"] == durable


@pytest.mark.parametrize(
    "left", [{"probability": 0.1}, {"confirmed": False}], ids=["no member", "not confirmed"]
)
@pytest.mark.parametrize(
    ("probability", "step", "hours"), [(0.92, "throttle", 1), (0.97, "suspend", 72)]
)
def test_who_leaves_a_campaign_is_released_when_the_ladder_says(
    accounts: Accounts, left: dict[str, object], probability: float, step: str, hours: int
) -> None:
    now = START + 2 * HOUR
    accounts.feed("verdicts", verdict("ann", ONE, 3, ts=now, probability=probability))
    findings = {"ts": now + HOUR, "probability": probability} | left
    accounts.feed("verdicts", verdict("ann", ONE, 4, **findings))
    again = now + HOUR + hours * HOUR
    accounts.feed("requests", request("ann", "early", again - 1, task="chat", elicitation=0.0))
    assert actions(accounts) == [step]
    accounts.feed("requests", request("ann", "due", again, task="chat", elicitation=0.0))
    assert actions(accounts) == [step, "release"]
    release = accounts.sent("live")[1]
    assert release["campaign_id"] is None
    assert release["reasons"][0]["detector"] != "campaign"
    accounts.feed("requests", request("ann", "later", again + HOUR, task="chat", elicitation=0.0))
    assert actions(accounts) == [step, "release"]


def test_a_later_finding_of_the_campaign_releases_as_a_request_does(accounts: Accounts) -> None:
    now = START + 2 * HOUR
    for epoch, hours, probability in ((3, 0, 0.97), (4, 1, 0.1), (5, 72, 0.1), (6, 73, 0.1)):
        ts = now + hours * HOUR
        accounts.feed("verdicts", verdict("ann", ONE, epoch, ts=ts, probability=probability))
    accounts.checkpoint()
    _, release = accounts.sent("live")
    assert (release["action"], release["issued_at"]) == ("release", now + 73 * HOUR)
    assert release["source"] == {"topic": "verdicts", "partition": 0, "offset": 3}


def test_who_comes_back_to_a_campaign_is_not_released(accounts: Accounts) -> None:
    row = accounts.row("ann")
    accounts.feed("verdicts", verdict("ann", ONE, 3, ts=START + 2 * HOUR, probability=0.97))
    accounts.feed("verdicts", verdict("ann", ONE, 4, ts=START + 3 * HOUR, probability=0.96))
    assert row["live"]["below_since"] == 0
    accounts.feed("verdicts", verdict("ann", ONE, 5, ts=START + 4 * HOUR, probability=0.1))
    assert row["live"]["below_since"] == START + 4 * HOUR
    accounts.feed("verdicts", verdict("ann", ONE, 6, ts=START + 5 * HOUR, probability=0.97))
    assert row["live"]["below_since"] == 0
    assert actions(accounts) == ["suspend"]


# Exemptions by contract.


def test_a_contract_that_arrives_late_releases(accounts: Accounts) -> None:
    accounts.feed("verdicts", verdict("ann", ONE, 1, ts=START + 2 * HOUR))
    accounts.feed("profiles", profile("ann", exempt_until=START + 90 * DAY))
    accounts.checkpoint()
    limited, release = accounts.sent("live")
    assert (limited["action"], release["action"]) == ("suspend", "release")
    assert release["reasons"][0]["detector"] == "exemption"
    assert release["issued_at"] >= limited["issued_at"]
    assert release["source"]["topic"] == "profiles"


def test_a_contract_that_is_over_releases_nobody(accounts: Accounts) -> None:
    accounts.feed("verdicts", verdict("ann", ONE, 1, ts=START + 2 * HOUR))
    accounts.feed("profiles", profile("ann", exempt_until=START))
    assert actions(accounts) == ["suspend"]


def test_a_contract_releases_an_account_without_requests_too() -> None:
    accounts = Accounts()
    accounts.feed("verdicts", verdict("ann", ONE, 1))
    accounts.feed("profiles", profile("ann", exempt_until=START + 90 * DAY))
    assert actions(accounts) == ["suspend", "release"]


def test_unknown_fields_are_ignored(accounts: Accounts) -> None:
    key, value = command("ann", "suspend", START)
    fields = orjson.loads(value or b"") | {"mood": "stern"}
    accounts.feed("operators", (key, orjson.dumps(fields)))
    assert actions(accounts) == ["suspend"]


def test_an_account_keeps_the_smallest_name_of_its_ring_in_whatever_order(
    accounts: Accounts,
) -> None:
    for name in (OTHER, ONE, OTHER):
        accounts.feed("verdicts", verdict("ann", name, 900, about="ring"))
    row = accounts.row("ann")
    assert row["ring"] == int(ONE, 16)
    assert (row["campaign"], row["verdict_offset"]) == (0, 0)
    assert [accounts.counters()[f"verdicts.{name}"] for name in ("applied", "stale")] == [2, 1]
    assert actions(accounts) == []


def test_an_account_remembers_its_smallest_web_and_that_there_were_several(
    accounts: Accounts,
) -> None:
    def told() -> tuple[int, bool]:
        row = accounts.row("ann")
        return int(row["web"]), bool(row["flags"] & FLAG_WOVEN)

    for name, web in ((OTHER, (0xF2, False)), (OTHER, (0xF2, False)), (ONE, (0xF1, True))):
        accounts.feed("verdicts", verdict("ann", name, 900, about="web"))
        assert told() == web
    accounts.checkpoint()
    accounts.crash()
    assert told() == (0xF1, True)


def test_a_larger_name_of_a_web_is_another_web_all_the_same(accounts: Accounts) -> None:
    for name in (ONE, OTHER, OTHER):
        accounts.feed("verdicts", verdict("ann", name, 900, about="web"))
    row = accounts.row("ann")
    assert int(row["web"]) == 0xF1
    assert row["flags"] & FLAG_WOVEN
    counted = accounts.counters()
    assert (counted["verdicts.applied"], counted["verdicts.stale"]) == (2, 1)


def test_several_rings_are_one_ring(accounts: Accounts) -> None:
    accounts.feed("verdicts", *(verdict("ann", name, 900, about="ring") for name in (ONE, OTHER)))
    row = accounts.row("ann")
    assert (int(row["ring"]), int(row["web"])) == (0xF1, 0)
    assert not row["flags"] & FLAG_WOVEN
