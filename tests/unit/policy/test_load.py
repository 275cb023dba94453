from pathlib import Path

import pytest

from app.policy.load import InvalidPolicy, default_policy, load_policy, parse_policy


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ladder: {throttle: {risk: 1.4}}", "ladder.throttle.risk: Input should be less than 1"),
        ("evidence: {prior: 1e-3}", "evidence.prior: Input should be a valid number"),
        ("shadow: maybe", "shadow: Input should be a valid boolean (given: 'maybe')"),
        ("ladder: {throtle: {}}", "ladder.throtle: there is no such field"),
        # Epochs are numbered by their length: it is no threshold that a policy could move.
        ("clock: {epoch_minutes: 30}", "clock.epoch_minutes: there is no such field"),
        ("shadow: true\nguards: {}\nshadow: false", "line 3: shadow is there twice"),
        ("guards:\n  hold_minutes: .nan", "guards.hold_minutes: Input should be"),
        ("ladder: {throttle: {requests_per_minute: 2.5}}", "requests_per_minute: Input should be"),
        ("exemptions: [{kind: tier, value: gold}]", "exemptions.0.expires_at: Field required"),
        ("clock: 7", "clock: Input should be a valid dictionary"),
        ("[1, 2]", "not a mapping"),
        ("", "not a mapping"),
        ("a: [", "neither YAML nor JSON"),
        ("? [a]\n: b", "neither YAML nor JSON"),
        ("!!python/object/apply:os.system [true]", "neither YAML nor JSON"),
        ("[" * 5_000, "nested too deeply"),
        ("1: 2", "1: Keys should be strings"),
        ("x: " + "y" * 300_000, "the limit is 262,144"),
    ],
)
def test_a_bad_policy_is_refused_by_field_and_reason(text: str, said: str) -> None:
    with pytest.raises(InvalidPolicy) as refused:
        load_policy(text.encode())
    assert said in str(refused.value)


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(InvalidPolicy) as refused:
        load_policy(b"shadow: 3\nguards: {hold_minutes: -1}")
    assert len(str(refused.value).splitlines()) == 2


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InvalidPolicy, match="neither YAML nor JSON"):
        load_policy(b"\xff\xfe\xff")


def test_what_a_document_leaves_out_stays_as_it_is() -> None:
    changed = load_policy(b"evidence: {elicitation: {weight: 3.5}}")
    assert changed.evidence.elicitation.weight == 3.5
    rest = changed.evidence.elicitation.model_copy(update={"weight": 4.0})
    assert rest == default_policy().evidence.elicitation
    known = load_policy(b"customers: {document: {bar: 1.0}}").customers.document
    assert known.ceiling == default_policy().customers.document.ceiling == "throttle"


def test_json_and_files_are_read_too(tmp_path: Path) -> None:
    text = default_policy().model_dump_json()
    assert load_policy(text.encode()) == default_policy()
    file = tmp_path / "policy.json"
    file.write_text(text)
    assert load_policy(file) == load_policy(str(file)) == default_policy()
    assert parse_policy(default_policy().model_dump(mode="json")) == default_policy()
    with pytest.raises(FileNotFoundError):
        load_policy(tmp_path / "none.yaml")
