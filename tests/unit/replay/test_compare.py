"""What another policy would change, account by account."""

from app.events.enforcement import Enforcement, Reason
from app.replay.compare import Standings, compare
from app.replay.listener import Decision


def decision(
    account: str, action: str, at: int, detector: str, *, shadow: bool = False
) -> Decision:
    reason = Reason.model_construct(detector=detector, text=f"because of {detector}")
    record = Enforcement.model_construct(reasons=[reason])
    return Decision(account, action, at, None, 0, 0, at, 0, shadow, record)


def standings(*decisions: Decision) -> Standings:
    heard = Standings()
    for one in decisions:
        heard.hear(one)
    return heard


def test_every_account_falls_into_one_place() -> None:
    first = standings(
        decision("same", "throttle", 1, "a"),
        decision("spared", "suspend", 2, "b"),
        decision("harder", "throttle", 3, "a"),
        decision("softer", "throttle", 4, "a"),
        decision("softer", "suspend", 5, "c"),
        decision("watched", "observe", 6, "a"),
    )
    other = standings(
        decision("same", "throttle", 11, "a"),
        decision("harder", "suspend", 12, "d"),
        decision("softer", "throttle", 13, "a"),
        decision("watched", "throttle", 15, "e"),
        decision("new", "throttle", 14, "e"),
        decision("hidden", "suspend", 16, "e", shadow=True),
    )
    changes = compare(first, other)
    assert [one.account for one in changes.newly.examples] == ["new", "watched"]
    assert changes.newly.detectors == {"e": 2}
    assert (changes.spared.accounts, changes.spared.detectors) == (1, {"b": 1})
    assert [one.account for one in changes.harder.examples] == ["harder"]
    assert changes.softer.detectors == {"a": 1}
    assert changes.same == 1
    example = changes.newly.examples[0]
    assert (example.issued_at, example.action, example.text) == (14, "throttle", "because of e")


def test_a_standing_is_the_hardest_step_and_the_first_time_it_was_taken() -> None:
    heard = standings(
        decision("x", "throttle", 1, "a"),
        decision("x", "suspend", 2, "b"),
        decision("x", "release", 3, "b"),
        decision("x", "suspend", 4, "c"),
    )
    limited = heard.limited["x"]
    assert (limited.action, limited.issued_at, limited.detector) == ("suspend", 2, "b")


def test_examples_are_few_and_figures_whole() -> None:
    other = standings(*(decision(f"n{i}", "throttle", i, "a") for i in range(30)))
    change = compare(Standings(), other, examples=3).newly
    assert (change.accounts, len(change.examples)) == (30, 3)


def test_the_same_decisions_differ_in_nothing() -> None:
    both = standings(decision("x", "throttle", 1, "a"))
    changes = compare(both, both).as_json()
    assert changes["same"] == 1
    assert all(changes[name]["accounts"] == 0 for name in ("newly", "spared", "harder", "softer"))
