"""The columnar table inside a Faust application: registration, recovery, standby, promotion."""

import asyncio
from collections.abc import Iterator

import faust
import numpy as np
import pytest
from faust.types import TP

from app.state.codec import CorruptRow, RowCodec, StoreFull
from app.state.header import HEADER_KEY, CorruptHeader, Header, InputPosition
from app.state.layout import ROW_HEAD
from app.state.partitions import FROM_START, ChangelogGap
from app.state.recovery import RecoveryFailed
from app.state.store import ColumnStore
from app.state.table import ColumnTable
from tests.unit.state.changelogs import Log, Record, Recovering, chunk

ROW = np.dtype([*ROW_HEAD, ("value", np.int64)], align=True)
CODEC = RowCodec({1: ROW})
TOPIC = "reflux-test-rows-changelog"
TPS = [TP(TOPIC, number) for number in range(4)]


def row(key: bytes, value: int) -> Record:
    store = ColumnStore(ROW, limit=1)
    store.views().rows[store.add(key)]["value"] = value
    return CODEC.encode(store, store.slots())[0]


def header(offset: int) -> Record:
    position = InputPosition("id", 0, offset)
    return HEADER_KEY, Header(4, inputs={"in": position}).encode()


class Bench:
    """A table in an application that has not started."""

    def __init__(self, url: str = "kafka://localhost:9", **settings: float) -> None:
        self.failures: list[BaseException] = []
        self.fenced: list[set[int]] = []
        self.begun: list[set[int]] = []
        self.app = faust.App(
            "reflux-test",
            broker=url,
            web_enabled=False,
            autodiscover=False,
            topic_allow_declare=False,
            stream_recovery_delay=0.0,
            **settings,
        )
        self.table = ColumnTable(
            self.app,
            name="rows",
            codec=CODEC,
            limit=100,
            partitions=4,
            fail=self.failures.append,
        )
        self.table.fence = self.fence
        self.table.begin = self.begin
        self.logs = {tp: Log() for tp in TPS}

    async def fence(self, partitions: set[int]) -> None:
        self.fenced.append(partitions)

    async def begin(self, partitions: set[int]) -> None:
        assert all(self.table.own(number).owned for number in partitions)
        self.begun.append(partitions)

    def recovering(self) -> Recovering:
        return Recovering(self.app, self.logs)

    def rows(self, number: int) -> dict[bytes, int]:
        store = self.table.held[number].store
        values = store.views().rows["value"][store.slots()]
        return dict(zip(store.keys(), values.tolist(), strict=True))

    async def assign(self, *tps: TP, generation: int = 1) -> None:
        """Only what the table sees of an assignment."""
        await self.table.data.on_rebalance(set(tps), set(), set(tps), generation)

    async def complete(self, *tps: TP) -> None:
        await self.table.data.on_recovery_completed(set(tps), set())

    def apply(self, *events: object) -> None:
        self.table.apply_changelog_batch(events)


@pytest.fixture
def bench() -> Iterator[Bench]:
    return Bench()


# Registration.


@pytest.mark.parametrize("url", ["kafka://localhost:9", "reflux://localhost:9"])
async def test_it_is_a_table_of_the_application(url):
    bench = Bench(url)
    table, app = bench.table, bench.app
    assert app.tables["rows"] is table
    assert app.tables.changelog_topics == {TOPIC}
    assert len(table) == 0
    assert table
    assert table == table
    assert table != Bench(url).table
    assert repr(table) == "<PartitionedStore: rows, 0 partitions>"


async def test_its_changelog_is_compacted_raw_and_never_expires(bench):
    topic = bench.table.changelog_topic
    assert topic.partitions == 4
    assert (topic.compacting, topic.deleting, topic.internal) == (True, False, True)
    assert topic.config["segment.bytes"] == str(64 * 1024 * 1024)
    # A chunk has no key, and its value stays as it is.
    event = await topic.decode(chunk(TPS[0], [row(b"a", 1)]).message)
    assert event.key is None
    assert event.value == event.message.value
    assert topic.key_type is topic.value_type is None
    assert topic.key_serializer == topic.value_serializer == "raw"


async def test_faust_must_not_read_the_changelog_of_owned_partitions(bench):
    # With a buffer of one it would resume them after recovery.
    assert bench.table.recovery_buffer_size > 1
    assert bench.table.standby_buffer_size == 1


@pytest.mark.parametrize(
    "use",
    [
        lambda table: table[b"k"],
        lambda table: table.__setitem__(b"k", b"v"),
        lambda table: table.__delitem__(b"k"),
        lambda table: b"k" in table,
        list,
        lambda table: table.get(b"k"),
        lambda table: table.items(),
        lambda table: table.keys(),
        lambda table: table.values(),
        lambda table: table.pop(b"k"),
        lambda table: table.update({b"k": b"v"}),
        lambda table: table.clear(),
        lambda table: table.on_key_set(b"k", b"v"),
        lambda table: table.send_changelog(0, b"k", b"v"),
        lambda table: table.partition_for_key(b"k"),
        lambda table: table.tumbling(10),
        lambda table: table.clone(),
        lambda table: table.data.set_persisted_offset(TPS[0], 5),
    ],
)
async def test_there_is_no_access_by_key(bench, use):
    with pytest.raises(NotImplementedError, match="checkpoints"):
        use(bench.table)


# Recovery, by Faust's own.


async def test_rows_headers_and_tombstones_come_back_in_order(bench):
    bench.logs[TPS[0]].append([row(b"a", 1), row(b"b", 2), header(10)], markers=1)
    bench.logs[TPS[0]].append([row(b"a", 3), (b"b", None), header(20)], markers=2)
    bench.logs[TPS[1]].append([row(b"c", 4)], markers=1)
    async with bench.recovering() as recovering:
        await recovering.assign(actives=TPS[:3])
        assert bench.rows(0) == {b"a": 3}
        assert bench.rows(1) == {b"c": 4}
        assert bench.rows(2) == {}
        assert bench.table.held.keys() == {0, 1, 2}
        assert bench.table.own(0).header.inputs["in"].next_offset == 20
        assert bench.table.own(2).header is None
        assert len(bench.table) == 2
        with pytest.raises(KeyError):
            bench.table.own(3)
    assert bench.failures == []


async def test_a_standby_follows_and_goes_on_where_it_is_when_promoted(bench):
    log = bench.logs[TPS[0]]
    log.append([row(b"a", 1), header(10)], markers=1)
    async with bench.recovering() as recovering:
        await recovering.assign(actives=[TPS[1]], standbys=[TPS[0]])
        await recovering.until(lambda: bench.table.held[0].applied == 2)
        log.append([row(b"a", 2)], markers=1)
        await recovering.until(lambda: bench.table.held[0].applied == 4)
        standby = bench.table.held[0]
        assert not standby.owned
        log.append([row(b"b", 3), header(30)], markers=1)
        recovering.consumer.read.clear()
        await recovering.assign(actives=TPS[:2])
        assert bench.table.held[0] is standby
        assert bench.table.own(0).header.inputs["in"].next_offset == 30
        assert bench.rows(0) == {b"a": 2, b"b": 3}
        # Nothing before the standby's own place was read again.
        assert min(first for tp, first in recovering.consumer.read if tp == TPS[0]) >= 4
    assert bench.failures == []


async def test_an_owned_partition_is_read_again_from_the_start(bench):
    log = bench.logs[TPS[0]]
    log.append([row(b"a", 1), row(b"b", 1)], markers=1)
    async with bench.recovering() as recovering:
        await recovering.assign(actives=TPS[:1])
        before = bench.table.own(0)
        before.store.views().rows["value"] = 99  # never written
        before.store.add(b"ghost")
        # It stays with this worker, but another one joined: memory may be ahead of the changelog.
        await recovering.assign(actives=TPS[:1])
        assert bench.table.held[0] is not before
        assert bench.rows(0) == {b"a": 1, b"b": 1}
    assert bench.failures == []


async def test_a_partition_that_went_away_and_came_back_has_what_the_other_owner_wrote(bench):
    log = bench.logs[TPS[0]]
    log.append([row(b"a", 1)])
    async with bench.recovering() as recovering:
        await recovering.assign(actives=TPS[:2])
        await recovering.assign(actives=[TPS[1]])
        assert bench.table.held.keys() == {1}
        log.append([row(b"a", 2), (b"b", None)])
        await recovering.assign(actives=TPS[:2])
        assert bench.rows(0) == {b"a": 2}
    assert bench.failures == []


async def test_an_owner_that_becomes_a_standby_reads_from_the_start(bench):
    log = bench.logs[TPS[0]]
    log.append([row(b"a", 1)])
    async with bench.recovering() as recovering:
        await recovering.assign(actives=TPS[:1])
        bench.table.own(0).store.add(b"ghost")
        await recovering.assign(actives=[TPS[1]], standbys=[TPS[0]])
        await recovering.until(lambda: bench.table.held[0].applied == 0)
        assert bench.rows(0) == {b"a": 1}
        assert not bench.table.held[0].owned
    assert bench.failures == []


async def test_a_rebalance_in_the_middle_of_recovery_goes_on_from_there(bench):
    log = bench.logs[TPS[0]]
    for number in range(50):
        log.append([row(b"k%d" % number, number)], markers=1)
    async with bench.recovering() as recovering:
        await recovering.revoke()
        await recovering.begin(TPS[:1], ())
        await recovering.until(lambda: bench.table.held[0].applied > 20)
        held = bench.table.held[0]
        await recovering.assign(actives=TPS[:1])
        # The interrupted recovery was not taken for a finished one.
        assert bench.begun == [{0}]
        assert bench.table.held[0] is held
        assert bench.rows(0) == {b"k%d" % number: number for number in range(50)}
    assert bench.failures == []


async def test_a_changelog_whose_start_is_gone_is_read_from_where_it_begins(bench):
    log = bench.logs[TPS[0]]
    log.append([row(b"a", 1)] * 10)
    log.append([row(b"b", 2)] * 5)
    log.begin = 10
    async with bench.recovering() as recovering:
        await recovering.assign(actives=TPS[:1])
        assert bench.rows(0) == {b"b": 2}
    assert bench.failures == []


async def test_what_a_former_owner_wrote_before_the_fence_is_read(bench):
    log = bench.logs[TPS[0]]
    log.append([row(b"a", 1)])

    async def fence(partitions):
        log.append([row(b"a", 2)], markers=1)  # its last transaction
        await bench.fence(partitions)

    bench.table.fence = fence
    async with bench.recovering() as recovering:
        await recovering.assign(actives=TPS[:1], standbys=TPS[1:2])
        assert bench.rows(0) == {b"a": 2}
        assert bench.fenced == [{0}]
        assert bench.begun == [{0}]
        await recovering.assign(actives=TPS[:2])
        assert bench.fenced == [{0}, {0, 1}]


async def test_what_a_standby_reads_while_tenures_begin_is_not_lost(bench, monkeypatch):
    for number in range(10):
        bench.logs[TPS[1]].append([row(b"k%d" % number, number)])

    async def slowly(event):
        await asyncio.sleep(0.02)

    # Chunks wait in the queue when recovery is completed and the inputs begin to flow.
    monkeypatch.setattr(bench.table, "on_changelog_event", slowly)
    async with bench.recovering() as recovering:
        await recovering.assign(actives=TPS[:1], standbys=TPS[1:2])
        assert len(bench.table.held[1].store) < 10
        await recovering.until(lambda: len(bench.table.held[1].store) == 10 or bench.failures)
    assert bench.failures == []


async def test_an_assignment_that_changes_while_tenures_begin_begins_only_the_new_one(bench):
    begun, entered = [], asyncio.Event()

    async def begin(partitions):
        entered.set()
        await asyncio.sleep(0.05 if len(bench.fenced) == 1 else 0)
        begun.append(partitions)

    bench.table.begin = begin
    async with bench.recovering() as recovering:
        await recovering.revoke()
        await recovering.begin(TPS[:2], ())
        await entered.wait()
        await recovering.revoke()
        await asyncio.sleep(0.1)
        assert begun == []
        assert not bench.app.flow_control.is_active()
        await recovering.begin(TPS[1:2], ())
        await recovering.until(lambda: not bench.app.rebalancing)
        assert begun == [{1}]
    assert bench.failures == []


async def test_a_table_that_cannot_begin_ends_recovery(bench):
    async def begin(partitions):
        raise OSError("another topic")

    bench.table.begin = begin
    async with bench.recovering() as recovering:
        await recovering.begin(TPS[:1], ())
        await recovering.until(lambda: bench.app.tables.recovery.crashed)
        assert isinstance(bench.app.tables.recovery.crash_reason, OSError)
        assert not bench.app.tables.recovery.completed.is_set()


async def test_brokers_that_do_not_answer_end_recovery_with_a_reason():
    bench = Bench(broker_request_timeout=0.05)
    async with bench.recovering() as recovering:
        recovering.consumer.deaf = True
        await recovering.begin(TPS[:1], ())
        await recovering.until(lambda: bench.app.tables.recovery.crashed)
        assert isinstance(bench.app.tables.recovery.crash_reason, RecoveryFailed)
    assert bench.begun == []


async def test_a_corrupt_changelog_ends_the_worker_and_nobody_owns_it(bench):
    log = bench.logs[TPS[0]]
    log.append([row(b"a", 1), (b"b", b"\x01garbage"), row(b"c", 3)])
    log.append([row(b"d", 4)])
    async with bench.recovering() as recovering:
        await recovering.revoke()
        await recovering.begin(TPS[:2], ())
        await recovering.until(lambda: bench.failures)
        await asyncio.sleep(0.05)  # Faust goes on as if nothing had happened
        for number in (0, 1):
            with pytest.raises(RecoveryFailed):
                bench.table.own(number)
    (failure,) = bench.failures
    assert isinstance(failure, CorruptRow)
    assert failure.offset == 1
    assert not any(held.owned for held in bench.table.held.values())


# What one chunk does, without Faust around it.


async def test_records_already_applied_are_not_applied_again(bench):
    await bench.assign(TPS[0])
    bench.apply(chunk(TPS[0], [row(b"a", 1), row(b"a", 2)]))
    # The broker returns whole batches, and Faust reads from the offset it has.
    again = chunk(TPS[0], [row(b"a", 7), row(b"a", 8), row(b"b", 3)])
    again.message.first_offset = 1
    bench.apply(again, chunk(TPS[0], [row(b"a", 9)]))
    assert bench.rows(0) == {b"a": 2, b"b": 3}
    assert bench.table.persisted_offset(TPS[0]) == 2
    assert bench.failures == []


async def test_an_empty_chunk_moves_the_offset(bench):
    await bench.assign(TPS[0])
    bench.apply(chunk(TPS[0], [], 0, 5))
    assert bench.table.persisted_offset(TPS[0]) == 4


async def test_reading_begins_where_the_log_does_and_nowhere_later(bench):
    await bench.assign(TPS[0], TPS[1])
    bench.table.reads_after(0, 99)
    bench.table.reads_after(3, 99)  # not held
    assert bench.table.persisted_offset(TPS[0]) == 99
    bench.apply(chunk(TPS[0], [row(b"a", 1)], 100))
    bench.table.reads_after(0, 150)
    assert bench.table.persisted_offset(TPS[0]) == 100
    assert bench.failures == []
    bench.apply(chunk(TPS[0], [row(b"b", 1)], 151))
    assert [type(failure) for failure in bench.failures] == [ChangelogGap]


async def test_offsets_are_named_only_while_they_are_known(bench):
    assert bench.table.persisted_offset(TPS[0]) == FROM_START
    await bench.assign(TPS[0])
    assert bench.table.persisted_offset(TPS[0]) == FROM_START
    bench.apply(chunk(TPS[0], [row(b"a", 1)]))
    assert bench.table.persisted_offset(TPS[0]) == 0
    await bench.complete(TPS[0])
    assert bench.table.persisted_offset(TPS[0]) == FROM_START


async def test_nothing_is_owned_before_it_is_recovered_in_this_assignment(bench):
    await bench.assign(TPS[0], TPS[1])
    with pytest.raises(KeyError, match="partition 0 is not recovered"):
        bench.table.own(0)
    await bench.complete(TPS[0])
    bench.table.own(0)
    with pytest.raises(KeyError):
        bench.table.own(1)
    await bench.assign(TPS[0], generation=2)
    with pytest.raises(KeyError):
        bench.table.own(0)


async def test_chunks_of_owned_or_unknown_partitions_change_nothing(bench):
    await bench.assign(TPS[0], TP("other", 1))
    bench.apply(chunk(TPS[0], [row(b"a", 1)]))
    await bench.complete(TPS[0])
    held = bench.table.own(0)
    bench.apply(
        chunk(TPS[0], [row(b"a", 2)], 1),
        chunk(TPS[1], [row(b"b", 1)]),
        chunk(TP("other", 0), [row(b"c", 1)], 1),
    )
    assert bench.rows(0) == {b"a": 1}
    assert bench.table.held == {0: held}
    assert bench.failures == []


async def test_dropping_a_partition_forgets_it(bench):
    await bench.assign(TPS[0], TPS[1])
    bench.table.drop(0)
    bench.table.drop(0)
    assert bench.table.held.keys() == {1}
    bench.table.reset_state()
    assert bench.table.held == {}


@pytest.mark.parametrize(
    ("events", "kind", "text"),
    [
        ([chunk(TPS[0], [row(b"a", 1)]), chunk(TPS[0], [row(b"b", 1)], 5)], ChangelogGap, "up to"),
        ([chunk(TPS[0], [row(b"a", 1)], 9)], ChangelogGap, "begin at 9"),
        ([chunk(TPS[0], [(HEADER_KEY, b"{}")])], CorruptHeader, r"changelog\[0\] at offset 0"),
        ([chunk(TPS[0], [(b"\xffother", b"x")])], CorruptRow, r"at offset 0: nobody has"),
        ([chunk(TPS[0], [row(b"%d" % i, i) for i in range(101)])], StoreFull, "Raise the limit"),
    ],
)
async def test_what_cannot_be_applied_ends_the_worker_once(bench, events, kind, text):
    await bench.assign(TPS[0])
    bench.apply(*events)
    bench.apply(chunk(TPS[0], [row(b"z", 1)], 500))
    (failure,) = bench.failures
    assert isinstance(failure, kind)
    with pytest.raises(kind, match=text):
        raise failure
    assert b"z" not in bench.table.held[0].store
    await bench.complete(TPS[0])
    assert not bench.table.held[0].owned
    with pytest.raises(RecoveryFailed) as caught:
        bench.table.own(0)
    assert caught.value.__cause__ is failure


async def test_a_broken_batch_ends_the_worker(bench):
    await bench.assign(TPS[0])
    event = chunk(TPS[0], [row(b"a", 1)])
    event.message.value = event.message.value[:-1] + b"\xff"
    bench.apply(event)
    assert len(bench.failures) == 1


async def test_a_header_that_was_deleted_is_gone(bench):
    await bench.assign(TPS[0])
    bench.apply(chunk(TPS[0], [header(5)]))
    assert bench.table.held[0].header is not None
    bench.apply(chunk(TPS[0], [(HEADER_KEY, None)], 1))
    assert bench.table.held[0].header is None


async def test_without_anyone_to_tell_the_application_crashes(monkeypatch):
    app = faust.App(
        "reflux-test", broker="kafka://localhost:9", web_enabled=False, autodiscover=False
    )
    table = ColumnTable(app, name="rows", codec=CODEC, limit=10, partitions=4)
    reasons = []

    async def crash(reason):
        reasons.append(reason)

    monkeypatch.setattr(app, "crash", crash)
    await table.on_rebalance({TPS[0]}, set(), set(), 1)
    table.apply_changelog_batch([chunk(TPS[0], [(b"a", b"\x01?")])])
    await asyncio.sleep(0)
    assert [type(reason) for reason in reasons] == [CorruptRow]
