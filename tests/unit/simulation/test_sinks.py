import gzip
from pathlib import Path

import cramjam
import orjson
import pytest

from app.simulation.campaigns import Naive
from app.simulation.pace import Pace
from app.simulation.population import Population
from app.simulation.to_files import label_lines, lines_to
from app.simulation.to_topic import TopicWriter, UndeliveredError


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def pace(**limits: float) -> tuple[Pace, Clock]:
    clock = Clock()
    return Pace(**limits, clock=clock, sleep=clock.sleep), clock


def test_a_rate_holds_back_records() -> None:
    limited, clock = pace(rate=1_000.0)
    for sent in (0, 500, 2_000):
        limited.wait(sent, 0.0)
    assert clock.now == pytest.approx(102.0)


def test_a_speed_holds_back_simulated_time() -> None:
    limited, clock = pace(speed=3_600.0)
    limited.wait(0, 0.0)
    limited.wait(10, 7_200_000.0)
    assert clock.now == pytest.approx(102.0)


def test_of_two_limits_the_tighter_holds() -> None:
    limited, clock = pace(rate=10.0, speed=1.0)
    limited.wait(0, 0.0)
    limited.wait(100, 2_000.0)
    assert clock.now == pytest.approx(110.0)
    limited.wait(101, 32_000.0)
    assert clock.now == pytest.approx(140.0)


def test_a_stream_that_was_held_up_goes_on_at_its_pace() -> None:
    limited, clock = pace(rate=10.0)
    limited.wait(0, 0.0)
    clock.now += 60.0
    limited.wait(100, 0.0)
    assert clock.now == pytest.approx(160.0)
    limited.wait(200, 0.0)
    assert clock.now == pytest.approx(170.0, abs=1.0)


def test_without_limits_nothing_waits() -> None:
    limited, clock = pace()
    limited.wait(10**9, 1e15)
    assert clock.now == 100.0


@pytest.mark.parametrize("limits", [{"rate": 0.0}, {"speed": -1.0}])
def test_impossible_paces_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Pace(**limits)


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_files_hold_every_line_whatever_their_compression(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"requests.ndjson{suffix}"
    expected = b"".join(b'{"line":%d}\n' % number for number in range(1_000))
    with lines_to(path) as sink:
        for begin in range(0, len(expected), 777):
            sink.write(expected[begin : begin + 777])
        assert not path.exists()
    read = {
        "": bytes,
        ".gz": gzip.decompress,
        ".zst": lambda data: bytes(cramjam.zstd.decompress(data)),
    }[suffix]
    assert read(path.read_bytes()) == expected
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_cut_short_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "requests.ndjson.gz"
    path.write_bytes(b"what was there before")

    def break_off() -> None:
        with lines_to(path) as sink:
            sink.write(b"half\n")
            raise RuntimeError("broke")

    with pytest.raises(RuntimeError, match="broke"):
        break_off()
    assert path.read_bytes() == b"what was there before"
    assert list(tmp_path.iterdir()) == [path]


def test_labels_are_one_line_an_account() -> None:
    population = Population(5, 20, Naive(accounts=4, requests_per_day=100.0), days=0.25)
    for _ in population.batches():
        pass
    rows = [orjson.loads(line) for line in label_lines(population.labels).splitlines()]
    assert len(rows) == 24
    assert [row["account_id"] for row in rows] == sorted(population.account_ids)
    fraudulent = [row for row in rows if row["fraudulent"]]
    assert [row["archetype"] for row in fraudulent] == ["naive"] * 4
    assert all(row["attack_requests"] == row["requests"] > 0 for row in fraudulent)
    assert all(row["attack_requests"] == 0 for row in rows if not row["fraudulent"])


def test_a_broker_that_is_not_there_is_an_error_and_not_a_loss() -> None:
    writer = TopicWriter(
        {"bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 300, "log_level": 0}
    )
    writer.send("requests", [b"key"], [b"value"])
    with pytest.raises(UndeliveredError, match="1 records failed"):
        writer.flush()
