"""A whole worker, as a process, on a real broker: what goes in, what comes out, what is counted."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from app.kernels import reasons
from app.policy.load import default_policy
from tests.integration import registry
from tests.integration.bad_records import bad_requests, check_letter
from tests.integration.deployment import Deployment, request
from tests.integration.workers import Worker
from tests.kafka.cluster import Cluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

ACCOUNTS_PER_PARTITION = 300
FULL = 3
"""The partition that a test fills with accounts; the others' accounts are on the rest."""
REST = (0, 1, 2)
LETTERS = 100
"""Letters for `state_full` in one checkpoint before the rest share a summary."""
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def deployment(kafka: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with registry.registry() as url:
        deployment = Deployment(
            kafka,
            "worker",
            tmp_path_factory.mktemp("worker"),
            max_accounts_per_partition=ACCOUNTS_PER_PARTITION,
            schema_registry_url=url,
        )
        try:
            yield deployment
        finally:
            deployment.close()


@pytest.fixture
def worker(deployment: Deployment) -> Worker:
    """The deployment's worker, ready: the same one for all tests that leave it running."""
    running = [worker for worker in deployment.workers if worker.process.poll() is None]
    worker = running[0] if running else deployment.start()
    worker.until_ready()
    return worker


def send(deployment: Deployment, *requests: dict[str, Any], **settings: Any) -> None:
    deployment.kafka.produce(
        deployment.topic("requests.v1"),
        [(one["account_id"], orjson.dumps(one)) for one in requests],
        **settings,
    )


class Accounting:
    """What the durable counters of requests have grown by."""

    def __init__(self, deployment: Deployment, worker: Worker) -> None:
        self._deployment, self._worker = deployment, worker
        deployment.settle(worker)
        self._before = deployment.counters()

    def grown(self) -> dict[str, int]:
        self._deployment.settle(self._worker)
        now = self._deployment.counters()
        names = ("in", "folded", "duplicates", "dead")
        grown = {n: now[f"requests.{n}"] - self._before[f"requests.{n}"] for n in names}
        assert grown["in"] == grown["folded"] + grown["duplicates"] + grown["dead"]
        return grown


# What goes in.


def test_both_framings_and_every_codec_are_counted_exactly(
    deployment: Deployment, worker: Worker
) -> None:
    accounting = Accounting(deployment, worker)
    topic = deployment.topic("requests.v1")
    sent = repeated = 0
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        records: list[tuple[str, bytes]] = []
        for account in deployment.accounts(f"codec-{codec}", 20, REST):
            events = [request(account, f"{account}-{number}") for number in range(3)]
            records.append((account, orjson.dumps(events[0])))
            records.append((account, registry.framed(events[1], registry.SHIPPED)))
            records.append((account, registry.framed(events[2], registry.EVOLVED)))
            # Once more, in the other framing: it is the event that is known again.
            records.append((account, orjson.dumps(events[1])))
        deployment.kafka.produce(topic, records, compression_type=codec, linger_ms=50)
        sent += len(records)
        repeated += 20
    assert accounting.grown() == {
        "in": sent,
        "folded": sent - repeated,
        "duplicates": repeated,
        "dead": 0,
    }


def test_a_registry_that_is_away_holds_up_the_topic_that_needs_it_alone(
    deployment: Deployment, worker: Worker
) -> None:
    accounting = Accounting(deployment, worker)
    one, other = deployment.accounts("away", 2, REST)
    topic = deployment.topic("requests.v1")
    with registry.away():
        send(deployment, request(one, "before"))
        framed = [registry.framed(request(one, f"avro-{n}"), registry.ANOTHER) for n in range(3)]
        deployment.kafka.produce(topic, [(one, value) for value in framed])
        send(deployment, request(one, "after"))
        awaited = ("reflux_schemas_awaited", topic)
        worker.until(lambda: worker.metric(awaited[0], topic=awaited[1]) == 1, "the look-up", 20)
        # Longer than the session timeout: a loop that is blocked would lose its partitions.
        until = time.monotonic() + 8
        slowest = 0.0
        while time.monotonic() < until:
            asked = time.monotonic()
            assert worker.status("/readyz") == 200
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.1)
        deployment.reflux("operator", "suspend", other, "--operator", "o", "--reason", "a test")
        worker.until(
            lambda: any(action["account_id"] == other for action in deployment.actions()),
            "an operator to be heard meanwhile",
            20,
        )
        assert worker.metric(awaited[0], topic=awaited[1]) == 1
    assert slowest < 2.0
    assert accounting.grown() == {"in": 5, "folded": 5, "duplicates": 0, "dead": 0}
    assert worker.metric(awaited[0], topic=awaited[1]) == 0


def test_aborted_requests_are_unseen(deployment: Deployment, worker: Worker) -> None:
    accounting = Accounting(deployment, worker)
    accounts = deployment.accounts("transaction", 12, REST)
    producer = deployment.kafka.producer(transactional_id=deployment.kafka.unique("gateway"))
    producer.init_transactions(30)
    for number in range(4):
        producer.begin_transaction()
        events = [request(account, f"{account}-{number}") for account in accounts]
        send(deployment, *events, producer=producer)
        (producer.commit_transaction if number % 2 else producer.abort_transaction)(30)
    # The last of the log is a commit marker; positions move over it.
    assert accounting.grown() == {"in": 24, "folded": 24, "duplicates": 0, "dead": 0}


# What cannot be read.


def letters(deployment: Deployment) -> dict[str, dict[str, Any]]:
    return {
        (message.key() or b"").decode(): orjson.loads(message.value() or b"")
        for message in deployment.read("dead-letters.v1")
    }


def test_bad_requests_are_dead_letters_and_others_go_on(
    deployment: Deployment, worker: Worker
) -> None:
    accounting = Accounting(deployment, worker)
    topic = deployment.topic("requests.v1")
    bad, good = deployment.accounts("bad", 2, (0,))
    expected = bad_requests(bad)
    records: list[tuple[str, bytes | None]] = []
    for number, (_, value) in enumerate(expected.values()):
        records.append((good, orjson.dumps(request(good, f"good-{number}"))))
        records.append((bad, value))
    # One log, in this order: the good ones are what the bad ones' neighbours are.
    places = deployment.kafka.produce(topic, records, linger_ms=50)
    strayed = orjson.dumps(request(good, "strayed"))
    places += deployment.kafka.produce(topic, [(good, strayed)], partition=1)
    assert accounting.grown() == {
        "in": len(records) + 1,
        "folded": len(expected),
        "duplicates": 0,
        "dead": len(expected) + 1,
    }
    found = letters(deployment)
    for (reason, (field, value)), place in zip(expected.items(), places[1::2], strict=False):
        letter = found[f"{topic}:{place.partition}:{place.offset}"]
        assert (letter["reason"], letter["field"]) == (reason, field)
        check_letter(letter, place, bad, value)
    stray = found[f"{topic}:{places[-1].partition}:{places[-1].offset}"]
    assert stray["reason"] == "wrong_partition"
    check_letter(stray, places[-1], good, strayed)
    told = {*expected, "wrong_partition", "state_full"}
    assert told == set(reasons.NAMES) - {"ok", "slow"}, "a reason that no record here has"
    for reason in (*expected, "wrong_partition"):
        worker.until(
            lambda r=reason: worker.metric("reflux_dead_letters_total", topic=topic, reason=r) >= 1,
            f"the metric of {reason}",
        )


def test_bad_profiles_and_commands_are_dead_letters_too(
    deployment: Deployment, worker: Worker
) -> None:
    (account,) = deployment.accounts("bad-control", 1, REST)
    profile = {"account_id": account, "created_at": 1, "tier": "gold", "verification": "card"}
    command = {"command": "suspend", "account_id": account, "operator": "o", "issued_at": 1}
    for name, field, document in (
        ("profiles.v1", "tier", profile),
        ("operators.v1", "reason", command),
    ):
        topic, value = deployment.topic(name), orjson.dumps(document)
        (place,) = deployment.kafka.produce(topic, [(account, value)])
        deployment.settle(worker)
        letter = letters(deployment)[f"{topic}:{place.partition}:{place.offset}"]
        assert letter["field"] == field
        check_letter(letter, place, account, value)
    counters = deployment.counters()
    for name in ("profiles", "operators"):
        assert counters[f"{name}.dead"] == 1
        kept = counters[f"{name}.applied"] + counters[f"{name}.stale"]
        assert counters[f"{name}.in"] == kept + 1


def test_a_full_partition_takes_no_new_account_and_says_so(
    deployment: Deployment, worker: Worker
) -> None:
    accounting = Accounting(deployment, worker)
    beyond = LETTERS + 50
    accounts = deployment.accounts("crowd", ACCOUNTS_PER_PARTITION + beyond, (FULL,))
    send(deployment, *(request(account, account) for account in accounts))
    # The old ones go on.
    send(deployment, request(accounts[0], "again"))
    assert accounting.grown() == {
        "in": len(accounts) + 1,
        "folded": ACCOUNTS_PER_PARTITION + 1,
        "duplicates": 0,
        "dead": beyond,
    }
    full = [letter for letter in letters(deployment).values() if letter["reason"] == "state_full"]
    assert sum(letter["count"] for letter in full) == beyond
    assert LETTERS <= len(full) <= beyond


# What operators decide.


def test_operators_are_heard_by_every_kind_of_consumer(
    deployment: Deployment, worker: Worker
) -> None:
    bad, slow, calm = deployment.accounts("operated", 3, REST)
    decide = ("operator",)
    who = ("--operator", "on-call", "--reason", "a test")
    per_minute = ("--requests-per-minute", "6", "--tokens-per-minute", "20000")
    deployment.reflux(*decide, "suspend", bad, *who, "--for", "7d")
    deployment.reflux(*decide, "throttle", slow, *who, *per_minute)
    deployment.reflux(*decide, "release", bad, *who)
    deployment.reflux(*decide, "exempt", slow, *who, "--for", "3d")
    deployment.reflux(*decide, "suspend", calm, *who)
    deployment.settle(worker)

    topic = deployment.topic("enforcements.v1")
    messages = deployment.read("enforcements.v1")
    assert {tuple(message.headers() or ()) for message in messages} == {
        (("content-type", b"application/json"),)
    }
    actions = [orjson.loads(message.value() or b"") for message in messages]
    for message, action in zip(messages, actions, strict=True):
        assert message.key() == action["account_id"].encode()
        assert message.partition() == deployment.partition_of(action["account_id"])
    by_account = defaultdict(list)  # of all tests that share the deployment
    for action in actions:
        by_account[action["account_id"]].append(action)
    _check_standings(by_account, bad, slow, calm)

    count = len(actions)
    options = ("--topic", topic, "--from-beginning", "--max-messages", str(count))
    printed = deployment.kafka.cli("kafka-console-consumer", *options, "--timeout-ms", "30000")
    assert by_id(printed.splitlines()) == by_id(actions)
    tailed = deployment.reflux("tail", "--from-beginning", "--json", "--limit", str(count))
    assert by_id(tailed.splitlines()) == by_id(actions)

    standing = {one["account_id"]: one for one in deployment.actions("enforcement-state.v1")}
    assert standing == {account: chain[-1] for account, chain in by_account.items()}
    assert deployment.actions("enforcements-shadow.v1") == []


def by_id(actions: list[Any]) -> dict[str, Any]:
    read = [orjson.loads(one) if isinstance(one, str) else one for one in actions]
    assert len({one["action_id"] for one in read}) == len(read)
    return {one["action_id"]: one for one in read}


def _check_standings(
    by_account: dict[str, list[dict[str, Any]]], bad: str, slow: str, calm: str
) -> None:
    kinds = {account: [one["action"] for one in chain] for account, chain in by_account.items()}
    assert kinds[bad] == ["suspend", "release"]
    assert kinds[slow] == ["throttle", "release"]
    assert kinds[calm] == ["suspend"]
    for chain in (by_account[account] for account in (bad, slow, calm)):
        sequences = [one["sequence"] for one in chain]
        assert sequences == sorted(set(sequences))
        replaced = [None, *(one["action_id"] for one in chain[:-1])]
        assert [one["supersedes"] for one in chain] == replaced
        for one in chain:
            assert one["actor"] == "on-call"
            assert one["source"]["topic"].endswith("operators.v1")
            assert "a test" in one["reasons"][0]["text"]
    first, limited = by_account[bad][0], by_account[slow][0]
    assert first["expires_at"] - first["issued_at"] == pytest.approx(7 * 24 * HOUR_MS, abs=60_000)
    assert limited["limit"] == {"requests_per_minute": 6, "tokens_per_minute": 20_000}
    assert by_account[calm][0]["expires_at"] is None


# Policy.


def test_a_policy_is_in_force_in_two_seconds_and_an_invalid_one_never(
    deployment: Deployment, worker: Worker, tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(deployment.reflux("policy", "show"))
    deployment.reflux("policy", "apply", str(file), "--version", "two", "--reason", "a test")
    worker.until(lambda: worker.metric("reflux_policy_info", version="two") == 1, "the policy", 20)
    (record,) = deployment.read("policy.v1")
    seen = said(worker, "policy in force", version="two")
    delay = datetime.fromisoformat(seen["timestamp"]).timestamp() - record.timestamp()[1] / 1000
    assert delay < 2.0

    document = default_policy().model_dump(mode="json")
    document |= {"version": "three", "author": "a", "reason": "r", "published_at": 1}
    document["ladder"]["throttle"]["risk"] = 7.0
    broken = orjson.dumps(document)
    deployment.kafka.produce(
        deployment.topic("policy.v1"), [("default", broken), ("default", b"no policy")]
    )
    worker.until(lambda: worker.metric("reflux_refused_policies_total") == 2, "the refusal", 20)
    refused = said(worker, "published policy refused: the one in force stays", in_force="two")
    assert "ladder.throttle.risk" in refused["error"]
    assert worker.metric("reflux_policy_info", version="two") == 1
    assert worker.metric("reflux_policy_info") == 1
    assert worker.status("/readyz") == 200


def said(worker: Worker, event: str, **fields: str) -> dict[str, Any]:
    """The first line of the worker's log that is about ``event``."""
    lines = [json.loads(line) for line in worker.log.read_text().splitlines() if line[:1] == "{"]
    return next(
        line for line in lines if line.get("message") == event and fields.items() <= line.items()
    )


# Life.


def test_a_worker_that_is_asked_to_stop_is_gone_on_from_exactly(
    deployment: Deployment, worker: Worker
) -> None:
    assert (worker.status("/healthz"), worker.status("/readyz")) == (200, 200)
    assert "# TYPE reflux_folded_requests_total counter" in worker.get("/metrics")
    accounting = Accounting(deployment, worker)
    accounts = deployment.accounts("life", 40, REST)
    events = [request(account, f"{account}-{n}") for n in range(50) for account in accounts]
    send(deployment, *events, linger_ms=1)
    # In the midst of it, or nearly: what it does not get to is left for the next one.
    assert worker.stop() == 0, worker.last_words()
    positions = deployment.positions()
    assert deployment.commits() == positions
    send(deployment, *(request(account, f"{account}-later") for account in accounts))

    following = deployment.start()
    codes: Counter[tuple[int | None, int | None]] = Counter()

    def ready() -> bool:
        codes[following.status("/healthz"), following.status("/readyz")] += 1
        return following.ready()

    following.until(ready, "the second worker to be ready")
    assert codes[200, 503] > 0, "a worker that starts is alive and not ready"
    assert {healthy for healthy, _ in codes} <= {None, 200}
    # `accounting` waits for the end of the logs through a worker that lives.
    accounting._worker = following
    total = len(events) + len(accounts)
    assert accounting.grown() == {"in": total, "folded": total, "duplicates": 0, "dead": 0}
    assert deployment.counters()["requests.resumed"] == 0
    topic = deployment.topic("requests.v1")
    left = sum(
        end - positions.get(place, 0) for place, end in deployment.ends("requests.v1").items()
    )
    following.until(
        lambda: following.metric("reflux_consumed_records_total", topic=topic) >= left, "the rest"
    )
    assert following.metric("reflux_consumed_records_total", topic=topic) == left


def test_group_offsets_follow_the_header_and_never_lead(
    deployment: Deployment, worker: Worker
) -> None:
    accounts = deployment.accounts("offsets", 10, REST)
    for number in range(10):
        send(deployment, *(request(account, f"{account}-{number}") for account in accounts))
        # Read in this order: a header read later can only be further on.
        commits, positions = deployment.commits(), deployment.positions()
        ahead = {place: at for place, at in commits.items() if at > positions.get(place, 0)}
        assert ahead == {}
    deployment.settle(worker)
    worker.until(lambda: deployment.commits() == deployment.positions(), "the commits", 60)
    assert deployment.ends().items() <= deployment.commits().items()
    described = deployment.kafka.cli(
        "kafka-consumer-groups", "--describe", "--group", deployment.app_id
    )
    heading, *lines = [line.split() for line in described.splitlines() if line.strip()]
    lag = heading.index("LAG")
    behind = {line[lag] for line in lines if line[1] == deployment.topic("requests.v1")}
    assert behind == {"0"}
