"""Recorded traffic decides alike in every format, and what is broken is told and not fatal."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import cramjam
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.events.specs import REQUESTS
from app.kernels import columns as c
from app.policy.load import default_policy
from app.replay.backtest import Recorder, Summary, Trial, backtest
from app.replay.batches import Batch
from app.replay.files import PRO_RECORDED_AT, read_profiles, read_requests
from app.replay.listener import Decision
from app.replay.merge import merge
from app.replay.ndjson import decode_lines
from app.replay.parquet import UnreadableFile
from app.replay.recording import Letter, Recording
from tests.unit.replay.world import columns_of, small_world

BLOCK = 1 << 20


def table(lines: bytes) -> pa.Table:
    return pa.Table.from_pylist([orjson.loads(line) for line in lines.splitlines()])


def write(path: Path, lines: bytes) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(table(lines), path)
    elif path.suffix == ".gz":
        half = len(lines) // 2
        path.write_bytes(gzip.compress(lines[:half], 1) + gzip.compress(lines[half:], 1))
    elif path.suffix == ".zst":
        path.write_bytes(bytes(cramjam.zstd.compress(lines)))
    else:
        path.write_bytes(lines)
    return path


def run(requests: list[Path], profiles: list[Path], **options: int) -> tuple[list[bytes], Summary]:
    decisions: list[bytes] = []

    def decided(decision: Decision) -> None:
        assert decision.record is not None
        decisions.append(decision.record.encode().value)

    recording = Recording(requests, profiles, read_bytes=options.pop("read_bytes", BLOCK))
    trial = Trial(default_policy(), Recorder(recording, decided))
    (summary,) = backtest(recording, [trial], partitions=2)
    return decisions, summary


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("recorded")
    world = small_world()
    return (
        write(folder / "requests.ndjson", world.request_lines),
        write(folder / "profiles.ndjson", world.profile_lines),
    )


@pytest.fixture(scope="module")
def expected(plain: tuple[Path, Path]) -> list[bytes]:
    decisions, summary = run([plain[0]], [plain[1]])
    assert decisions
    assert summary.requests == len(small_world().rows)
    assert summary.dead_letters == {}
    return decisions


@pytest.mark.parametrize("suffix", [".ndjson.gz", ".ndjson.zst", ".parquet"])
def test_every_format_gives_the_same_decisions(
    suffix: str, plain: tuple[Path, Path], expected: list[bytes], tmp_path: Path
) -> None:
    paths = [write(tmp_path / (path.stem + suffix), path.read_bytes()) for path in plain]
    decisions, summary = run([paths[0]], [paths[1]])
    assert decisions == expected
    assert summary.requests == len(small_world().rows)


def test_how_a_file_is_read_changes_nothing(
    plain: tuple[Path, Path], expected: list[bytes]
) -> None:
    assert run([plain[0]], [plain[1]], read_bytes=100_003)[0] == expected


def test_files_cut_by_time_come_together_in_any_order(
    plain: tuple[Path, Path], expected: list[bytes], tmp_path: Path
) -> None:
    lines = plain[0].read_bytes().splitlines(keepends=True)
    third = len(lines) // 3
    pieces = [lines[:third], lines[third : 2 * third], lines[2 * third :]]
    paths = [write(tmp_path / f"{i}.ndjson", b"".join(part)) for i, part in enumerate(pieces)]
    # Records that came a little late begin a file behind the end of the one before: sorted, the
    # same requests are in a slightly different order, which may not matter to whom is acted on.
    together, summary = run([paths[2], paths[0], paths[1]], [plain[1]])
    assert summary.requests == len(lines)

    def acted(records: list[bytes]) -> set[tuple[str, str]]:
        return {(r["account_id"], r["action"]) for r in map(orjson.loads, records)}

    assert acted(together) == acted(expected)


def test_a_gateway_each_merges_by_time_and_however_it_is_read() -> None:
    world = small_world()
    order = np.argsort(world.rows["ts"], kind="stable")
    rows = world.rows[order]
    sorted_world = world._replace(rows=rows)

    def source(number: int, size: int) -> Iterator[Batch]:
        mine = sorted_world._replace(rows=rows[number::3])
        numbers = np.arange(number, len(rows), 3)
        for i, batch in enumerate(columns_of(mine, size)[1]):
            yield batch._replace(origin=numbers[i * size : i * size + batch.size])

    for sizes in ((500, 500, 500), (64, 4_000, 999)):
        merged = list(merge([source(number, size) for number, size in enumerate(sizes)]))
        origins = np.concatenate([batch.origin for batch in merged])
        times = np.concatenate([batch.decoded.values[:, c.REQ_TS] for batch in merged])
        assert sorted(origins.tolist()) == list(range(len(rows)))
        assert (np.diff(times) >= 0).all()
        ties = np.concatenate([[True], np.diff(times) > 0])
        # Of the same time the file named first comes first.
        assert ((origins[1:] % 3 >= origins[:-1] % 3) | ties[1:]).all()
        keys = [
            bytes(batch.framed.data[start : start + length])
            for batch in merged
            for start, length in batch.framed.frames[:, [2, 3]].tolist()
        ]
        ids = world.population.account_ids
        assert keys == [ids[account].encode() for account in rows["account"][origins]]


def broken(lines: list[bytes]) -> list[tuple[int, bytes, str, str | None]]:
    """(place, line, reason, field): what may be wrong with a line."""
    good = orjson.loads(lines[0])

    def changed(**fields: object) -> bytes:
        return orjson.dumps({**good, **fields})

    without = {name: value for name, value in good.items() if name != "turn"}
    return [
        (3, b"not json", "unknown_framing", None),
        (4, b'{"event_id": ', "malformed", None),
        (7, orjson.dumps(without), "missing_field", "turn"),
        (8, changed(status="ok"), "wrong_type", "status"),
        (9, changed(proxy=1.5), "out_of_range", "proxy"),
        (11, changed(padding="x" * 70_000), "oversize", None),
        (12, b"\0\0\0\0\1binary", "unknown_schema", None),
        (13, b"\xff\xfe", "unknown_framing", None),
    ]


def test_bad_lines_are_dead_letters_with_their_numbers(tmp_path: Path) -> None:
    lines = small_world().request_lines.splitlines()[:40]
    bad = broken(lines)
    for place, line, _, _ in bad:
        lines.insert(place, line)
    lines.insert(20, b"")  # passed over, and counted as a line
    path = tmp_path / "bad.ndjson"
    path.write_bytes(b"\r\n".join(lines))  # the last line has no line feed
    letters: list[Letter] = []
    recording = Recording([path], buried=letters.append, read_bytes=10_000)
    (summary,) = backtest(recording, [Trial(default_policy(), Recorder(recording))], partitions=1)
    assert [(x.line, x.reason, x.field) for x in letters] == [
        (place + 1, reason, field) for place, _, reason, field in bad
    ]
    assert {letter.file for letter in letters} == {str(path)}
    assert summary.requests == 48
    dead = sum(summary.dead_letters.values())
    assert summary.requests == summary.folded + summary.duplicates + dead


def test_parquet_is_held_to_the_same_rules(tmp_path: Path) -> None:
    lines = small_world().request_lines.splitlines()[:20]
    records = [orjson.loads(line) for line in lines]
    records[2]["account_id"] = None
    records[3]["proxy"] = -0.5
    records[4]["prompt_simhash"] = "ABCDEF0123456789"
    records[5]["event_id"] = ""
    records[6]["task"] = "never heard of"
    records[7]["account_id"] = "é" * 64
    records[8]["account_id"] = "é" * 65
    records[9]["turn"] = 0
    path = tmp_path / "requests.parquet"
    pq.write_table(pa.Table.from_pylist(records), path)
    (block,) = read_requests(path)
    lined = decode_lines(b"\n".join(map(orjson.dumps, records)), REQUESTS)
    told, expected = (
        {
            n: (code, field)
            for n, code, field in zip(b.bad.tolist(), b.codes.tolist(), b.fields, strict=True)
        }
        for b in (block, lined)
    )
    assert {n: f for n, (_, f) in told.items()} == {n: f for n, (_, f) in expected.items()}
    # JSON tells a null from an absent field, Parquet does not.
    assert {n: r for n, r in told.items() if n != 3} == {
        n: r for n, r in expected.items() if n != 3
    }
    assert block.good.origin.tolist() == lined.good.origin.tolist()
    texts = (c.REQ_ACCOUNT_ID, c.REQ_MODEL_TEXT)
    compared = [i for i in range(c.REQ_WIDTH) if i not in texts]
    np.testing.assert_array_equal(
        block.good.decoded.values[:, compared], lined.good.decoded.values[:, compared]
    )
    np.testing.assert_array_equal(block.good.decoded.present, lined.good.decoded.present)


@pytest.mark.parametrize("name", ["requests.ndjson.gz", "requests.ndjson.zst", "requests.parquet"])
def test_a_file_that_ends_too_early_is_told_of(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name, b"\n".join(small_world().request_lines.splitlines()[:3_000]))
    path.write_bytes(path.read_bytes()[:-1_000])
    with pytest.raises(UnreadableFile, match="requests"):
        for _ in read_requests(path):
            pass


def test_a_column_of_another_type_is_told_of(tmp_path: Path) -> None:
    lines = small_world().request_lines.splitlines()[:3]
    whole = table(b"\n".join(lines))
    path = tmp_path / "requests.parquet"
    pq.write_table(whole.drop_columns(["ts"]), path)
    with pytest.raises(UnreadableFile, match="no column ts"):
        list(read_requests(path))
    strings = pa.array(["soon"] * 3)
    pq.write_table(whole.set_column(whole.schema.get_field_index("ts"), "ts", strings), path)
    with pytest.raises(UnreadableFile, match="column ts has the type string"):
        list(read_requests(path))


def test_profiles_may_say_when_they_were_recorded(tmp_path: Path) -> None:
    line = orjson.loads(small_world().profile_lines.splitlines()[0])
    lines = [orjson.dumps(line), orjson.dumps({**line, "recorded_at": 1_736_121_600_000})]
    path = tmp_path / "profiles.ndjson"
    path.write_bytes(b"\n".join(lines) + b"\n")
    (block,) = read_profiles(path)
    recorded = block.good.decoded.values[:, PRO_RECORDED_AT]
    assert recorded.tolist() == [0, 1_736_121_600_000]


def test_keys_with_escapes_are_keys(tmp_path: Path) -> None:
    line = orjson.loads(small_world().request_lines.splitlines()[0])
    text = orjson.dumps({**line, "account_id": "ZZ"}).replace(b'"ZZ"', rb'"caf\u00e9 \"1\""')
    block = decode_lines(text + b"\n" + orjson.dumps(line), REQUESTS)
    keys = [
        bytes(block.good.framed.data[start : start + length]).decode()
        for start, length in block.good.framed.frames[:, [2, 3]].tolist()
    ]
    assert keys == ['café "1"', line["account_id"]]
