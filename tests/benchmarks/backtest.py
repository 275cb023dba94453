"""A backtest of a day of recorded traffic: NDJSON lines to decisions, sightings and links included.

Measured in CPU seconds of the one thread that a backtest has, so that a busy machine does not
decide, from the opened files to the last decision.
"""

import time
from pathlib import Path
from statistics import median
from typing import Any

from app.policy.load import default_policy
from app.replay.backtest import Recorder, Trial, backtest
from app.replay.recording import Recording
from app.simulation.encode import ProfileEncoder, RequestEncoder
from app.simulation.population import Population

ACCOUNTS = 30_000
ROUNDS = 3


def measure(folder: Path, scale: float) -> dict[str, Any]:
    requests, profiles = _record(folder, max(int(ACCOUNTS * scale), 300))
    _run(requests, profiles)  # compiled from here on
    rates = [_run(requests, profiles) for _ in range(ROUNDS)]
    return {"backtest_requests_per_s": round(median(rates))}


def _record(folder: Path, accounts: int) -> tuple[Path, Path]:
    """A day of traffic as files of requests and of profiles."""
    population = Population(1, accounts)
    requests, profiles = folder / "requests.ndjson", folder / "profiles.ndjson"
    lines, known = RequestEncoder(population), ProfileEncoder(population)
    with requests.open("wb") as to_requests, profiles.open("wb") as to_profiles:
        to_profiles.write(known.lines(population.profiles()))
        for batch in population.batches():
            to_requests.write(lines.lines(batch.rows))
            to_profiles.write(known.lines(batch.created))
    return requests, profiles


def _run(requests: Path, profiles: Path) -> float:
    recording = Recording([requests], [profiles])
    started = time.process_time()
    (summary,) = backtest(recording, [Trial(default_policy(), Recorder(recording))])
    return summary.requests / (time.process_time() - started)
