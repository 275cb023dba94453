"""Profiles as the kernel applies them: by offset, in one batch, without room."""

from tests.unit.agents.accounts import START, Accounts, profile, request


def counts(accounts: Accounts) -> list[int]:
    counted = accounts.counters()
    return [counted[f"profiles.{name}"] for name in ("in", "applied", "stale", "dead")]


def test_all_fields_arrive_and_all_are_forgotten() -> None:
    accounts = Accounts()
    everything = {
        "org_id": "org",
        "tier": "reseller",
        "verification": "contract",
        "payment_hash": "00000000000000a1",
        "email_domain_hash": "00000000000000a2",
        "device_hash": "00000000000000a3",
        "referral_hash": "ffffffffffffffff",
        "billing_country": "DE",
        "access_country": "FR",
        "exempt_until": 2**62,
    }
    accounts.feed("profiles", profile("ann"))
    plain = accounts.row("ann").copy()
    accounts.feed("profiles", profile("ann", **everything))
    row = accounts.row("ann")
    assert row["org"] != 0
    assert (row["tier"], row["verification"]) == (7, 5)
    assert [int(row[n]) for n in ("payment", "email_domain", "device", "referral")] == [
        0xA1,
        0xA2,
        0xA3,
        2**64 - 1,
    ]
    assert row["exempt_until"] == 2**62
    accounts.feed("profiles", profile("ann"))
    for name in ("org", "email_domain", "device", "referral", "exempt_until"):
        assert row[name] == plain[name] == 0


def test_a_key_that_a_batch_brings_in_is_known_to_its_later_records() -> None:
    accounts = Accounts()
    accounts.feed("profiles", profile("ann"), (b"ann", None), profile("ann", tier="team"))
    assert len(accounts.partition.store) == 1
    assert accounts.row("ann")["tier"] == 2
    assert accounts.row("ann")["profile_offset"] == 3
    assert counts(accounts) == [3, 3, 0, 0]


def test_forgetting_a_stranger_makes_no_row() -> None:
    accounts = Accounts()
    accounts.feed("profiles", (b"ann", None))
    assert len(accounts.partition.store) == 0
    assert counts(accounts) == [1, 0, 1, 0]
    assert accounts.durable_rows() == {}


def test_without_room_known_accounts_are_still_served() -> None:
    accounts = Accounts(limit=1)
    accounts.feed("profiles", profile("ann"), profile("bob"), profile("ann", tier="team"))
    assert counts(accounts) == [3, 2, 0, 1]
    assert accounts.row("ann")["tier"] == 2


def test_a_profile_is_no_request() -> None:
    accounts = Accounts()
    accounts.feed("profiles", profile("ann"))
    assert accounts.row("ann")["events"] == 0
    assert accounts.partition.header().watermark is None
    assert accounts.sent("live") == []
    accounts.feed("requests", request("ann", "1", START))
    assert accounts.row("ann")["payment"] == 0xE1
