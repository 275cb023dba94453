import numpy as np

from app.policy.load import default_policy
from app.replay.evaluation_scores import _Highest, by_kind, histograms
from app.simulation.population import Labels


def test_the_highest_score_stays_until_another_key_takes_the_slot() -> None:
    highest = _Highest()
    slots, keys = np.array([0, 5]), np.array([11, 12], np.uint64)
    assert highest.note(slots, keys, np.array([0.5, 0.2])).all()
    assert highest.note(slots, keys, np.array([0.4, 0.3])).tolist() == [False, True]
    assert highest.current() == [(0, 0.5), (5, 0.3)]
    assert highest.note(np.array([0]), np.array([99], np.uint64), np.array([0.1])).all()
    assert highest.current() == [(0, 0.1), (5, 0.3)]


def test_distributions_come_with_the_thresholds_of_the_policy() -> None:
    nothing = np.zeros(4, np.int64)
    labels = Labels(
        ["a", "b", "c", "d"],
        ["people"] * 2 + ["seed"] * 2,
        np.array([False, False, True, True]),
        *[nothing] * 5,
        np.ones(4, np.bool_),
    )
    groups = [
        {"kind": "payment", "nats": 12.0, "fraudulent": 1.0, "ratio": 9.0},
        {"kind": "payment", "nats": -99.0, "fraudulent": 0.25, "ratio": None},
    ]
    found = histograms(np.array([0.01, np.nan, 0.9, 1.0]), labels, groups, default_policy())
    assert sum(found["accounts"]["benign"]) == 1
    assert sum(found["accounts"]["fraudulent"]) == 2
    assert found["accounts"]["fraudulent"][-1] == 1  # certainty stands in the last bin
    assert found["groups"]["benign"][0] == 1
    risk = default_policy().ladder.throttle.risk
    assert np.isclose(found["accounts"]["thresholds"]["throttle"], np.log(risk / (1 - risk)))
    assert found["groups"]["thresholds"]["suspend"] > found["groups"]["thresholds"]["throttle"]
    assert by_kind(groups)["payment"]["campaign"] == {
        "links": 1,
        "tested": 1,
        "log_mean_ratio": 9.0,
        "p50": 12.0,
        "p99": 12.0,
        "max": 12.0,
    }
