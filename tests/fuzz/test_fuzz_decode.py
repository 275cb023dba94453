"""A short run of the fuzzer; run it for longer after any change of the decoders."""

from app.kernels import reasons
from tests.fuzz.fuzz_decode import Fuzzer


def test_a_short_run_meets_every_reason_and_no_difference() -> None:
    fuzzer = Fuzzer(seed=20_26)
    for _ in range(600):
        fuzzer.step()
    expected = {
        reasons.OK,
        reasons.MALFORMED,
        reasons.UNKNOWN_FRAMING,
        reasons.MISSING_FIELD,
        reasons.WRONG_TYPE,
        reasons.OUT_OF_RANGE,
        reasons.KEY_MISMATCH,
        reasons.WRONG_PARTITION,
        reasons.UNKNOWN_SCHEMA,
        reasons.NULL_VALUE,
    }
    assert {reasons.NAMES[reason] for reason in expected} <= set(fuzzer.seen)
    assert fuzzer.seen["CorruptBatch"]
