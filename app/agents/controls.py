"""What besides requests changes an account: profiles, operators' commands, campaigns' verdicts."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from app import metrics
from app.agents.account_partition import AccountPartition
from app.agents.lockstep import Lockstep
from app.agents.table_partition import Pause, Run
from app.events.enforcement import Reason
from app.events.framing import decode
from app.events.markers import MARKER_KEY, SweepMarker
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
from app.policy.operators import apply_command, apply_dismissal
from app.policy.verdicts import apply_verdict
from app.state.layout import FLAG_WOVEN

R = TypeVar("R", bound=Record)


def profiles(partition: AccountPartition, run: Run) -> Iterator[Pause]:
    """Join a run of profiles into the accounts."""
    framed = partition.framed(run)
    decoded = partition.decoded(framed, PROFILES, partition.profile_schemas)
    count = len(framed.frames)
    partition.store.reserve_for(framed.frames)
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


def operators(partition: AccountPartition, run: Run) -> Iterator[Pause]:
    """Apply a run of operators' commands."""
    framed = partition.framed(run)
    count = _one_by_one(partition, run.topic, [framed], "operators", OperatorCommand, _command)
    partition.reach(run.topic, run.next_offset, count)
    yield from ()


def verdicts(partition: AccountPartition, run: Run) -> Iterator[Pause]:
    """Take note of a run of campaigns' verdicts, and of the markers between them."""
    if partition.lockstep is not None:
        _verdicts_in_step(partition, partition.lockstep, run)
    else:
        framed = partition.framed(run)
        count = _one_by_one(partition, run.topic, [framed], "verdicts", Verdict, _verdict)
        partition.reach(run.topic, run.next_offset, count)
    yield from ()


def _verdicts_in_step(partition: AccountPartition, step: Lockstep, run: Run) -> None:
    """Hold verdicts back until a marker completes their period, then apply them together."""
    framed = step.framed(partition, run)
    done = 0
    for i in range(len(framed.frames)):
        marker = _marker(partition, framed, i)
        if isinstance(marker, SweepMarker):
            partition.markers.note(marker.partition, marker.epoch)
            if partition.markers.complete > step.settled:
                parts = [*step.held, framed._replace(frames=framed.frames[done : i + 1])]
                count = _one_by_one(
                    partition, run.topic, parts, "verdicts", Verdict, _verdict, surest=True
                )
                step.settle(partition.markers.complete)
                done = i + 1
                partition.reach(run.topic, int(framed.frames[i, c.FRAME_OFFSET]) + 1, count)
    step.hold(framed._replace(frames=framed.frames[done:]), run.next_offset)
    if not step.held:
        partition.reach(run.topic, run.next_offset, 0)


def _one_by_one(
    partition: AccountPartition,
    topic: str,
    parts: Sequence[Framed],
    name: str,
    kind: type[R],
    apply: Callable[[AccountPartition, int, R, Source], bool],
    *,
    surest: bool = False,
) -> int:
    """Apply records that are few, each as an object. ``apply`` says whether it was news.

    All are read before the first is applied: a run whose schemas are pending is begun again. With
    ``surest`` verdicts are applied account by account, and of those about one account only the
    surest that is news. Returns how many records there were.
    """
    read = [
        (part, i, _read(partition, part, i, kind))
        for part in parts
        for i in range(len(part.frames))
    ]
    if surest:
        read.sort(key=lambda one: _rank(one[2]))
    bad: defaultdict[int, list[tuple[int, int, str | None]]] = defaultdict(list)
    for part in parts:
        partition.store.reserve_for(part.frames)
    counters = partition.counters
    settled = ""
    for part, i, record in read:
        counters[f"{name}.in"] += _records(part, i)
        if isinstance(record, BadRecord):
            bad[id(part)].append((i, reasons.NAMES.index(record.reason), record.field))
            counters[f"{name}.dead"] += _records(part, i)
            continue
        if isinstance(record, SweepMarker):
            partition.markers.note(record.partition, record.epoch)
            counters[f"{name}.markers"] += 1
            continue
        source = Source(
            topic=topic,
            partition=partition.place.number,
            offset=int(part.frames[i, c.FRAME_OFFSET]),
        )
        slot = partition.store.add(record.record_key().encode())
        if slot is None:
            bad[id(part)].append((i, reasons.STATE_FULL, None))
            counters[f"{name}.dead"] += 1
            continue
        finding = not isinstance(record, Verdict) or record.about == "campaign"
        news = not (surest and finding and record.record_key() == settled)
        if news:
            # What is read again after a restart has settled the account as well.
            passed = surest and source.offset < partition.store.views().rows[slot]["verdict_offset"]
            news = apply(partition, slot, record, source)
            if finding and (news or passed):
                settled = record.record_key()
        if news:
            partition.store.mark_dirty(slot)
        counters[f"{name}.applied" if news else f"{name}.stale"] += 1
    for part in parts:
        _bury(partition, topic, part, bad[id(part)])
    return len(read)


def _bury(
    partition: AccountPartition,
    topic: str,
    framed: Framed,
    bad: list[tuple[int, int, str | None]],
) -> None:
    """Write dead letters for ``bad`` records: their numbers, reason codes and fields at fault."""
    status = np.full(len(framed.frames), reasons.OK, np.int32)
    for i, reason, _ in bad:
        status[i] = reason
    numbers = np.array([i for i, _, _ in bad], np.int64)
    partition.bury(topic, framed, numbers, status, [field for _, _, field in bad])


def _rank(record: Record | BadRecord) -> tuple[str, float, str, list[str]]:
    """The order of verdicts that came together: by account, surest first, then oldest campaign.

    Two links may be equally sure of an account: the words decide which of them is told, lest it be
    the one that came first.
    """
    if not isinstance(record, Verdict):
        return "", 0.0, "", []
    probability = record.probability if record.confirmed else 0.0
    return record.account_id, -probability, record.campaign_id, record.reasons


def _records(framed: Framed, i: int) -> int:
    """How many records row ``i`` stands for: several where they could not be told apart."""
    unframed = framed.frames[i, c.FRAME_VALUE_START] == UNFRAMED
    return int(framed.frames[i, c.FRAME_VALUE_LENGTH]) if unframed else 1


def _read(
    partition: AccountPartition, framed: Framed, i: int, kind: type[R]
) -> R | SweepMarker | BadRecord:
    """The record numbered ``i``, or what is wrong with it."""
    marker = _marker(partition, framed, i) if kind is Verdict else None
    if marker is not None:
        return marker
    try:
        return _good(partition, framed, i, kind)
    except BadRecord as exc:
        return exc


def _marker(partition: AccountPartition, framed: Framed, i: int) -> SweepMarker | BadRecord | None:
    """The record numbered ``i`` if it is a marker, or should be one."""
    _, _, key_at, key_length, at, length = framed.frames[i].tolist()
    if key_at < 0 or framed.data[key_at : key_at + key_length].tobytes() != MARKER_KEY:
        return None
    try:
        marker = SweepMarker.read(framed.data[at : at + length].tobytes() if at >= 0 else None)
    except BadRecord as exc:
        return exc
    if marker.partitions != partition.place.partitions or marker.partition >= marker.partitions:
        return BadRecord(reasons.OUT_OF_RANGE, "partition")
    return marker


def _good(partition: AccountPartition, framed: Framed, i: int, kind: type[R]) -> R:
    """The record numbered ``i``; raises ``BadRecord``, also where its key is not as it should."""
    _, _, key_at, key_length, at, length = framed.frames[i].tolist()
    if at == UNFRAMED:
        raise BadRecord(reasons.MALFORMED)
    data = framed.data
    value = data[at : at + length].tobytes() if at >= 0 else None
    record = decode(kind, value, partition.schemas)
    if isinstance(record, Verdict) and not _fits(record):
        raise BadRecord(reasons.OUT_OF_RANGE, "campaign_id")
    key = data[key_at : key_at + key_length].tobytes() if key_at >= 0 else None
    if key != record.record_key().encode():
        raise BadRecord(reasons.KEY_MISMATCH, "account_id")
    belongs = partition_of(data, key_at, key_length, partition.place.partitions)
    if belongs != partition.place.number:
        raise BadRecord(reasons.WRONG_PARTITION)
    return record


def _fits(verdict: Verdict) -> bool:
    """Whether a row can hold the id: 64 bits in hexadecimal, of which zero means none; 32 of them
    for a ring or a web."""
    if re.fullmatch("[0-9a-f]{16}", verdict.campaign_id) is None:
        return False
    bits = 64 if verdict.about == "campaign" else 32
    return 0 < int(verdict.campaign_id, 16) < 1 << bits


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


def _join(row: npt.NDArray[Any], about: str, name: int) -> bool:
    """Note the ring or the web that the account is in. The smallest name that was ever told stays,
    and that there were several, in whatever order they come: no fence."""
    own = int(row[about])
    second = about == "web" and 0 < own != name and not row["flags"] & FLAG_WOVEN
    if second:
        row["flags"] |= FLAG_WOVEN
    if not 0 < own <= name:
        row[about] = name
        return True
    return bool(second)


def _verdict(partition: AccountPartition, slot: int, verdict: Verdict, source: Source) -> bool:
    """Keep the finding of the campaign that is surest of the account; a newer epoch replaces.

    The fence tells what is read again after a restart: a row remembers one campaign, so the
    findings of others, and its own from before theirs, would look new.
    """
    row = partition.store.views().rows[slot]
    campaign = int(verdict.campaign_id, 16)
    if verdict.about != "campaign":
        return _join(row, verdict.about, campaign)
    if source.offset < row["verdict_offset"]:
        return False
    # What is not confirmed weighs nothing, and must not take the place of what is.
    probability = verdict.probability if verdict.confirmed else 0.0
    if not apply_verdict(row, campaign, verdict.epoch, probability, confirmed=verdict.confirmed):
        return False
    row["verdict_offset"] = source.offset + 1
    judgement = partition.judgement()
    regimes = judgement.regimes
    decision = np.zeros(1, DECISION)
    now = max(int(row["last_ts"]), verdict.ts)
    if verdict.dismissed:
        released = apply_dismissal(row, now, regimes)
        if released is not None:
            released["slot"], released["offset"] = slot, source.offset
            partition.act(released, judgement, source.topic, verdict.reasons)
        return True
    r = regime_at(regimes, now)
    if judge(row, now, regimes, r, partition.state.guards, decision[0]):
        decision[0]["slot"] = slot
        decision[0]["offset"] = source.offset
        told = verdict.reasons if int(decision[0]["campaign"]) == campaign else ()
        partition.act(decision[0], judgement, source.topic, told)
    return True
