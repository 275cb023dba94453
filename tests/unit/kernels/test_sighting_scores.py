"""How unusual an account says it is: what level 1 weighs, in numbers that add up."""

import math

import numpy as np
import pytest

from app.detection.features import FEATURES
from app.events.framing import decode
from app.events.sightings import Sighting
from app.kernels.evidence import weigh
from app.kernels.features import ELICITATION_SCORE as ELICITATION
from app.kernels.organisations import BUCKETS, Domains
from app.kernels.regimes import Regimes
from app.kernels.sighting_scores import SCORED, normal_score
from app.kernels.sightings import Period, pairs, take
from app.policy.document import PolicyDocument
from app.policy.regimes import build_regimes
from app.state.layout import ACCOUNT, EVIDENCE_FAMILIES
from app.state.link_layout import NORMAL_SCORES
from tests.reference.populations import regimes, snapshot
from tests.reference.portraits import HOUR, ORDINARY, paint
from tests.reference.sightings import normal_scores

PUBLIC = Domains(np.zeros(BUCKETS, np.uint32), -1)
PERIOD = Period(number=81_000, hours=6)
FEATURE_OF = {
    "elicitation": "elicitation.score",
    "capabilities": "content.capabilities",
    "fresh": "templates.fresh",
    "openings": "conduct.openings",
    "networks": "conduct.networks",
    "proxy": "conduct.proxy",
    "active_hours": "rhythm.active_hours",
    "steadiness": "rhythm.steadiness",
    "requests": "volume.requests",
}


def account(**traits: float) -> np.ndarray:
    rows = np.zeros(1, ACCOUNT)
    paint(rows[0], PERIOD.end - HOUR, **traits)
    rows["id_length"], rows["payment"] = 1, 1
    rows["epoch"], rows["epoch_requests"] = PERIOD.number, 5
    return rows


def sighting(rows: np.ndarray, judging: Regimes) -> Sighting:
    arena = np.frombuffer(b"a", np.uint8)
    written, _ = take(rows, arena, 0, PERIOD, 1, judging, PUBLIC, 100)
    return decode(Sighting, pairs(written)[0][1])


def scores(rows: np.ndarray, judging: Regimes) -> dict[str, int]:
    return dict(zip(NORMAL_SCORES, sighting(rows, judging).scores, strict=True))


def test_every_score_is_that_of_the_feature_it_is_named_for():
    assert [FEATURES[f].name for f in SCORED] == [FEATURE_OF[name] for name in NORMAL_SCORES]


@pytest.mark.parametrize(
    "traits", [{}, ORDINARY, {"requests": 3.0}, {"elicitation": 0.0}, {"requests": 1e6}]
)
def test_scores_are_what_level_1_weighs(traits):
    rows, judging = account(**traits), regimes()
    observed, deviations = np.empty(len(FEATURES)), np.empty(len(FEATURES))
    now = PERIOD.end - 1
    weigh(rows[0], now, judging, 0, observed, deviations, np.empty(EVIDENCE_FAMILIES))
    by_feature = dict(zip((f.name for f in FEATURES), deviations.tolist(), strict=True))
    expected = normal_scores(**{name: by_feature[FEATURE_OF[name]] for name in NORMAL_SCORES})
    assert list(scores(rows, judging).values()) == expected
    assert any(score != 500 for score in expected)


def test_a_distiller_stands_out_and_an_ordinary_account_does_not():
    distiller, ordinary = scores(account(), regimes()), scores(account(**ORDINARY), regimes())
    for name in ("elicitation", "fresh", "openings", "active_hours", "proxy"):
        assert distiller[name] > 875, name
        assert abs(ordinary[name] - 500) < 150, name


def test_few_requests_are_shrunk_as_at_level_1_and_a_count_is_not():
    judging = regimes()
    few, many = scores(account(requests=4.0), judging), scores(account(requests=4000.0), judging)
    assert 500 < few["proxy"] < many["proxy"]
    prior = PolicyDocument().evidence.shrinkage_requests
    trusted = {n: n / (n + prior) for n in (4.0 * math.exp(-HOUR / 604_800_000),)}
    [trust] = trusted.values()
    assert few["proxy"] - 500 == pytest.approx(trust * (0.7 - 0.05) / 0.1 * 125, abs=3)
    assert sighting(account(requests=4.0), judging).trust == pytest.approx(1000 * trust, abs=1)
    assert few["requests"] < 400  # far fewer than the median, and nothing pulls it back


def test_nothing_is_said_while_no_population_is_known():
    cold = build_regimes([PolicyDocument()], [])
    assert set(scores(account(), cold).values()) == {500}
    assert sighting(account(), cold).trust == 0


def test_the_regime_is_the_one_in_force_at_the_last_moment_of_the_period():
    policy = PolicyDocument()
    before = build_regimes([policy], [snapshot(starts=PERIOD.end - 1)])
    after = build_regimes([policy], [snapshot(starts=PERIOD.end)])
    assert set(scores(account(), after).values()) == {500}
    assert scores(account(), before) == scores(account(), regimes())


def test_a_trait_without_an_answer_is_the_median():
    rows = account()
    rows["gap_weight"] = 0
    rows["opening"] = 0
    found = scores(rows, regimes())
    assert (found["steadiness"], found["fresh"]) == (500, 500)


@pytest.mark.parametrize(
    ("deviation", "score"),
    [
        (0.0, 500),
        (1.0, 625),
        (-1.0, 375),
        (4.0, 1000),
        (-4.0, 0),
        (1e300, 1000),
        (math.inf, 1000),
        (-math.inf, 0),
        (math.nan, 500),
        (0.0039, 500),
        (0.0041, 501),
    ],
)
def test_a_score_is_a_deviation_held_to_its_range(deviation, score):
    assert normal_score(deviation) == score


def with_programs(*elicited: float, weights: tuple[float, ...] = (300.0, 40.0, 60.0)) -> np.ndarray:
    """An account that elicits so much with each of its programs, on average."""
    rows = account(**ORDINARY)
    for k, (mean, weight) in enumerate(zip(elicited, weights, strict=True)):
        rows["program"][0, k], rows["program_weight"][0, k] = k + 1, weight
        rows["program_elicitation"][0, k] = mean * weight
    return rows


def by_program(rows: np.ndarray, judging: Regimes) -> dict[int, Sighting]:
    arena = np.frombuffer(b"a", np.uint8)
    written, _ = take(rows, arena, 0, PERIOD, 1, judging, PUBLIC, 100)
    found = [decode(Sighting, value) for _, value in pairs(written)]
    own = {x.elicitation - x.scores[0] for x in found if x.kind != "program"}
    assert own == {0}, "what is told of another link is the account's own"
    return {int(x.hash, 16): x for x in found if x.kind == "program"}


def test_of_a_program_it_tells_what_is_asked_with_it_and_not_what_covers_that() -> None:
    judging = regimes()
    told = by_program(with_programs(0.1, 0.9, 0.5), judging)
    location, scale = judging.location[0, ELICITATION], judging.scale[0, ELICITATION]
    for key, mean in ((1, 0.1), (2, 0.9), (3, 0.5)):
        trust = told[key].trust / 1000
        [expected] = normal_scores(elicitation=trust * (mean - location) / scale)[:1]
        assert told[key].elicitation == pytest.approx(expected, abs=1)
    assert told[1].elicitation < told[3].elicitation < told[2].elicitation
    assert len({x.scores[0] for x in told.values()}) == 1, "the account's own stays beside it"


def test_of_a_program_nothing_is_told_while_no_population_is_known() -> None:
    cold = build_regimes([PolicyDocument()], [])
    told = by_program(with_programs(0.1, 0.9, 0.5), cold)
    assert {x.elicitation for x in told.values()} == {500}


def test_more_than_all_of_it_elicited_is_all_of_it() -> None:
    """Sums of 32 bits may come out a little above what they are sums of."""
    told = by_program(with_programs(1.0, 1.0 + 1e-6, 7.0), regimes())
    assert len({x.elicitation for x in told.values()}) == 1
