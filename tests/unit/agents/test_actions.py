"""A decision becomes the record that infrastructure applies."""

import numpy as np
import orjson
import pytest

from app.agents.actions import ActionWriter
from app.agents.judgement import JudgementBook
from app.events.enforcement import Enforcement, action_id
from app.events.framing import Encoder, decode
from app.events.source import Source
from app.kernels.decisions import DECISION
from app.policy.load import default_policy
from app.state.layout import (
    ACTION_NONE,
    ACTION_RELEASE,
    ACTION_SUSPEND,
    ACTION_THROTTLE,
)

SOURCE = Source(topic="requests", partition=3, offset=44)
JUDGEMENT = JudgementBook(default_policy()).current


def decision(**fields: object) -> np.ndarray:
    made = np.zeros(1, DECISION)[0]
    made["observed"] = np.nan
    for name, value in ({"sequence": 90, "action": ACTION_SUSPEND, "risk": 0.5} | fields).items():
        made[name] = value
    return made


def outputs(made: np.ndarray, encoding="json", **more):
    writer = ActionWriter("live", "state", "shadow", Encoder(encoding), lambda: 1_234)
    return writer.outputs("ann", made, JUDGEMENT, SOURCE, **more)


def record(made: np.ndarray, **more) -> dict:
    return orjson.loads(outputs(made, **more)[0].value)


def test_a_live_action_goes_to_the_actions_and_the_standings():
    told = outputs(decision())
    assert [output.topic for output in told] == ["live", "state"]
    assert {output.key for output in told} == {b"ann"}
    assert told[0].value == told[1].value


def test_a_shadow_action_goes_where_nobody_applies_it():
    (told,) = outputs(decision(shadow=1))
    assert told.topic == "shadow"
    live, shadow = record(decision()), orjson.loads(told.value)
    assert live["action_id"] != shadow["action_id"]


def test_the_record_says_who_why_until_when():
    said = record(
        decision(issued_at=5, effective_at=5, expires_at=9, superseded_sequence=80,
                 superseded_action=ACTION_THROTTLE, campaign=0xF1)
    )  # fmt: skip
    assert said["action_id"] == str(action_id("ann", 90, "suspend"))
    assert said["supersedes"] == str(action_id("ann", 80, "throttle"))
    assert (said["issued_at"], said["effective_at"], said["expires_at"]) == (5, 5, 9)
    assert said["published_at"] == 1_234
    assert said["campaign_id"] == "00000000000000f1"
    assert said["source"] == {"topic": "requests", "partition": 3, "offset": 44}
    assert said["policy_version"] == default_policy().version
    assert (said["actor"], said["population_snapshot"], said["limit"]) == ("detector", None, None)


def test_what_does_not_lapse_and_replaces_nothing_says_null():
    said = record(decision(superseded_action=ACTION_NONE))
    assert (said["expires_at"], said["supersedes"], said["campaign_id"]) == (None, None, None)


def test_only_a_throttle_has_a_limit():
    limits = {"requests_per_minute": 3, "tokens_per_minute": 40}
    assert record(decision(action=ACTION_THROTTLE, **limits))["limit"] == limits
    assert record(decision(action=ACTION_RELEASE, **limits))["limit"] is None


@pytest.mark.parametrize(("risk", "said"), [(-0.5, 0.0), (0.25, 0.25), (1.0000001, 1.0)])
def test_risk_is_a_probability(risk: float, said: float):
    assert record(decision(risk=risk))["risk"] == said


def test_an_operator_is_named_with_his_reason():
    said = record(decision(), actor="on-call", reasons=[])
    assert (said["actor"], said["reasons"]) == ("on-call", [])


@pytest.mark.parametrize("encoding", ["json", "avro"])
def test_consumers_can_read_it(encoding):
    told = outputs(decision(campaign_probability=0.9, cause=1, campaign=7), encoding)[0]
    read = decode(Enforcement, told.value)
    assert read.account_id == "ann"
    assert read.reasons[0].detector == "campaign"
