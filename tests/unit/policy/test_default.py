"""The shipped policy file is the model, field by field, explained."""

from importlib.resources import files

from app.commands.policy_text import explained
from app.policy.document import PolicyDocument
from app.policy.load import default_policy, load_policy

SHIPPED = files("app.policy").joinpath("default.yaml")


def test_the_shipped_file_holds_exactly_the_defaults() -> None:
    assert default_policy() == PolicyDocument()


def test_the_shipped_file_explains_every_field_as_the_model_does() -> None:
    """Mended by writing ``explained(PolicyDocument())`` to the file."""
    assert SHIPPED.read_text() == explained(PolicyDocument())


def test_a_document_may_leave_out_what_it_does_not_change() -> None:
    document = load_policy(b"version: '2'\nladder:\n  throttle:\n    requests: 80.0\n")
    assert document.ladder.throttle.requests == 80.0
    assert document.evidence == PolicyDocument().evidence
