"""The figures of a case file, and that each can be traced."""

from dataclasses import asdict

import orjson
import pytest

from app.reports.case import Day, make_case
from app.reports.places import Extent, Place
from tests.unit.reports.records import (
    ACTIONS,
    DAY,
    ID,
    LOG,
    RECORD,
    START,
    action,
    book,
    campaign,
    case,
)


def test_what_happened_comes_from_the_record() -> None:
    found = case()
    assert (found.campaign_id, found.status, found.record) == (ID, "confirmed", str(RECORD))
    values = {name: figure.value for name, figure in found.figures.items()}
    assert values["first_seen"] == START
    assert values["days"] == 10.0
    assert values["interactions_per_account_since_found"] == 250.0
    assert found.figures["interactions_since_found"].source == "C.interactions"
    assert [*found.capabilities] == ["agentic", "code", "chat"]
    assert found.prevented["share_since_found_at_most"].value == 0.25


def test_what_leaves_out_the_time_before_an_account_was_found_says_so() -> None:
    found = case()
    counted = [
        name
        for name in found.figures
        if "interactions" in name or name.endswith("tokens_since_found")
    ]
    assert len(counted) == 4
    assert all(name.endswith("_since_found") for name in counted)
    assert all(name.endswith("_at_most") for name in found.prevented)
    assert any("below what the campaign asked for" in caveat for caveat in found.caveats)
    assert any("of the whole campaign it is less" in caveat for caveat in found.caveats)


def test_connections_are_told_by_how_little_chance_explains_them() -> None:
    payment, network = case().connections
    assert (payment.kind, network.kind) == ("payment", "network")
    assert payment.one_in == pytest.approx(1000)
    assert payment.by_chance == pytest.approx(0.2)
    assert network.by_chance == 100.0
    assert payment.source.startswith("C.links[1];")


def test_a_link_that_hardly_anybody_has_has_no_one_in() -> None:
    link = {"kind": "device", "hash": "1" * 16, "members": 3, "population": 3, "rarity": 1.0}
    assert case(links=[link]).connections[0].one_in is None


def test_actions_are_counted_by_kind_with_their_first_and_last() -> None:
    steps = {(step.action, step.names_campaign): step for step in case().steps}
    assert {kind: (s.actions, s.accounts) for kind, s in steps.items()} == {
        ("throttle", True): (2, 2),
        ("suspend", True): (3, 3),
        ("release", False): (1, 1),
    }
    suspended = steps["suspend", True]
    assert (suspended.first.account_id, suspended.first.place) == ("b", f"{LOG}:102")
    assert (suspended.last.account_id, suspended.last.at) == ("c", START + 3 * DAY)
    assert case().actions == [Extent(LOG, 101, 106, 6)]


def test_days_count_accounts_and_not_actions() -> None:
    again = action("b", 2, "suspend", at=START + DAY + 9)
    days = make_case(campaign(), RECORD, book(*ACTIONS, again)).days
    assert days[0] == Day("2024-10-05", {"throttle": 1, "suspend": 1})
    assert [day.day for day in days] == ["2024-10-05", "2024-10-07", "2024-10-08", "2024-10-10"]


def test_standings_are_those_at_the_end() -> None:
    values = {name: figure.value for name, figure in case().standing.items()}
    assert values == {
        "as_of": START + 10 * DAY,
        "accounts": 4,
        "suspend": 2,
        "throttle": 0,
        "observe": 0,
        "release": 1,
        "lapsed": 1,
    }


def test_strangers_are_expected_by_the_probabilities_of_those_suspended() -> None:
    certainty = case().certainty
    assert certainty["expected_strangers_suspend"].value == pytest.approx(0.05 + 0.1)
    assert "2 accounts" in certainty["expected_strangers_suspend"].source
    assert certainty["lowest"].value == 0.8
    assert certainty["released"].value == certainty["released_by_operators"].value == 1


def test_a_campaign_nobody_was_acted_on_for_is_told_as_well() -> None:
    found = make_case(campaign(status="forming", accounts=0, interactions=0), RECORD, book())
    assert (found.steps, found.days, found.actions) == ([], [], [])
    assert found.certainty["lowest"].value is None
    assert found.figures["interactions_per_account_since_found"].value is None
    assert any("forming" in caveat for caveat in found.caveats)


def test_actions_that_are_kept_no_longer_are_admitted() -> None:
    heard = book(*ACTIONS)
    heard.stands(action("z", 4, "suspend"), Place("state:0", 1))
    found = make_case(campaign(), RECORD, heard)
    assert any("1 accounts stand by actions" in caveat for caveat in found.caveats)
    assert found.standing["suspend"].value == 3


def test_every_figure_names_its_source() -> None:
    def figures(value: object) -> list[dict[str, object]]:
        if isinstance(value, dict):
            nested = [one for item in value.values() for one in figures(item)]
            return [value, *nested] if "value" in value else nested
        return [one for item in value for one in figures(item)] if isinstance(value, list) else []

    found = figures(orjson.loads(orjson.dumps(asdict(case()))))
    assert len(found) > 30
    assert all(one["source"] for one in found)
    fields = set(campaign().model_dump())
    cited = {
        str(one["source"]).removeprefix("C.").partition(".")[0].partition("[")[0]
        for one in found
        if str(one["source"]).startswith("C.") and " " not in str(one["source"])
    }
    assert cited <= fields
