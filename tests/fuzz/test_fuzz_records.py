"""A short run of the fuzzers of everything else, and one of each from a seed that nobody chose."""

import time

import pytest

from tests.fuzz import fuzz_decode, fuzz_records
from tests.fuzz.fuzz_records import Fuzzer


def test_a_short_run_meets_both_outcomes_of_each_decoder() -> None:
    fuzzer = Fuzzer(seed=20_26)
    for _ in range(600):
        fuzzer.step()
    for decoder in fuzzer.decoders:
        outcomes = {name.partition(": ")[2] for name in fuzzer.seen if name.startswith(decoder)}
        assert "ok" in outcomes, decoder
        assert len(outcomes) > 1, decoder
        assert fuzzer.inputs[decoder] >= 600


@pytest.mark.parametrize("fuzz", [fuzz_decode, fuzz_records])
def test_another_seed_every_time(fuzz) -> None:
    seed = time.time_ns()
    print(f"seed {seed}")  # shown with a failure
    assert fuzz.run(seed, inputs=500).total() >= 500
