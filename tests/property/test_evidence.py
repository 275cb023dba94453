"""Features and evidence agree with their plain statements, and see no name of anything."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.detection.features import EVIDENCE_NAMES, FEATURES
from app.kernels import features as k
from app.kernels.evidence import percentile_of, risk_of, weigh
from app.kernels.features import extract_features
from app.kernels.regimes import LEVELS
from app.policy.document import PolicyDocument
from app.state.layout import EVIDENCE_FAMILIES, FLAG_PROFILE
from tests.property.test_windows import close, folded, histories
from tests.reference import evidence as reference
from tests.reference.features import features_of
from tests.reference.populations import EVEN_MIX, ORDINARY, regimes
from tests.reference.requests import Ask
from tests.reference.windows import gap_moments

NAMES = [feature.name for feature in FEATURES]
LATER = st.integers(0, 10 * 86_400_000)


def extracted(row: np.void, now: int) -> np.ndarray:
    out = np.empty(k.FEATURES)
    extract_features(row, now, EVEN_MIX, out)
    return out


@settings(max_examples=80, deadline=None)
@given(histories(), LATER)
def test_features_are_those_of_the_history(history: list[Ask], later: int) -> None:
    row = folded(history)
    now = int(row["last_ts"]) + later
    expected = features_of(history, now, EVEN_MIX.tolist())
    actual = dict(zip(NAMES, extracted(row, now).tolist(), strict=True))
    assert list(expected) == NAMES
    for name, value in expected.items():
        # Logarithms of shares that nearly vanish lose digits to 32-bit sums.
        np.testing.assert_allclose(actual[name], value, rtol=1e-3, atol=1e-3, err_msg=name)


@settings(max_examples=60, deadline=None)
@given(
    histories(),
    st.permutations(range(64)),
    st.integers(0, 2**64 - 1),
    st.permutations(range(6)),
    st.integers(1, 2**60),
)
def test_no_feature_depends_on_the_value_of_an_id_or_a_hash(
    history: list[Ask], bits: list[int], mask: int, keys: list[int], stride: int
) -> None:
    def renamed(ask: Ask) -> Ask:
        prompt = sum((ask.prompt >> i & 1) << bit for i, bit in enumerate(bits)) ^ mask
        names = {
            field: (keys[getattr(ask, field)] * stride + 7) % 2**64
            for field in ("program", "network", "client", "model")
        }
        return ask._replace(prompt=prompt, **names)

    row, other = folded(history), folded([renamed(ask) for ask in history])
    now = int(row["last_ts"])
    np.testing.assert_array_equal(extracted(row, now), extracted(other, now))


@settings(max_examples=80, deadline=None)
@given(
    histories(),
    st.fixed_dictionaries(dict.fromkeys(EVIDENCE_NAMES, st.floats(-3, 6) | st.none())),
    st.integers(0, 5),
    st.sets(st.sampled_from(EVIDENCE_NAMES)),
)
def test_evidence_and_risk_are_those_of_the_reference(
    history: list[Ask],
    cleared: dict[str, float | None],
    verification: int,
    shadow: set[str],
) -> None:
    policy = PolicyDocument.model_validate(
        {"evidence": {name: {"shadow": name in shadow} for name in EVIDENCE_NAMES}}
    )
    judging = regimes(policy)
    row = folded(history)
    row["flags"], row["verification"] = FLAG_PROFILE, verification
    for family, name in enumerate(EVIDENCE_NAMES):
        if cleared[name] is not None:
            row["detectors_off"] |= 1 << family
            row["cleared"][family] = cleared[name]
    now = int(row["last_ts"])
    observed, deviations = np.empty(k.FEATURES), np.empty(k.FEATURES)
    evidence = np.empty(EVIDENCE_FAMILIES)
    weigh(row, now, judging, 0, observed, deviations, evidence)

    requests = float(row["requests"][2])
    samples = dict.fromkeys(NAMES, requests)
    samples |= {"volume.requests": math.inf, "volume.output_tokens": math.inf}
    samples["templates.fresh"] = float(row["opening"])
    samples["rhythm.steadiness"] = min(requests, gap_moments(history)[0])
    seen = dict(zip(NAMES, observed.tolist(), strict=True))
    expected = reference.deviations_of(
        seen,
        samples,
        dict(zip(NAMES, judging.location[0].tolist(), strict=True)),
        dict(zip(NAMES, judging.scale[0].tolist(), strict=True)),
        policy,
    )
    close(deviations, [expected[name] for name in NAMES])
    exact = dict(zip(NAMES, deviations.tolist(), strict=True))
    off = {name: float(np.float32(value)) for name, value in cleared.items() if value is not None}
    nats = reference.evidence_of(exact, policy, off)
    close(evidence, [nats[name] for name in EVIDENCE_NAMES])
    bar = policy.customers.by_verification()[verification].bar
    prior = math.log(policy.evidence.prior / (1 - policy.evidence.prior))
    hidden = sum(1 << EVIDENCE_NAMES.index(name) for name in shadow)
    for ignored, full in ((hidden, False), (0, True)):
        close(
            risk_of(evidence, ignored, prior - bar),
            reference.risk_of(nats, policy, verification, shadow=full),
        )


@given(st.floats(-20, 20), st.lists(st.floats(-10, 10), min_size=len(LEVELS), max_size=len(LEVELS)))
def test_percentiles_are_read_off_the_quantiles(value: float, drawn: list[float]) -> None:
    quantiles = np.sort(np.array(drawn))
    percentile = percentile_of(value, quantiles)
    below = [level for level, quantile in zip(LEVELS, quantiles, strict=True) if quantile < value]
    reached = [level for level, q in zip(LEVELS, quantiles, strict=True) if q >= value]
    assert 100 * max(below, default=0.0) <= percentile + 1e-9
    assert percentile <= 100 * min(reached, default=LEVELS[-1]) + 1e-9


def test_what_has_no_value_or_no_population_has_no_percentile() -> None:
    assert math.isnan(percentile_of(math.nan, np.arange(len(LEVELS)) / 1.0))
    assert math.isnan(percentile_of(1.0, np.full(len(LEVELS), math.nan)))
    assert list(ORDINARY) == NAMES
