import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events.enforcement import LIVE_NAMESPACE, SHADOW_NAMESPACE, Enforcement, action_id
from app.events.record import BadRecord
from tests.unit.events.samples import FULL


def test_ids_never_change() -> None:
    # Consumers have these in their stores: whoever changes them makes old actions new.
    assert str(action_id("acct-1", 7, "throttle")) == "9750b6cd-3c73-50a1-acf7-f8de159a6b77"
    assert (
        str(action_id("acct-1", 7, "throttle", shadow=True))
        == "d4ea533e-4498-5ba4-a810-3b732b995838"
    )


def test_id_is_a_uuid_of_version_five_in_the_project_namespace() -> None:
    made = action_id("a", 1, "suspend")
    assert made.version == 5
    assert made.variant == uuid.RFC_4122
    assert made == uuid.uuid5(LIVE_NAMESPACE, "a:1:suspend")
    assert LIVE_NAMESPACE != SHADOW_NAMESPACE


@given(
    st.lists(
        st.tuples(
            st.text(alphabet="a:1", min_size=1, max_size=6),
            st.integers(0, 12),
            st.sampled_from(["observe", "throttle", "suspend", "release"]),
            st.booleans(),
        ),
        min_size=2,
        max_size=2,
        unique=True,
    )
)
def test_different_decisions_have_different_ids(
    decisions: list[tuple[str, int, str, bool]],
) -> None:
    one, other = (
        action_id(account, sequence, action, shadow=shadow)
        for account, sequence, action, shadow in decisions
    )
    assert one != other


@pytest.mark.parametrize(
    ("action", "limit"),
    [("throttle", None), ("suspend", {"requests_per_minute": 1, "tokens_per_minute": 1})],
)
def test_a_limit_goes_with_a_throttle(action: str, limit: object) -> None:
    with pytest.raises(BadRecord) as caught:
        Enforcement.from_fields(FULL[Enforcement] | {"action": action, "limit": limit})
    assert caught.value.reason == "out_of_range"


def test_none_is_no_action_on_the_wire() -> None:
    with pytest.raises(BadRecord):
        Enforcement.from_fields(FULL[Enforcement] | {"action": "none", "limit": None})


def test_an_action_id_of_another_version_is_refused() -> None:
    with pytest.raises(BadRecord) as caught:
        Enforcement.from_fields(FULL[Enforcement] | {"action_id": str(uuid.UUID(int=0))})
    assert caught.value.field == "action_id"
