"""The replay decides as workers do, however its input is cut."""

import gc
import weakref

import numpy as np
import orjson
import pytest

from app.agents.account_partition import AccountPartition
from app.agents.controls import profiles
from app.events.enforcement import action_id
from app.kernels import columns as c
from app.kernels import reasons
from app.policy.load import default_policy
from app.replay.accounts import REQUESTS_TOPIC
from app.replay.batches import select
from app.replay.engine import Replay
from app.replay.listener import Decision
from tests.benchmarks.traffic import batch as record_batch
from tests.integration.offline import Offline, level_1_policy
from tests.unit.replay.world import HOUR, Heard, columns_of, replay, small_world


def told(heard: Heard) -> list[bytes]:
    return [d.record.encode().value for d in heard.decisions if d.record is not None]


def test_the_world_is_worth_replaying() -> None:
    profiles_, batches = columns_of(small_world())
    heard, engine = replay(batches, profiles_)
    actions = [d.action for d in heard.decisions if not d.shadow]
    assert {"observe", "throttle", "suspend"} <= set(actions)
    counts = engine.counts
    assert counts["in"] == len(small_world().rows)
    assert counts["in"] == counts["folded"] + counts["duplicates"] + counts["dead"]
    assert counts["accounts"] == len(small_world().population.accounts)
    assert sum(len(links.store) for links in engine.links.partitions) > 0


def test_decisions_come_in_the_order_of_issue_and_as_records() -> None:
    profiles_, batches = columns_of(small_world())
    heard, _ = replay(batches, profiles_)
    issued = [d.issued_at for d in heard.decisions]
    assert issued == sorted(issued)
    for decision in heard.decisions:
        record = decision.record
        assert record is not None
        assert record.published_at == record.issued_at == decision.issued_at
        expected = action_id(
            decision.account, decision.sequence, decision.action, shadow=decision.shadow
        )
        assert record.action_id == str(expected)


@pytest.mark.parametrize("size", [211, 5_003])
@pytest.mark.parametrize("partitions", [1, 3])
def test_how_the_input_is_cut_changes_nothing(size: int, partitions: int) -> None:
    world = small_world(hours=30.0)
    whole = replay([columns_of(world, len(world.rows))[1][0]], partitions=partitions)
    cut = replay(columns_of(world, size)[1], partitions=partitions)
    assert told(whole[0]) == told(cut[0])
    assert whole[0].decisions
    assert whole[1].counts == cut[1].counts
    for one, other in zip(whole[1].links.partitions, cut[1].links.partitions, strict=True):
        assert one.folder.counters == other.folder.counters
        keys = one.store.keys()
        assert keys == other.store.keys()


def test_a_partition_of_a_worker_makes_the_same_decisions() -> None:
    """Level 1, from record batches, checkpoint by checkpoint, against the replay of the lines."""
    world = small_world(hours=30.0)
    values = world.request_lines.splitlines()
    keys = [orjson.loads(value)["account_id"].encode() for value in values]
    offline = Offline(1, 0)
    offline.book.population_record(None, None)
    recorded_ms = int(world.rows["ts"].max())
    profile_values = world.profile_lines.splitlines()
    profile_pairs = [(orjson.loads(v)["account_id"].encode(), v) for v in profile_values]
    partition = offline.parts[0]
    for first in range(0, len(values), 500):
        if first == 0:
            run = next(offline._runs("profiles", profile_pairs[:1]))
            run = run._replace(
                data=record_batch(profile_pairs, 0, recorded_ms), next_offset=len(profile_pairs)
            )
            for _ in profiles(partition, run):
                offline.checkpoint(0)
        pairs = list(zip(keys[first : first + 500], values[first : first + 500], strict=True))
        run = next(offline._runs("requests", pairs))
        run = run._replace(
            data=record_batch(pairs, first, recorded_ms),
            first_offset=first,
            next_offset=first + len(pairs),
        )
        for _ in AccountPartition.requests(partition, run):
            offline.checkpoint(0)
        offline.checkpoint(0)
        for output in offline.of_topic("population"):
            offline.book.population_record(output.key, output.value)
        offline.outputs = [o for o in offline.outputs if o.topic != "population"]
    live = [orjson.loads(o.value or b"") for o in offline.of_topic("live")]
    profiles_, batches = columns_of(world)
    heard, _ = replay(batches, profiles_, partitions=1, policy=level_1_policy())
    records = [orjson.loads(record) for record in told(heard)]
    assert live
    for record in [*live, *records]:
        del record["published_at"]
        record["source"].pop("topic")
    by_id = {record["action_id"]: record for record in live}
    assert by_id == {record["action_id"]: record for record in records}


def test_idle_partitions_hold_nobody_up() -> None:
    """With more partitions than accounts some never see a request."""
    world = small_world()
    accounts = np.unique(world.rows["account"])[:5]
    numbers = np.flatnonzero(np.isin(world.rows["account"], accounts))
    few = [select(columns_of(world, len(world.rows))[1][0], numbers)]
    heard, engine = replay(few, partitions=16)
    assert engine.counts["in"] == numbers.size
    assert not heard.dead
    assert not any(lane.waiting or lane.item for lane in engine._lanes)
    folded = sum(links.folder.counters["folded"] for links in engine.links.partitions)
    assert folded > 0
    cut = replay([select(few[0], np.array([i])) for i in range(few[0].size)], partitions=16)[1]
    assert cut.counts == engine.counts
    again = sum(links.folder.counters["folded"] for links in cut.links.partitions)
    assert again == folded


def test_what_is_late_is_told_with_its_origin() -> None:
    _, batches = columns_of(small_world())
    batch = batches[0]
    late = select(batch, np.array([5]))
    late.decoded.values[:, c.REQ_TS] -= 25 * HOUR
    heard, engine = replay([batch, late._replace(origin=np.array([777]))])
    assert heard.dead == [(REQUESTS_TOPIC, 777, reasons.LATE)]
    assert engine.counts["dead"] == 1


def test_no_batch_is_changed_by_its_replay() -> None:
    profiles_, batches = columns_of(small_world())
    before = [(b.decoded.values.copy(), b.framed.frames.copy()) for b in batches]
    replay(batches, profiles_, closed_loop=True)
    for batch, (values, frames) in zip(batches, before, strict=True):
        np.testing.assert_array_equal(batch.decoded.values, values)
        np.testing.assert_array_equal(batch.framed.frames, frames)


class TestClosedLoop:
    def test_what_a_throttle_would_have_refused_is_refused(self) -> None:
        world = small_world()
        profiles_, batches = columns_of(world)
        policy = default_policy().model_dump(mode="json")
        policy["ladder"]["throttle"]["requests_per_minute"] = 1
        strict = type(default_policy()).model_validate(policy)
        heard, engine = replay(batches, profiles_, policy=strict, closed_loop=True)
        assert heard.refusals
        standing: dict[str, Decision] = {}
        ids = world.population.account_ids
        # The request that tips an action was answered before it.
        events = sorted(
            [(d.issued_at, 1, d) for d in heard.decisions if not d.shadow]
            + [(int(world.rows["ts"][n]), 0, (n, s)) for n, s in heard.refusals],
            key=lambda event: event[:2],
        )
        for ts, _, event in events:
            if isinstance(event, Decision):
                standing[event.account] = event
                continue
            number, status = event
            action = standing[ids[world.rows["account"][number]]]
            assert action.action == {403: "suspend", 429: "throttle"}[status]
            assert action.expires_at is None or ts < action.expires_at
        assert engine.counts["in"] == len(world.rows)

    def test_an_open_loop_refuses_nothing(self) -> None:
        profiles_, batches = columns_of(small_world())
        heard, _ = replay(batches, profiles_)
        assert heard.refusals == []


def test_a_profile_is_known_from_the_hour_it_was_recorded_in() -> None:
    world = small_world()
    profiles_, batches = columns_of(world, 500)
    heard = Heard()
    engine = Replay(default_policy(), heard, partitions=1, most_accounts=2_000, most_links=5_000)
    start = world.population.start_ms
    recorded = np.full(profiles_.size, start + 5 * HOUR + 1)
    recorded[0] = 0
    engine.feed_profiles(profiles_, recorded)
    seen = []
    for batch in batches:
        engine.feed(batch)
        accounts = engine._lanes[0].accounts
        seen.append((engine._clock, accounts.counters["profiles.applied"]))
    assert {known for clock, known in seen if clock < start + 5 * HOUR} == {1}
    assert {known for clock, known in seen if clock >= start + 5 * HOUR} == {profiles_.size}


def test_a_replay_needs_a_partition() -> None:
    with pytest.raises(ValueError, match="at least one partition"):
        Replay(default_policy(), partitions=0)


def test_a_replay_that_is_dropped_gives_back_its_tables_at_once() -> None:
    profiles_, batches = columns_of(small_world(hours=8.0))
    _, engine = replay(batches, profiles_)
    gc.collect()
    gc.disable()
    try:
        stores = [part.store for part in engine.accounts]
        stores += [part.store for part in engine.links.partitions]
        held = [weakref.ref(store) for store in stores]
        del engine, stores
        assert [store() for store in held] == [None] * len(held)
    finally:
        gc.enable()
