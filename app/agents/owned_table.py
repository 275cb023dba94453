"""A columnar table and the inputs its rows are made from, owned partition by partition."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic

import faust
from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from faust.types import TP

from app.agents.breaker import Breaker
from app.agents.ownership import Owned, Ownership, P
from app.agents.table_partition import Place
from app.agents.turns import Turns
from app.events.topics import DEAD_LETTERS
from app.kafka.clients import confluent_config
from app.settings import Settings
from app.state.checkpoint import CheckpointFailed, CheckpointWriter
from app.state.codec import RowCodec
from app.state.header import check_resume
from app.state.partitions import HeldPartition
from app.state.table import ColumnTable

ADMIN_SECONDS = 30.0

Begin = Callable[[Place, HeldPartition], P]
"""Makes a partition's state from its recovered memory."""

__all__ = ["Begin", "Owned", "OwnedTable"]


class OwnedTable(Generic[P]):
    """``table`` with its ``ownership``; ``inputs`` are full topic names.

    Answers for the positions of its inputs, see ``app/transport/positions.py``.
    """

    def __init__(
        self,
        app: faust.App,
        settings: Settings,
        *,
        name: str,
        codec: RowCodec,
        limit: int,
        inputs: Sequence[str],
        begin: Begin[P],
        executor: ThreadPoolExecutor,
        turns: Turns,
        failed: Callable[[BaseException], None],
    ) -> None:
        self.inputs = tuple(inputs)
        self._app = app
        self._settings = settings
        self._begin_partition = begin
        self._executor = executor
        self._failed = failed
        self._topic_ids: dict[str, str] = {}
        self._left: dict[int, dict[str, int]] = {}
        self._dead_letters = DEAD_LETTERS.full_name(settings.topic_prefix)
        self.table = ColumnTable(
            app,
            name=name,
            codec=codec,
            limit=limit,
            partitions=settings.partitions,
            fail=failed,
        )
        self.ownership: Ownership[P] = Ownership(
            name,
            open_writer=self._open_writer,
            begin=self._begin_one,
            executor=executor,
            interval=settings.checkpoint_interval,
            slice_rows=settings.checkpoint_slice,
            breaker=Breaker(settings.breaker_actions_per_minute),
            turns=turns,
            failed=failed,
        )
        self.table.fence = self.ownership.fence
        self.table.begin = self._begin

    def _open_writer(self, number: int) -> CheckpointWriter:
        changelog = self.table.changelog_topic_name
        writer = CheckpointWriter(
            confluent_config(self._settings),
            transactional_id=f"{changelog}-{number}",
            changelog=changelog,
            partition=number,
        )
        try:
            writer.open()
        except CheckpointFailed:
            writer.close()
            raise
        return writer

    async def _begin(self, numbers: set[int]) -> None:
        """Begin the tenures of recovered partitions, if their inputs are still the same ones."""
        try:
            loop = asyncio.get_running_loop()
            self._topic_ids = await loop.run_in_executor(self._executor, self._ask_topic_ids)
            await self._check_resume(numbers)
            self.ownership.start(numbers)
        except Exception as exc:
            # Faust's recovery would pass over it and go on without the table.
            self._failed(exc)

    def _begin_one(self, number: int) -> P:
        place = Place(number, self._settings.partitions, self._topic_ids, self._dead_letters)
        return self._begin_partition(place, self.table.own(number))

    def _ask_topic_ids(self) -> dict[str, str]:
        if self._settings.embedded_broker:
            return dict.fromkeys(self.inputs, "")  # it knows no topic ids
        admin = AdminClient(confluent_config(self._settings))
        asked = admin.describe_topics(
            TopicCollection(list(self.inputs)), request_timeout=ADMIN_SECONDS
        )
        ids = {}
        for topic, answer in asked.items():
            try:
                ids[topic] = str(answer.result(ADMIN_SECONDS).topic_id)
            except KafkaException as exc:
                raise RuntimeError(f"cannot describe topic {topic}: {exc.args[0].str()}") from exc
        return ids

    async def _check_resume(self, numbers: set[int]) -> None:
        headers = {n: header for n in numbers if (header := self.table.own(n).header) is not None}
        tps = {TP(topic, number) for topic in self.inputs for number in headers}
        if not tps:
            return
        begins = await self._app.consumer.earliest_offsets(*tps)
        ends = await self._app.consumer.highwaters(*tps)
        for number, header in headers.items():
            check_resume(
                header,
                self._topic_ids,
                {topic: begins.get(TP(topic, number)) or 0 for topic in self.inputs},
                {topic: ends.get(TP(topic, number)) or 0 for topic in self.inputs},
                dict.fromkeys(self.inputs, self._settings.partitions),
            )

    def resume(self, tp: TP) -> int | None:
        """Where an input goes on: the position in the recovered header."""
        tenure = self.ownership.get(tp.partition)
        return None if tenure is None else tenure.partition.durable.get(tp.topic)

    def committable(self, tp: TP) -> int | None:
        """The durable position of an input now; of one just given up, where it was left."""
        if tp.partition in self._left:
            return self._left[tp.partition].get(tp.topic)
        return self.resume(tp)

    async def end(self, deadline: float) -> bool:
        """Give up all partitions; what could not be made durable in time is forgotten.

        Where they were left may be committed until ``forget``. Returns whether there were any.
        """
        given_up = {number: tenure.partition for number, tenure in self.ownership.tenures.items()}
        for number in await self.ownership.end(deadline):
            self.table.drop(number)
        self._left = {number: partition.durable for number, partition in given_up.items()}
        return bool(given_up)

    def forget(self) -> None:
        """The positions of given up partitions are their next owners' to commit from now on."""
        self._left = {}
