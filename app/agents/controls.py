"""What besides requests changes an account: profiles, operators' commands, campaigns' verdicts."""

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from app import metrics
from app.agents.account_partition import AccountPartition
from app.agents.table_partition import Run
from app.events.enforcement import Reason
from app.events.framing import decode
from app.events.operators import OperatorCommand
from app.events.record import BadRecord, Record
from app.events.source import Source
from app.events.specs import PROFILES
from app.events.verdicts import Verdict
from app.kernels import columns as c
from app.kernels import reasons
from app.kernels.batches import UNFRAMED, Framed
from app.kernels.decisions import DECISION
from app.kernels.fold import RequestBatch, look_up
from app.kernels.fold_profiles import APPLIED, COUNTS, DEAD, STALE, fold_profiles
from app.kernels.ladder import judge
from app.kernels.murmur2 import partition_of
from app.kernels.regimes import regime_at
from app.policy.operators import apply_command
from app.policy.verdicts import apply_verdict

R = TypeVar("R", bound=Record)


def profiles(partition: AccountPartition, run: Run) -> Iterator[None]:
    """Join a run of profiles into the accounts."""
    framed = partition.framed(run)
    decoded = partition.decoded(framed, PROFILES, partition.profile_schemas)
    count = len(framed.frames)
    partition.reserve(framed)
    batch = RequestBatch(
        framed.data,
        framed.frames,
        decoded.values,
        decoded.status,
        np.empty(count, np.uint64),
        np.empty(count, np.int64),
    )
    decisions = np.zeros(count, DECISION)
    counts = np.zeros(COUNTS, np.int64)
    judgement = partition.judgement()
    views = partition.store.views()
    look_up(batch, views)
    made = fold_profiles(batch, views, judgement.regimes, partition.state.guards, decisions, counts)
    for decision in decisions[:made]:
        partition.act(decision, judgement, run.topic)
    partition.bury_decoded(run.topic, framed, decoded, PROFILES, 0, count)
    for name, place in (("applied", APPLIED), ("stale", STALE), ("dead", DEAD)):
        partition.counters[f"profiles.{name}"] += int(counts[place])
    partition.counters["profiles.in"] += int(counts.sum())
    partition.reach(run.topic, run.next_offset, count)
    yield from ()


def operators(partition: AccountPartition, run: Run) -> Iterator[None]:
    """Apply a run of operators' commands."""
    yield from _one_by_one(partition, run, "operators", OperatorCommand, _command)


def verdicts(partition: AccountPartition, run: Run) -> Iterator[None]:
    """Take note of a run of campaigns' verdicts."""
    yield from _one_by_one(partition, run, "verdicts", Verdict, _verdict)


def _one_by_one(
    partition: AccountPartition,
    run: Run,
    name: str,
    kind: type[R],
    apply: Callable[[AccountPartition, int, R, Source], bool],
) -> Iterator[None]:
    """Apply records that are few, each as an object. ``apply`` says whether it was news.

    All are read before the first is applied: a run whose schemas are pending is begun again.
    """
    framed = partition.framed(run)
    read = [_read(partition, framed, i, kind) for i in range(len(framed.frames))]
    partition.reserve(framed)
    count = len(read)
    status = np.full(count, reasons.OK, np.int32)
    fields: list[str | None] = [None] * count
    counters = partition.counters
    for i, record in enumerate(read):
        if isinstance(record, BadRecord):
            status[i] = reasons.NAMES.index(record.reason)
            fields[i] = record.field
            counters[f"{name}.dead"] += _records(framed, i)
            continue
        source = Source(
            topic=run.topic,
            partition=partition.place.number,
            offset=int(framed.frames[i, c.FRAME_OFFSET]),
        )
        slot = partition.store.add(record.record_key().encode())
        if slot is None:
            status[i] = reasons.STATE_FULL
            counters[f"{name}.dead"] += 1
            continue
        news = apply(partition, slot, record, source)
        if news:
            partition.store.mark_dirty(slot)
        counters[f"{name}.applied" if news else f"{name}.stale"] += 1
    counters[f"{name}.in"] += sum(_records(framed, i) for i in range(count))
    bad = np.flatnonzero(status != reasons.OK)
    partition.bury(run.topic, framed, bad, status, [fields[i] for i in bad.tolist()])
    partition.reach(run.topic, run.next_offset, count)
    yield from ()


def _records(framed: Framed, i: int) -> int:
    """How many records row ``i`` stands for: several where they could not be told apart."""
    unframed = framed.frames[i, c.FRAME_VALUE_START] == UNFRAMED
    return int(framed.frames[i, c.FRAME_VALUE_LENGTH]) if unframed else 1


def _read(partition: AccountPartition, framed: Framed, i: int, kind: type[R]) -> R | BadRecord:
    """The record numbered ``i``, or what is wrong with it."""
    try:
        return _good(partition, framed, i, kind)
    except BadRecord as exc:
        return exc


def _good(partition: AccountPartition, framed: Framed, i: int, kind: type[R]) -> R:
    """The record numbered ``i``; raises ``BadRecord``, also where its key is not as it should."""
    _, _, key_at, key_length, at, length = framed.frames[i].tolist()
    if at == UNFRAMED:
        raise BadRecord(reasons.MALFORMED)
    data = framed.data
    value = data[at : at + length].tobytes() if at >= 0 else None
    record = decode(kind, value, partition.schemas)
    if isinstance(record, Verdict) and not _is_campaign(record.campaign_id):
        raise BadRecord(reasons.OUT_OF_RANGE, "campaign_id")
    key = data[key_at : key_at + key_length].tobytes() if key_at >= 0 else None
    if key != record.record_key().encode():
        raise BadRecord(reasons.KEY_MISMATCH, "account_id")
    belongs = partition_of(data, key_at, key_length, partition.place.partitions)
    if belongs != partition.place.number:
        raise BadRecord(reasons.WRONG_PARTITION)
    return record


def _is_campaign(campaign_id: str) -> bool:
    """Whether a row can hold the id: 64 bits in hexadecimal, of which zero means none."""
    return re.fullmatch("[0-9a-f]{16}", campaign_id) is not None and int(campaign_id, 16) != 0


def _command(
    partition: AccountPartition, slot: int, command: OperatorCommand, source: Source
) -> bool:
    row = partition.store.views().rows[slot]
    if source.offset < row["operator_offset"]:
        return False
    row["operator_offset"] = source.offset + 1
    judgement = partition.judgement()
    regimes = judgement.regimes
    policy = judgement.policies[int(regimes.policy[regime_at(regimes, command.issued_at)])]
    decision = apply_command(row, command, regimes, policy.operators.release_hold_hours)
    metrics.OPERATOR_COMMANDS.labels(command=command.command).inc()
    if decision is not None:
        reason = Reason.model_construct(
            detector="operator",
            observed=None,
            threshold=None,
            population_percentile=None,
            contribution=1.0,
            text=f"{command.operator}: {command.reason}",
        )
        partition.emit(
            slot,
            partition.actions.outputs(
                command.account_id,
                decision,
                judgement,
                source,
                actor=command.operator,
                reasons=[reason],
            ),
        )
    return True


def _verdict(partition: AccountPartition, slot: int, verdict: Verdict, source: Source) -> bool:
    """Keep the finding of the campaign that is surest of the account; a newer epoch replaces.

    The fence tells what is read again after a restart: a row remembers one campaign, so the
    findings of others, and its own from before theirs, would look new.
    """
    row = partition.store.views().rows[slot]
    if source.offset < row["verdict_offset"]:
        return False
    campaign = int(verdict.campaign_id, 16)
    # What is not confirmed weighs nothing, and must not take the place of what is.
    probability = verdict.probability if verdict.confirmed else 0.0
    if not apply_verdict(row, campaign, verdict.epoch, probability, confirmed=verdict.confirmed):
        return False
    row["verdict_offset"] = source.offset + 1
    judgement = partition.judgement()
    regimes = judgement.regimes
    decision = np.zeros(1, DECISION)
    now = max(int(row["last_ts"]), verdict.ts)
    r = regime_at(regimes, now)
    if judge(row, now, regimes, r, partition.state.guards, decision[0]):
        decision[0]["slot"] = slot
        decision[0]["offset"] = source.offset
        partition.act(decision[0], judgement, source.topic)
    return True
