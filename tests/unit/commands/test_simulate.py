import gzip
from collections.abc import Iterator
from pathlib import Path

import cramjam
import orjson
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from typer.testing import CliRunner

from app.broker import EmbeddedBroker
from app.cli import app
from app.commands import simulate
from app.commands.simulate import CampaignName
from app.events.framing import decode
from app.events.profiles import Profile
from app.events.record import Record
from app.events.requests import Request
from app.kafka.admin import BrokerUnreachable
from app.settings import Settings
from app.simulation.campaigns import LADDER

SMALL = ("--accounts", "60", "--campaign-accounts", "5", "--days", "0.1", "--json")
PARTITIONS = 3


@pytest.fixture(scope="module")
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as running:
        yield running


def run(*arguments: str) -> dict[str, int]:
    result = CliRunner().invoke(app, ["simulate", *arguments])
    assert result.exit_code == 0, result.output
    summary: dict[str, int] = orjson.loads(result.stdout.splitlines()[-1])
    return summary


def create(broker: EmbeddedBroker, prefix: str) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    names = [f"{prefix}requests.v1", f"{prefix}profiles.v1"]
    for future in admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names]).values():
        future.result()


def read(broker: EmbeddedBroker, topic: str, kind: type[Record]) -> list[tuple[int, bytes, Record]]:
    consumer = Consumer(
        {
            "bootstrap.servers": broker.bootstrap,
            "group.id": "unused",
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
    found, ends = [], 0
    while ends < PARTITIONS:
        [message] = consumer.consume(1, 10.0)
        if message.error() is not None:
            ends += 1
        else:
            record = decode(kind, message.value())
            found.append((message.partition(), message.key(), record))
    consumer.close()
    return found


def test_the_choices_are_the_ladders() -> None:
    assert {name.value for name in CampaignName} == {"none", *LADDER}


def test_files_hold_what_the_summary_says(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("r.ndjson.zst", "p.ndjson.gz", "l.ndjson")]
    summary = run(
        *SMALL,
        *("--requests", str(paths[0]), "--profiles", str(paths[1]), "--labels", str(paths[2])),
    )
    requests = bytes(cramjam.zstd.decompress(paths[0].read_bytes())).splitlines()
    profiles = gzip.decompress(paths[1].read_bytes()).splitlines()
    labels = [orjson.loads(line) for line in paths[2].read_bytes().splitlines()]
    assert len(requests) == summary["requests"] > 100
    assert len(labels) == summary["accounts"] == 65
    assert len(profiles) == summary["profiles"] >= 65  # some change on the way
    assert sum(label["fraudulent"] for label in labels) == summary["fraudulent_accounts"] == 5
    assert sum(label["attack_requests"] for label in labels) == summary["attack_requests"] > 0
    known = {Profile.from_json(line).account_id for line in profiles}
    assert len(known) == 65
    assert {Request.from_json(line).account_id for line in requests} <= known


def test_the_same_seed_writes_the_same_file(tmp_path: Path) -> None:
    files = [tmp_path / "one", tmp_path / "two", tmp_path / "three"]
    for file, seed in zip(files, ("4", "4", "5"), strict=True):
        run(*SMALL, "--requests", str(file), "--seed", seed)
    one, two, three = (file.read_bytes() for file in files)
    assert one == two != three


@pytest.mark.parametrize("encoding", ["json", "avro"])
def test_topics_hold_every_record_on_the_partition_of_its_key(
    broker: EmbeddedBroker, encoding: str
) -> None:
    prefix = f"to-{encoding}."
    create(broker, prefix)
    summary = run(
        *SMALL,
        *("--days", "0.02"),
        *("--bootstrap-servers", broker.bootstrap, "--topic-prefix", prefix),
        *("--encoding", encoding, "--embedded-broker"),
    )
    requests = read(broker, f"{prefix}requests.v1", Request)
    profiles = read(broker, f"{prefix}profiles.v1", Profile)
    assert len(requests) == summary["requests"]
    assert len(profiles) == summary["profiles"]
    places: dict[bytes, set[int]] = {}
    for partition, key, record in (*requests, *profiles):
        assert record.record_key().encode() == key
        places.setdefault(key, set()).add(partition)
    assert all(len(partitions) == 1 for partitions in places.values())
    assert all(partitions == {murmur2(key) % PARTITIONS} for key, partitions in places.items())


def murmur2(key: bytes) -> int:
    """Kafka's own partitioner hash, sign bit cleared, as its Java client has it."""
    mask = 0xFFFFFFFF
    h = 0x9747B28C ^ len(key)
    whole = len(key) // 4 * 4
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at : at + 4], "little") * 0x5BD1E995 & mask
        k = (k ^ k >> 24) * 0x5BD1E995 & mask
        h = (h * 0x5BD1E995 & mask) ^ k
    for at in reversed(range(whole, len(key))):
        h ^= key[at] << 8 * (at - whole)
    if len(key) % 4:
        h = h * 0x5BD1E995 & mask
    h = (h ^ h >> 13) * 0x5BD1E995 & mask
    return (h ^ h >> 15) & 0x7FFFFFFF


def test_a_campaign_can_be_scaled_and_hidden_behind_cover(tmp_path: Path) -> None:
    summary = run(
        *("--accounts", "60", "--days", "1", "--json", "--requests", str(tmp_path / "r.parquet")),
        *("--campaign", "unlinked", "--scale", "0.002", "--share", "25"),
        *("--share-mode", "fixed_extraction", "--heaviest", "200", "--campaign-days", "0.5"),
    )
    assert summary["fraudulent_accounts"] == 50
    # Half a day of 25.6 each: with a fixed total it would be a quarter of that.
    assert summary["attack_requests"] == pytest.approx(50 * 12.8, rel=0.25)


def test_no_campaign_is_a_campaign_of_nobody(tmp_path: Path) -> None:
    summary = run(
        *("--accounts", "40", "--days", "0.1", "--campaign", "none", "--json"),
        *("--requests", str(tmp_path / "r.ndjson")),
    )
    assert summary["fraudulent_accounts"] == summary["attack_requests"] == 0
    assert summary["accounts"] == 40


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("--profiles", "p.ndjson"), 2, "goes with --requests"),
        (("--requests", "r.ndjson", "--encoding", "avro"), 2, "files are NDJSON"),
        (("--scale", "0.1", "--campaign-accounts", "9"), 2, "both say how many"),
        (("--share", "25", "--attack-share", "0.5"), 2, "both say how much"),
        (("--requests", "absent/r.ndjson"), 1, "reflux: absent/r.ndjson: No such file"),
        (("--requests", "absent/r.parquet"), 1, "absent/r.parquet'"),
        (("--start", "2025-01-06T00:30:00Z", "--requests", "r.ndjson"), 2, "full hour"),
        (("--accounts", "0", "--campaign", "none", "--requests", "r"), 2, "at least one account"),
    ],
)
def test_what_cannot_be_done_says_why(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["simulate", "--days", "0.1", *arguments])
    assert result.exit_code == code
    assert complaint in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_missing_topics_are_named_with_the_remedy(broker: EmbeddedBroker) -> None:
    result = CliRunner().invoke(
        app,
        ["simulate", "--topic-prefix", "no.", "--bootstrap-servers", broker.bootstrap],
    )
    assert result.exit_code == 5
    assert "no.requests.v1" in result.stderr
    assert "reflux topics apply" in result.stderr


def test_no_broker_is_exit_code_3(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_settings: Settings) -> None:
        raise BrokerUnreachable("no broker answered")

    monkeypatch.setattr(simulate, "Cluster", nobody)
    result = CliRunner().invoke(app, ["simulate", "--days", "0.01"])
    assert result.exit_code == 3
    assert "reflux: no broker answered" in result.stderr
