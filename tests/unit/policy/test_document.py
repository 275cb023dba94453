import math
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from app.commands.policy_text import explained
from app.policy.document import PolicyDocument
from app.policy.load import default_policy
from app.policy.reach import highest_risk


def settings_of(section: type[BaseModel], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings_of(kind, f"{path}{name}.")
        else:
            yield f"{path}{name}", field


def test_the_shipped_file_is_the_model_explained() -> None:
    """Regenerate it with `reflux policy show --shipped` after changing a default."""
    shipped = files("app.policy").joinpath("default.yaml").read_text(encoding="utf-8")
    assert shipped == explained(PolicyDocument())
    assert default_policy() == PolicyDocument()


@pytest.mark.parametrize(("path", "field"), list(settings_of(PolicyDocument)))
def test_every_setting_says_what_it_is_and_why(path: str, field: Any) -> None:
    assert field.description
    assert field.json_schema_extra["unit"]
    assert field.json_schema_extra["why"]
    assert not field.is_required()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"evidence": {"volume": {"saturates_at": 0.5}}}, "saturates_at must be above starts_at"),
        ({"evidence": {"volume": {"requests": 0.05, "output_tokens": 0.0}}}, "out of reach"),
        ({"evidence": {"elicitation": {"weight": 0.0}}}, "out of reach"),
        ({"evidence": {"prior": 1e-9}}, "ladder.throttle.risk is out of reach"),
        ({"ladder": {"throttle": {"release_risk": 0.9}}}, "would flap"),
        ({"ladder": {"suspend": {"release_risk": 0.95}}}, "would flap"),
        ({"ladder": {"suspend": {"release_risk": 0.93}}}, "must not be above throttle.risk"),
        ({"ladder": {"throttle": {"risk": 0.99}}}, "suspend.risk must not be below throttle.risk"),
        ({"ladder": {"observe": {"risk": 0.95}}}, "throttle.risk must not be below observe.risk"),
        ({"ladder": {"throttle": {"renew_within_hours": 6.0}}}, "below lapses_after_hours"),
        ({"ladder": {"suspend": {"lapses_after_hours": 24.0}}}, "below lapses_after_hours"),
        ({"ladder": {"suspend": {"after_throttle_hours": 5.0}}}, "put a suspension off"),
        ({"campaigns": {"throttle_probability": 0.99}}, "must not be above"),
        (
            {"clock": {"retention_days": 1.0, "allowed_lateness_hours": 48.0}},
            "must not be below clock.allowed_lateness_hours",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace(".", r"\.")):
        PolicyDocument.model_validate(change)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("tier", "gold"),
        ("verification", "none of these"),
        ("payment", "12"),
        ("payment", "0" * 16),
        ("email_domain", "G" * 16),
        ("account", "acct_1"),
    ],
)
def test_an_exemption_names_something(kind: str, value: str) -> None:
    rule = {"kind": kind, "value": value, "expires_at": 1, "reason": "tried"}
    with pytest.raises(ValidationError):
        PolicyDocument.model_validate({"exemptions": [rule]})


def test_a_policy_judges_from_its_publication_unless_said() -> None:
    assert PolicyDocument().judges_from == 0
    assert PolicyDocument(published_at=5).judges_from == 5
    assert PolicyDocument(published_at=5, effective_from=3).judges_from == 3


def test_the_highest_risk_is_that_of_all_evidence() -> None:
    evidence = PolicyDocument().evidence
    total = math.log(evidence.prior / (1 - evidence.prior)) + 2 + 2 + 4 + 4 + 2 + 1.5
    assert highest_risk(evidence) == pytest.approx(1 / (1 + math.exp(-total)))
