"""The evidence in a link, told apart for groups that differ in one thing."""

import numpy as np
import pytest

from app.agents.links import LinkFolder, LinkSchedule
from app.detection.link_text import explain
from app.detection.links import LinkEvidence
from app.events.sightings import Sighting
from app.state.layout import TASKS
from app.state.link_layout import LINK
from app.state.store import ColumnStore
from tests.reference.sightings import framed, normal_scores, plain_sighting, written

EPOCH = 10_000
HOUR_MS = 3_600_000
GROUP = "00000000000000aa"


def mix(**shares: int) -> list[int]:
    return [shares.get(task, 0) for task in TASKS]


def crowd(rng: np.random.Generator, count: int = 400) -> list[Sighting]:
    """Everyone else, each with a payment method of his own."""
    everyone = []
    for i in range(count):
        weights = rng.dirichlet(np.full(len(TASKS), 0.3))
        everyone.append(
            plain_sighting(
                f"crowd-{i}",
                EPOCH,
                hash=f"{1000 + i:016x}",
                requests=max(int(rng.lognormal(1.5, 1.5)), 1),
                tasks=[int(x) for x in weights * 1000],
                hours=int(sum(1 << int(h) for h in rng.choice(6, 2))),
                created_at=int(rng.integers(1, 20_000)) * HOUR_MS,
            )
        )
    return everyone


def weigh(group: list[Sighting], key: str = f"payment:{GROUP}", seed: int = 1) -> LinkEvidence:
    folder = LinkFolder(ColumnStore(LINK, limit=10_000), LinkSchedule())
    everyone = crowd(np.random.default_rng(seed)) + group
    everyone.sort(key=lambda x: x.epoch)
    assert not folder.fold(framed(written(everyone))).status.any()
    evidence = folder.evidence(key.encode())
    assert evidence is not None
    return evidence


def members(count: int, **changes) -> list[Sighting]:
    return [plain_sighting(f"member-{i}", EPOCH, hash=GROUP, **changes) for i in range(count)]


def test_members_are_counted_exactly_while_there_are_few():
    few = weigh(members(15))
    assert (few.members, few.members_error) == (15, 0)
    many = weigh(members(300))
    assert many.members == pytest.approx(300, abs=4 * many.members_error)
    assert many.members_error == pytest.approx(0.092 * many.members, rel=0.01)


def test_rarity_is_in_nats_of_all_who_are_active():
    evidence = weigh(members(10))
    assert evidence.active == pytest.approx(410, rel=0.15)
    assert evidence.rarity == pytest.approx(np.log(evidence.active / 10))


def test_a_group_of_one_task_is_narrower_than_one_of_many():
    narrow = weigh(members(30, tasks=mix(mathematics=1000)))
    varied = weigh(
        [x.model_copy(update={"hash": GROUP}) for x in crowd(np.random.default_rng(9), 30)]
    )
    assert narrow.narrowness > 1.5 > 0.5 > varied.narrowness
    assert narrow.narrowness_evidence == pytest.approx(narrow.narrowness * narrow.members)
    assert narrow.tasks["mathematics"].link == 1
    assert narrow.tasks["mathematics"].population < 0.3


def test_balanced_load_is_even_and_honest_load_is_not():
    rng = np.random.default_rng(2)
    even = weigh(members(40, requests=6))
    heavy = weigh(
        [
            plain_sighting(f"m-{i}", EPOCH, hash=GROUP, requests=int(rng.lognormal(1.5, 2)) + 1)
            for i in range(40)
        ]
    )
    assert even.gini == pytest.approx(0, abs=1e-9)
    assert even.evenness == pytest.approx(1)
    assert even.load_spread.link == 0
    assert heavy.gini > 0.4
    assert heavy.evenness < 0.95
    assert heavy.load_spread.link > 1
    assert even.load_spread.population > 1


def test_hours_that_differ_from_the_common_rhythm_are_synchrony():
    rng = np.random.default_rng(3)
    like_all = weigh(
        [
            plain_sighting(
                f"m-{i}", EPOCH, hash=GROUP, hours=int(sum(1 << int(h) for h in rng.choice(6, 2)))
            )
            for i in range(60)
        ]
    )
    together = weigh(members(60, hours=0b100000))
    assert like_all.synchrony < 3
    assert together.synchrony > 20


def test_accounts_created_together_are_a_burst():
    burst = weigh(members(12, created_at=4_000 * HOUR_MS))
    spread = weigh(
        [
            plain_sighting(f"m-{i}", EPOCH, hash=GROUP, created_at=(100 + 40 * i) * HOUR_MS)
            for i in range(12)
        ]
    )
    assert burst.burst == 1
    assert spread.burst == pytest.approx(1 / 12)
    assert weigh(members(12)).burst is None  # no profiles: nothing is known


def test_members_of_one_organisation_are_kin():
    company = weigh(members(12, org="00000000000000ff"))
    strangers = weigh(
        [x.model_copy(update={"org": f"{i + 1:016x}"}) for i, x in enumerate(members(12))]
    )
    assert company.kinship == 1
    assert strangers.kinship == pytest.approx(1 / 12)
    assert weigh(members(12)).kinship == 0


def test_a_pivot_is_what_moved_from_one_day_to_the_next():
    days = [EPOCH, EPOCH + 4]
    moved = [
        plain_sighting(f"m-{i}", epoch, hash=GROUP, model=f"{model:016x}", model_share=1000)
        for i in range(10)
        for epoch, model in zip(days, (7, 8), strict=True)
    ]
    stayed = [
        plain_sighting(f"crowd-{i}", EPOCH + 4, hash=f"{1000 + i:016x}", model_share=1000)
        for i in range(100)
    ]
    evidence = weigh([*moved, *stayed])
    assert evidence.pivot.link == pytest.approx(1)
    assert evidence.pivot.population < 0.15


def test_arrivals_exemptions_and_trust_are_counted():
    start = EPOCH * 6 * HOUR_MS
    evidence = weigh(
        [
            plain_sighting("new", EPOCH, hash=GROUP, first_seen=start + 5),
            plain_sighting("old", EPOCH, hash=GROUP, first_seen=start - 5),
            plain_sighting("licensed", EPOCH, hash=GROUP, exempt=True),
            plain_sighting("verified", EPOCH, hash=GROUP, verification="document"),
        ]
    )
    assert evidence.arrivals == 1
    assert (evidence.exempt, evidence.trusted) == (0.25, 0.25)


def test_members_are_told_by_hash_with_what_their_newest_sighting_said():
    evidence = weigh(
        [
            plain_sighting(
                "acct-1", EPOCH, hash=GROUP, requests=4, scores=normal_scores(elicitation=-4)
            ),
            plain_sighting(
                "acct-1", EPOCH + 2, hash=GROUP, requests=5, scores=normal_scores(elicitation=3.2)
            ),
            plain_sighting("acct-1", EPOCH + 1, hash=GROUP, requests=6, scores=normal_scores()),
        ]
    )
    [member] = evidence.sample
    assert len(member.account) == 16
    assert member.epochs == (EPOCH, EPOCH + 1, EPOCH + 2)
    assert member.requests == 15
    assert member.elicitation == 0.9


def test_a_member_of_the_window_before_keeps_the_epochs_it_was_sighted_in():
    turn = EPOCH // 28 * 28 + 28
    evidence = weigh(
        [
            plain_sighting("early", turn - 1, hash=GROUP),
            plain_sighting("late", turn, hash=GROUP),
        ]
    )
    assert sorted(member.epochs for member in evidence.sample) == [(turn - 1,), (turn,)]


def test_the_explanation_names_the_figures():
    evidence = weigh(
        members(
            40,
            tasks=mix(agentic_reasoning=900, chat=100),
            created_at=4_000 * HOUR_MS,
            org="00000000000000ff",
            exempt=True,
        )
    )
    text = " ".join(explain(evidence))
    assert "accounts share this payment" in text
    assert "90% of their work is agentic reasoning" in text
    assert "100% of those looked at were created within 24 hours" in text
    assert "100% of those looked at belong to one organisation" in text
    assert "exempt" in text


def test_a_link_of_one_account_says_little_and_breaks_nothing():
    evidence = weigh(members(1))
    assert evidence.gini is None
    assert evidence.evenness is None
    assert evidence.burst is None
    assert evidence.kinship is None
    assert evidence.load_spread.link is None
    assert len(explain(evidence)) >= 1


def test_a_link_that_has_seen_only_stale_sightings_of_nothing_is_told_too():
    evidence = weigh(members(1, requests=0, hours=0, tasks=mix(), model=None, model_share=0))
    assert evidence.narrowness is None
    assert evidence.synchrony is None
    assert evidence.pivot.link is None
