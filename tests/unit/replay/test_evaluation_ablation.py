import pytest

from app.policy.load import default_policy
from app.policy.parameters import compile_parameters
from app.replay.evaluation_ablation import FAMILIES, without


def test_a_family_left_out_counts_for_nothing_and_is_not_asked_for() -> None:
    policy = without(default_policy(), ["evidence.elicitation", "groups.load"])
    assert policy.evidence.elicitation.weight == 0.0
    assert policy.evidence.elicitation.suspend_needs == 0.0
    assert policy.groups.load.weight == 0.0
    assert policy.evidence.volume == default_policy().evidence.volume
    assert policy.groups.content == default_policy().groups.content


def test_a_whole_section_can_be_left_out() -> None:
    policy = without(default_policy(), ["evidence"])
    left = [name for name in FAMILIES if name.startswith("evidence.")]
    assert all(getattr(policy.evidence, name.partition(".")[2]).weight == 0.0 for name in left)
    assert policy.groups == default_policy().groups
    compile_parameters(policy)  # kernels can work with it all the same


def test_nothing_left_out_is_the_policy_itself() -> None:
    assert without(default_policy(), []) == default_policy()


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(ValueError, match=r"called load: .*groups\.load"):
        without(default_policy(), ["load"])
