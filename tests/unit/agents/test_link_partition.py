"""When sighting periods are closed, what links then say, and that a restart says nothing twice."""

import math
from typing import Any

import pytest

from app.agents.closing import REMEMBERED
from app.events.sightings import Sighting
from app.kernels.link_verdicts import RESTATE
from app.state.checkpoint import Output
from tests.unit.agents.linkage import (
    CAMPAIGN,
    EPOCH,
    KEY,
    OTHER,
    Detector,
    Links,
    detector,
    hex16,
    marker,
    sighting,
)

__all__ = ["detector"]
NAMES = [f"acct-{i}" for i in range(8)]
LATER = EPOCH + 2
"""By then every member has had its turn."""


def everyone(epoch: int, **changes: Any) -> list[Sighting]:
    return [sighting(name, epoch, **changes) for name in NAMES]


def flagged(**more: Any) -> Links:
    """A partition whose one link has just been found to be the campaign's."""
    links = Links(**more)
    links.feed(*everyone(EPOCH), marker(EPOCH))
    return links


# When a period is closed.


def test_a_period_is_closed_when_all_partitions_have_completed_it(detector: Detector) -> None:
    links = Links(partitions=3)
    links.feed(*everyone(EPOCH), marker(EPOCH, 0, 3), marker(EPOCH, 2, 3))
    assert links.partition.closed < EPOCH
    links.feed(marker(EPOCH + 1, 1, 3))
    assert links.partition.closed == EPOCH
    assert links.marked()[-3:] == [(EPOCH, 0), (EPOCH, 1), (EPOCH, 2)]


def test_a_partition_without_traffic_is_waited_for_two_periods_long(detector: Detector) -> None:
    links = Links(partitions=2)
    for epoch in range(EPOCH, EPOCH + 4):
        links.feed(*everyone(epoch), marker(epoch, 0, 2))
    assert detector.closed == [EPOCH - 2, EPOCH - 1, EPOCH, EPOCH + 1]
    links.feed(marker(EPOCH + 3, 1, 2))
    assert links.partition.closed == EPOCH + 3


def test_in_lockstep_every_partition_is_waited_for(detector: Detector) -> None:
    links = Links(partitions=2, lockstep=True)
    for epoch in range(EPOCH, EPOCH + 4):
        links.feed(*everyone(epoch), marker(epoch, 0, 2))
    assert detector.closed == []
    links.feed(marker(EPOCH, 1, 2), marker(EPOCH + 2, 1, 2))
    assert detector.closed == [EPOCH, EPOCH + 2]


def test_a_period_is_closed_once_however_often_it_is_said(detector: Detector) -> None:
    links = Links(partitions=1)
    links.feed(*everyone(EPOCH), marker(EPOCH), marker(EPOCH), marker(EPOCH - 1))
    assert detector.closed == [EPOCH]


def test_markers_that_make_no_sense_are_dead_letters(detector: Detector) -> None:
    links = Links(partitions=2)
    torn = (marker(EPOCH)[0], b"\0\0\0\x03\xe9")
    links.feed(marker(EPOCH, 0, 3), marker(EPOCH, 2, 2), torn, sighting("a", EPOCH))
    links.checkpoint()
    letters = [o for o in links.outputs if o.topic == "dead-letters"]
    assert len(letters) == 3
    assert detector.closed == []
    assert links.partition.header().counters["folded"] == 1


def test_markers_do_not_count_as_sightings(detector: Detector) -> None:
    links = flagged()
    counters = links.partition.header().counters
    assert (counters["in"], counters["folded"], counters["dead"]) == (8, 8, 0)


def test_couples_are_not_judged(detector: Detector) -> None:
    links = Links()
    links.feed(sighting("a", EPOCH), sighting("b", EPOCH), marker(EPOCH))
    assert links.row()["campaign"] == 0


# What links say.


def test_members_are_told_at_their_next_sighting(detector: Detector) -> None:
    links = flagged()
    assert links.verdicts() == []
    row = links.row()
    assert (row["campaign"], row["campaign_probability"]) == (CAMPAIGN, 1000)
    assert row["campaign_epoch"] == EPOCH
    links.feed(*everyone(LATER))
    told = links.verdicts()
    assert [v.account_id for v in told] == NAMES
    assert {v.campaign_id for v in told} == {hex16(CAMPAIGN)}
    assert all(v.confirmed and v.probability == pytest.approx(0.9) for v in told)
    assert {(v.epoch, v.ts) for v in told} == {(LATER, (LATER + 1) * 6 * 3_600_000)}
    assert "payment" in told[0].reasons[0]


def test_why_members_are_told_is_of_the_close_and_outlives_a_restart(detector: Detector) -> None:
    links = flagged()
    row = links.row()
    assert row["campaign_nats"].any()
    links.feed(*everyone(LATER)[:4])
    links.checkpoint()
    links.crash()
    links.feed(*everyone(LATER)[4:])
    assert len({tuple(v.reasons) for v in links.verdicts()}) == 1
    assert len(links.verdicts()[0].reasons) > 1


def test_a_share_is_told_with_each_hour_the_same_ones_wherever_they_are_cut(
    detector: Detector,
) -> None:
    def crowd(epoch: int) -> list[Sighting]:
        return [sighting(f"acct-{i}", epoch, first_seen=1_000 * i) for i in range(200)]

    chosen = []
    for cut in (7, 1_000):
        links = Links(first_share=0.5 / 7)  # six hours later, seven times as many
        links.feed(*crowd(EPOCH), marker(EPOCH))
        links.feed(*crowd(EPOCH + 1), cut=cut)
        chosen.append(set(links.told()))
    assert chosen[0] == chosen[1]
    assert 70 < len(chosen[0]) < 130
    links.feed(*crowd(EPOCH + 3))
    assert len(links.told()) == 200


# What accounts look out for.


def test_programs_of_campaigns_are_watched_from_the_close_on(detector: Detector) -> None:
    links = Links(partitions=1)
    links.feed(*everyone(EPOCH, kind="program"), *everyone(EPOCH), marker(EPOCH))
    (told,) = links.watched()
    assert (told.epoch, told.starts) == (EPOCH, (EPOCH + 1) * 6 * 3_600_000)
    assert told.membership_log_odds == pytest.approx(math.log(9.0))
    assert told.first_share == 0.5
    (program,) = told.programs
    assert program.hash == everyone(EPOCH)[0].hash
    assert (program.campaign_id, program.probability) == (hex16(CAMPAIGN), 1.0)
    assert program.since == told.starts
    assert program.profile == [125] * 9
    detector.flag = lambda _row: None
    links.feed(marker(EPOCH + 1))
    assert links.watched()[1].programs == []


def test_what_an_operator_has_decided_is_watched_or_not(detector: Detector) -> None:
    detector.flag = lambda _row: (CAMPAIGN, 0.85)
    links = Links()
    links.feed(*everyone(EPOCH, kind="program"), marker(EPOCH))
    assert links.watched()[-1].programs[0].probability == 0.85
    links.decide("confirm", CAMPAIGN)
    links.feed(marker(EPOCH + 1))
    assert links.watched()[-1].programs[0].probability == 1.0
    links.decide("dismiss", CAMPAIGN)
    links.feed(marker(EPOCH + 2))
    assert links.watched()[-1].programs == []


def test_who_knows_is_not_told_again_but_once_a_day(detector: Detector) -> None:
    links = flagged()
    told = LATER
    for epoch in range(LATER + 1, LATER + RESTATE + 1):
        links.feed(sighting("a", epoch, held=(CAMPAIGN, 0.9, told)))
        assert bool(links.verdicts()) == (epoch == LATER + RESTATE)


def test_a_probability_that_has_risen_is_told_at_once_and_one_that_has_not_is_not(
    detector: Detector,
) -> None:
    links = flagged()
    links.feed(sighting("a", LATER, held=(CAMPAIGN, 0.83, EPOCH + 1)))
    links.feed(sighting("b", LATER, held=(CAMPAIGN, 0.87, EPOCH + 1)))
    links.feed(sighting("c", LATER, held=(CAMPAIGN, 0.97, EPOCH + 1)))
    assert set(links.told()) == {"a"}


def test_another_campaign_must_be_surer_or_older_and_as_sure(detector: Detector) -> None:
    links = flagged()
    links.feed(sighting("surer", LATER, held=(OTHER, 0.82, EPOCH)))
    links.feed(sighting("older", LATER, held=(OTHER, 0.9, EPOCH)))
    detector.flag = lambda _row: (OTHER - 1, 1.0)
    links.feed(marker(LATER), sighting("joins", LATER + 1, held=(CAMPAIGN, 0.9, EPOCH)))
    assert [(v.account_id, v.campaign_id) for v in links.verdicts()] == [
        ("surer", hex16(CAMPAIGN)),
        ("joins", hex16(OTHER - 1)),
    ]


def test_a_link_below_what_throttles_tells_nobody(detector: Detector) -> None:
    detector.flag = lambda _row: (CAMPAIGN, 0.85)  # times 0.9
    links = flagged()
    links.feed(*everyone(LATER))
    assert links.verdicts() == []


def test_a_replacement_is_recognised_at_its_first_sighting(detector: Detector) -> None:
    links = flagged()
    links.feed(sighting("fresh", LATER))
    assert set(links.told()) == {"fresh"}


def test_when_a_flag_goes_members_are_let_go(detector: Detector) -> None:
    links = flagged()
    detector.flag = lambda _row: None
    links.feed(*everyone(LATER), marker(LATER))
    row = links.row()
    assert (row["campaign"], row["campaign_probability"]) == (CAMPAIGN, 0)
    before = len(links.verdicts())
    links.feed(sighting("a", LATER + 1, held=(CAMPAIGN, 0.9, LATER)))
    links.feed(sighting("b", LATER + 1))
    links.feed(sighting("c", LATER + 1, held=(OTHER, 0.9, LATER)))
    # Another link of the campaign has spoken for it since.
    links.feed(sighting("d", LATER + 2, held=(CAMPAIGN, 0.9, LATER + 1)))
    assert [(v.account_id, v.confirmed) for v in links.verdicts()[before:]] == [("a", False)]


def test_a_link_that_was_let_go_forgets_its_campaign_after_two_weeks(detector: Detector) -> None:
    links = flagged()
    detector.flag = lambda _row: None
    for epoch in range(EPOCH + 1, EPOCH + REMEMBERED + 2):
        links.feed(*everyone(epoch), marker(epoch))
        assert links.row()["campaign"] == CAMPAIGN
    last = EPOCH + REMEMBERED + 2
    links.feed(*everyone(last), marker(last))
    assert links.row()["campaign"] == 0
    assert links.row()["profile"].sum() == 0


def test_a_link_that_stays_flagged_is_flagged_since_it_first_was(detector: Detector) -> None:
    links = flagged()
    detector.flag = lambda _row: (OTHER, 0.95)
    links.feed(marker(LATER))
    row = links.row()
    assert (row["campaign"], row["campaign_probability"]) == (OTHER, 950)
    assert row["campaign_epoch"] == EPOCH


# What operators say.


def test_a_dismissed_campaign_tells_nobody_and_lets_its_members_go_where_it_is_kept(
    detector: Detector,
) -> None:
    links = flagged()
    own = {"kind": "campaign", "hash": hex16(CAMPAIGN)}
    links.decide("dismiss", CAMPAIGN)
    links.feed(sighting("a", LATER), sighting("b", LATER, held=(CAMPAIGN, 0.9, EPOCH)))
    assert links.verdicts() == []
    links.feed(sighting("b", LATER, held=(CAMPAIGN, 0.9, EPOCH), **own))
    assert links.told() == {"b": -1.0}
    assert [v.dismissed for v in links.verdicts()] == [True]
    links.feed(marker(LATER))
    assert [(c.campaign_id, c.status) for c in links.campaigns()] == [
        (hex16(CAMPAIGN), "dismissed")
    ]
    links.decide("undo", CAMPAIGN)
    links.feed(sighting("a", LATER + 1))
    assert links.told()["a"] == pytest.approx(0.9)


def test_links_of_a_dismissed_campaign_go_on_under_no_other_name(detector: Detector) -> None:
    links = flagged()
    links.decide("dismiss", CAMPAIGN)
    detector.flag = lambda _row: (OTHER, 0.95)
    links.feed(*everyone(LATER), marker(LATER), *everyone(LATER + 1))
    assert links.row()["campaign"] == CAMPAIGN
    assert links.verdicts() == []
    assert links.findings() == [f for f in links.findings() if f.epoch == EPOCH]
    links.decide("undo", CAMPAIGN)
    links.feed(marker(LATER + 1))
    assert links.row()["campaign"] == OTHER


def test_a_confirmed_campaign_is_certain_at_once_and_stays_when_the_detector_is_not(
    detector: Detector,
) -> None:
    detector.flag = lambda _row: (CAMPAIGN, 0.85)
    links = flagged()
    links.decide("confirm", CAMPAIGN)
    links.feed(*everyone(EPOCH + 1))
    assert links.told() == pytest.approx(dict.fromkeys(NAMES, 0.9))
    detector.flag = lambda _row: None
    links.feed(marker(EPOCH + 1), sighting("fresh", LATER))
    assert "fresh" in links.told()


def test_a_command_ends_when_it_expires(detector: Detector) -> None:
    links = flagged()
    links.decide("dismiss", CAMPAIGN, expires_at=(LATER + 1) * 6 * 3_600_000 + 1)
    links.feed(*everyone(EPOCH + 1), marker(EPOCH + 1), *everyone(LATER))
    assert links.verdicts() == []
    links.feed(marker(LATER), *everyone(LATER + 1))
    assert set(links.told()) == set(NAMES)


# Restarts.


def busy(links: Links) -> None:
    """Every kind of thing that can be said, over a few periods."""
    own = {"kind": "campaign", "hash": hex16(CAMPAIGN)}
    for epoch in range(EPOCH, EPOCH + 5):
        held = (CAMPAIGN, 0.9, EPOCH + 1) if epoch > EPOCH + 1 else None
        links.feed(*everyone(epoch, held=held))
        links.feed(*everyone(epoch, hash="00000000000000bb"))
        if held:
            links.feed(*everyone(epoch, held=held, **own))
        links.feed(marker(epoch))


def flapping(row: Any) -> tuple[int, float] | None:
    """The link under KEY is let go later on."""
    one = row["requests"].sum() < 8 * 4 * 10
    return (CAMPAIGN, 1.0) if one else None


def said(outputs: list[Output]) -> list[tuple[Any, ...]]:
    return sorted((o.topic, o.key, o.value or b"", o.partition) for o in outputs)


def kept(links: Links) -> dict[str, Any]:
    """What the header keeps, but for how much was read again."""
    assert links.header is not None
    counters = {**links.header.more["counters"], "resumed": 0}
    return {**links.header.more, "counters": counters}


@pytest.mark.parametrize("stop", range(1, 100, 7))
@pytest.mark.parametrize("durable", ["nothing", "urgent", "some slices", "full"])
def test_a_restart_anywhere_says_nothing_twice_and_leaves_nothing_out(
    detector: Detector, stop: int, durable: str
) -> None:
    detector.flag = flapping
    calm = Links()
    busy(calm)
    calm.checkpoint()
    assert len(calm.verdicts()) > 8
    shaken = Links()
    shaken.log = list(calm.log)
    half = stop // 2
    shaken.take(0, half)
    shaken.checkpoint()
    shaken.take(half, stop)
    if durable == "urgent":
        shaken.urgent()
    elif durable == "some slices":
        shaken.checkpoint(1, slices=2)
    elif durable == "full":
        shaken.checkpoint(1)
    shaken.crash()
    shaken.resume()
    shaken.checkpoint()
    assert said(shaken.outputs) == said(calm.outputs)
    assert shaken.rows == calm.rows
    assert kept(shaken) == kept(calm)


def test_what_a_header_says_before_the_first_full_checkpoint_is_enough(detector: Detector) -> None:
    links = flagged()
    links.urgent()
    links.crash()
    assert links.partition.closed == EPOCH
    links.resume()
    assert detector.closed == [EPOCH]
    assert links.row(KEY)["campaign"] == CAMPAIGN


def test_a_card_of_strangers_tells_them_of_their_ring_once() -> None:
    links = Links()
    links.feed(*(sighting(name, EPOCH) for name in "abc"), marker(EPOCH))
    links.feed(*(sighting(name, EPOCH + 1) for name in "ab"), marker(EPOCH + 1))
    told = links.rings()
    assert [(v.account_id, v.epoch, v.confirmed) for v in told] == [
        ("a", EPOCH + 1, False),
        ("b", EPOCH + 1, False),
    ]
    (ring,) = {v.campaign_id for v in told}
    links.feed(sighting("a", EPOCH + 2, ring=ring), sighting("c", EPOCH + 2), marker(EPOCH + 2))
    assert [v.account_id for v in links.rings()[2:]] == ["c"]


def test_an_older_name_that_one_member_brings_reaches_the_others() -> None:
    links = Links()
    older = hex16(1)
    links.feed(sighting("a", EPOCH, ring=older), sighting("b", EPOCH), marker(EPOCH))
    links.feed(sighting("a", EPOCH + 1, ring=older), sighting("b", EPOCH + 1))
    assert [(v.account_id, v.campaign_id) for v in links.rings()] == [("b", older)]


def test_what_an_account_was_told_of_its_ring_survives_a_restart() -> None:
    links = Links()
    links.feed(*(sighting(name, EPOCH) for name in "ab"), marker(EPOCH))
    links.checkpoint()
    links.crash()
    links.feed(sighting("a", EPOCH + 1))
    assert [v.account_id for v in links.rings()] == ["a"]
