"""A partition of accounts in a replay."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from app.agents.account_partition import AccountPartition
from app.agents.actions import ActionWriter
from app.agents.controls import profiles, verdicts
from app.agents.judgement import Judgement
from app.agents.links import LinkSchedule
from app.agents.sweep import Sweep
from app.agents.table_partition import Pause, Place
from app.detection.population import EPOCH_MS
from app.events import topics as t
from app.events.framing import ShippedSchemas
from app.events.population import PopulationPart
from app.events.specs import PROFILES, REQUESTS
from app.kernels import ledger as l
from app.kernels.avro_decode_program import AvroPrograms, no_schemas
from app.kernels.batches import Framed
from app.kernels.decode import Decoded
from app.kernels.refusals import Refusals
from app.kernels.sightings import Output as Sightings
from app.kernels.spec import RecordSpec
from app.policy.document import PolicyDocument
from app.replay.batches import Batch
from app.replay.memory import PREFIX, InMemory, OnDead, run_through
from app.state.checkpoint import Output
from app.state.codec import ACCOUNT_CODEC
from app.state.layout import ACCOUNT
from app.state.store import ColumnStore

REQUESTS_TOPIC = t.REQUESTS.full_name(PREFIX)
PROFILES_TOPIC = t.PROFILES.full_name(PREFIX)
VERDICTS_TOPIC = t.VERDICTS.full_name(PREFIX)


class ReplayedAccounts(InMemory, AccountPartition):
    """Accounts of one partition of ``partitions``, at most ``limit`` of them."""

    def __init__(
        self,
        number: int,
        partitions: int,
        *,
        limit: int,
        judgement: Callable[[], Judgement],
        actions: ActionWriter,
        on_dead: OnDead,
        throttle: PolicyDocument | None,
    ) -> None:
        """``throttle`` is the policy whose limits a closed loop applies; None: an open loop."""
        self.sweep = Sweep(
            number,
            partitions,
            epoch_ms=EPOCH_MS,
            period_hours=LinkSchedule().period_hours,
            sightings_topic=t.SIGHTINGS.full_name(PREFIX),
            population_topic=t.POPULATION.full_name(PREFIX),
        )
        super().__init__(
            Place(number, partitions, {}, t.DEAD_LETTERS.full_name(PREFIX)),
            ColumnStore(ACCOUNT, limit=limit),
            ACCOUNT_CODEC,
            None,
            on_dead=on_dead,
            judgement=judgement,
            actions=actions,
            sweep=self.sweep,
            schemas=ShippedSchemas(),
            request_schemas=AvroPrograms(REQUESTS, no_schemas),
            profile_schemas=AvroPrograms(PROFILES, no_schemas),
            lockstep=True,
        )
        if throttle is not None:
            limits = throttle.ladder.throttle
            refusals = Refusals(
                np.array([limits.requests_per_minute, limits.tokens_per_minute], np.int64),
                np.zeros(limit, np.int64),
                np.zeros(limit, np.int64),
                np.zeros(limit, np.int64),
                np.zeros(0, np.int32),
            )
            self.state = self.state._replace(refusals=refusals)

    def decoded(self, framed: Framed, spec: RecordSpec, avro: AvroPrograms) -> Decoded:
        if self._latest is not None and self._latest.decoded is not None:
            return self._latest.decoded
        return super().decoded(framed, spec, avro)

    def send(self, _slots: Iterable[int], _outputs: Iterable[Output]) -> None:
        """Nothing leaves: ``actions`` has taken note of decisions, and the replay knows how far
        each partition has come without being told by markers."""

    @property
    def completed(self) -> int:
        """The newest sighting period that is over here; -1: nothing has begun."""
        epoch = int(self.state.ledger[l.EPOCH])
        return epoch * self.sweep.epoch_ms // self.sweep.period_ms - 1 if epoch >= 0 else -1

    def replay(self, batch: Batch) -> Iterator[Pause]:
        """``requests`` of this partition's ``batch``."""
        refusals = self.state.refusals
        if refusals.minutes.size:
            marks = np.zeros(batch.size, np.int32)
            self.state = self.state._replace(refusals=refusals._replace(refused=marks))
        yield from self.requests(self.hand_over(REQUESTS_TOPIC, *batch))

    def join(self, batch: Batch) -> Iterator[Pause]:
        """``profiles`` of this partition's ``batch``."""
        yield from profiles(self, self.hand_over(PROFILES_TOPIC, *batch))

    def take_sightings(self) -> list[Sightings]:
        """Everything that the pending sweep reports."""
        taken = []
        while self.sweep.pending:
            taken.append(self.sweep.encode_sightings(self.store)[1])
        self.forget_removed()
        return taken

    def take_parts(self) -> list[PopulationPart]:
        """The parts of population snapshots cut since the last call."""
        return self.sweep.take_parts()

    def hear(self, framed: Framed) -> None:
        """Take in campaigns' verdicts, and the markers behind them."""
        run_through(verdicts(self, self.hand_over(VERDICTS_TOPIC, framed)))
