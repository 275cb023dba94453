"""What the warm-up does not run is compiled on the event loop, while the group waits."""

from numba.core.dispatcher import Dispatcher

from app import metrics
from app.agents.warmup import compile_accounts, compile_decoders_and_links, warm_up
from app.kernels import (
    decode_records,
    expiry,
    fold,
    fold_profiles,
    index,
    links,
    organisations,
    population,
    sightings,
    sightings_decode,
)
from app.kernels import ledger as l


def test_warm_up_takes_every_path_of_the_hot_path() -> None:
    accounts, links_ = warm_up()
    ledger = accounts.state.ledger
    assert (ledger[l.IN], ledger[l.FOLDED], ledger[l.DUPLICATES]) == (3, 2, 1)
    assert accounts.counters["profiles.applied"] == 2
    assert not accounts.letters
    assert len(links_.store) > 0
    assert not links_.letters


def test_what_is_compiled_with_is_in_no_count_of_bad_records() -> None:
    before = counted()
    warm_up()
    compile_accounts()
    compile_decoders_and_links()
    assert counted() == before


def counted() -> list[tuple[dict[str, str], float]]:
    kinds = (metrics.DEAD_LETTERS, metrics.DECODE_ERRORS)
    return [(s.labels, s.value) for m in kinds for told in m.collect() for s in told.samples]


def test_a_second_one_compiles_nothing() -> None:
    """Types that differ from call to call would compile for ever."""
    warm_up()
    kernels = [
        decode_records.decode_rows,
        fold.look_up,
        fold.fold_requests,
        fold_profiles.fold_profiles,
        expiry.shrink_idle,
        population.sketch_population,
        sightings.encode_sightings,
        organisations._count,
        sightings_decode.decode_sightings,
        links.fold_sightings,
        index.rebuild,
    ]
    before = [len(k.signatures) for k in kernels if isinstance(k, Dispatcher)]
    warm_up()
    after = [len(k.signatures) for k in kernels if isinstance(k, Dispatcher)]
    assert before == after
