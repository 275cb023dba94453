"""What operators change while traffic flows: the policy, and the release."""

from collections.abc import Callable

import numpy as np
import pytest

from app.state.checkpoint import HEADER_KEY
from app.state.codec import ACCOUNT_CODEC, RowCodec
from app.state.layout import ACCOUNT_VERSION
from app.state.layout_history import ACCOUNT_1, ACCOUNT_2, ACCOUNT_3
from app.state.link_codec import LINK_CODEC
from app.state.link_history import LINK_2
from app.state.link_layout import LINK_VERSION
from app.state.store import ColumnStore
from tests.faults.lengths import long
from tests.faults.proof import prove
from tests.faults.stage import Stage, folding
from tests.faults.world import HISTORY, event_time, policy_record
from tests.integration.offline import level_1_policy

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE = 1_000
AHEAD = 20_000
"""Requests between the publication of a policy and the first that it judges."""
FIRST, SECOND, THIRD = RowCodec({1: ACCOUNT_1}), RowCodec({2: ACCOUNT_2}), RowCodec({3: ACCOUNT_3})
UNKNOWN = {"program_elicitation"}
"""What no earlier row says: sums that begin anew."""
EARLIER_LINKS = RowCodec({2: LINK_2})


@long
def test_a_policy_changes_in_the_middle_of_traffic(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage()
    worker = stage.prepare()
    requests = stage.world.requests
    document = level_1_policy()
    throttle = document.ladder.throttle.model_copy(update={"risk": 0.7, "active_hours": 6})
    ladder = document.ladder.model_copy(update={"throttle": throttle})
    changed = policy_record(
        document.model_copy(update={"ladder": ladder}),
        "changed",
        event_time(requests[HISTORY + 2 * AHEAD][1]),
    )
    with stage.traffic(RATE).flowing() as traffic:
        worker.until(lambda: traffic.sent > HISTORY + AHEAD, "half of the way")
        stage.publish(changed)
        worker.until(lambda: traffic.sent > HISTORY + 5 * AHEAD, "as much under the new policy")
    stage.until_read("requests.v1", worker)
    assert worker.stop() == 0, worker.last_words()
    prove(stage, requests[: traffic.sent], policies=[changed])
    judged = {action["policy_version"] for action in stage.actions()}
    assert judged == {"preloaded", "changed"}


@long
def test_rows_of_earlier_releases_in_the_changelog(new_stage: Callable[..., Stage]) -> None:
    """A worker leaves, and another finds every row as earlier releases wrote it."""
    stage = new_stage()
    worker = stage.prepare()
    with stage.traffic(RATE).flowing() as traffic:
        folding(worker, HISTORY)
        assert worker.stop() == 0, worker.last_words()
        accounts = _rewrite(stage, "accounts", _as_earlier_account)
        links = _rewrite(stage, "links", _as_earlier_link)
        worker = stage.start()
        worker.until_ready()
        folding(worker)
    stage.until_read("requests.v1", worker)
    assert worker.stop() == 0, worker.last_words()
    print(f"rows rewritten: {accounts} accounts, {links} links")
    assert accounts > 1_000
    prove(stage, stage.world.requests[: traffic.sent], apart=UNKNOWN)


def _rewrite(stage: Stage, table: str, rewritten: Callable[[bytes, bytes], bytes]) -> int:
    """Write every row of a table again as an earlier release did; returns how many."""
    topic = f"{stage.app_id}-{table}-changelog"
    newest: dict[tuple[int, bytes], bytes | None] = {}
    for message in stage.kafka.read_to_end(topic):
        newest[message.partition(), bytes(message.key() or b"")] = message.value()  # type: ignore[assignment]
    count = 0
    for partition in range(stage.partitions):
        pairs = [
            (key, rewritten(key, value))
            for (number, key), value in newest.items()
            if number == partition and value is not None and key != HEADER_KEY
        ]
        stage.kafka.produce(topic, pairs, partition=partition)
        count += len(pairs)
    return count


def _as_earlier_account(key: bytes, value: bytes) -> bytes:
    assert value[0] == ACCOUNT_VERSION, "the newest layout"
    row = ACCOUNT_CODEC.decode(value)
    # The first layout knew no verdicts' offsets, and the second neither rings nor webs: a row with
    # one would not be the same.
    if row["ring"] or row["web"]:
        return _written(THIRD, key, row)
    return _written(SECOND if row["verdict_offset"] else FIRST, key, row)


def _as_earlier_link(key: bytes, value: bytes) -> bytes:
    assert value[0] == LINK_VERSION, "the newest layout"
    return _written(EARLIER_LINKS, key, LINK_CODEC.decode(value))


def _written(codec: RowCodec, key: bytes, row: np.void) -> bytes:
    store = ColumnStore(codec.row_dtype, limit=1)
    kept = store.views().rows[store.add(key)]
    for name in codec.row_dtype.names or ():
        if name in (row.dtype.names or ()) and name not in ("hash", "id_at", "id_length"):
            width = np.shape(kept[name])
            kept[name] = row[name][: width[0]] if width else row[name]
    ((_, value),) = codec.encode(store, store.slots())
    return value
