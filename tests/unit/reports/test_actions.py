"""Which of all actions belong to a campaign's case."""

from app.reports.places import Place
from tests.unit.reports.records import ACTIONS, LOG, START, action, book

STATE = Place("reflux.enforcement-state.v1:3", 9)


def test_actions_that_name_the_campaign_and_what_follows_on_their_accounts_are_kept() -> None:
    kept = book(*ACTIONS).actions
    assert [(n.account_id, n.action, n.place.number, n.names_campaign) for n in kept] == [
        ("a", "throttle", 101, True),
        ("b", "suspend", 102, True),
        ("a", "suspend", 103, True),
        ("c", "suspend", 104, True),
        ("d", "throttle", 105, True),
        ("c", "release", 106, False),
    ]


def test_repeats_change_nothing() -> None:
    once, twice = book(*ACTIONS), book(*ACTIONS, *ACTIONS[1:5])
    assert once.actions == twice.actions
    assert once.standings == twice.standings


def test_an_account_is_told_its_newest_probability() -> None:
    assert book(*ACTIONS).probabilities == {"a": 0.95, "b": 0.9, "c": 0.8}


def test_a_standing_newer_than_the_actions_counts_and_an_older_one_does_not() -> None:
    heard = book(*ACTIONS)
    heard.stands(action("b", 2, "release", campaign_id=None), STATE)
    heard.stands(action("a", 1, "throttle"), STATE)
    assert (heard.standings["b"].action, heard.standings["b"].place) == ("release", STATE)
    assert heard.standings["a"].place == Place(LOG, 103)
    assert heard.earlier == 0


def test_accounts_whose_actions_are_kept_no_longer_are_known_by_their_standing() -> None:
    heard = book(*ACTIONS)
    heard.stands(action("z", 4, "suspend", at=START, probability=0.7), STATE)
    heard.stands(action("other", 2, "release", campaign_id=None), STATE)
    assert heard.earlier == 1
    assert heard.probabilities["z"] == 0.7
    assert "other" not in heard.standings
    assert all(noted.account_id != "z" for noted in heard.actions)
