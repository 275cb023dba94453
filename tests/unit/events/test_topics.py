from app.events.record import Record
from app.events.topics import TOPICS, records
from app.events.vocabulary import LINK_KINDS, TASKS, TIERS, VERIFICATIONS, LinkKind, Tier
from app.events.vocabulary import Verification as VerificationLabel
from app.state import link_layout


def test_names_are_unique_and_carry_a_version() -> None:
    names = [topic.name for topic in TOPICS]
    assert len(set(names)) == len(names)
    assert all(name.rpartition(".")[2] == "v1" for name in names)


def test_prefix_stands_before_the_name() -> None:
    assert TOPICS[0].full_name("eu.reflux.") == "eu.reflux.requests.v1"


def test_topics_keyed_by_account_are_partitioned_by_account() -> None:
    for topic in TOPICS:
        assert (topic.key == "account_id") == (topic.partitioning == "account"), topic.name


def test_everybody_has_a_part() -> None:
    for topic in TOPICS:
        assert topic.writers
        assert topic.readers
        assert topic.framings
        assert topic.summary.endswith(".")


def test_three_topics_share_the_enforcement_record() -> None:
    kinds = list(records())
    assert len(kinds) == len(set(kinds)) == len(TOPICS) - 2 + 2  # markers and findings
    assert all(issubclass(kind, Record) for kind in kinds)


def test_words_agree_with_the_lists_that_rows_index() -> None:
    assert Tier.__args__ == TIERS  # type: ignore[attr-defined]
    assert VerificationLabel.__args__ == VERIFICATIONS  # type: ignore[attr-defined]
    assert LinkKind.__args__ == LINK_KINDS == link_layout.LINK_KINDS  # type: ignore[attr-defined]
    assert len(TASKS) == 14
