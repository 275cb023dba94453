"""What must hold after a fault, whatever it was: DESIGN's Determinism, read from the topics."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np
import orjson

from app.events.policies import PolicyRecord
from app.state.checkpoint import HEADER_KEY
from app.state.codec import ACCOUNT_CODEC
from app.state.layout import ACCOUNT
from tests.faults.stage import Stage
from tests.integration.deployment import Deployment
from tests.integration.offline import Pairs

Action = dict[str, Any]
Rows = dict[bytes, np.void]
"""Rows of accounts by their ids."""

SOME = 50


def prove(
    stage: Stage,
    sent: Pairs,
    *,
    dead: int = 0,
    policies: Sequence[PolicyRecord] = (),
    apart: Set[str] = frozenset(),
) -> None:
    """The deployment's rows, actions and counts are those of a replay in memory of ``sent``.

    ``dead`` records beside them were no requests, and are dead letters; fields in
    ``apart`` need not agree.
    """
    expected = stage.world.replay(sent, policies)
    counters = stage.counters()
    counted = {
        name: counters[f"requests.{name}"] for name in ("in", "folded", "duplicates", "dead")
    }
    assert counted["in"] == len(sent) + dead
    assert counted["in"] == counted["folded"] + counted["duplicates"] + counted["dead"]
    assert counted["dead"] == dead
    assert counted["duplicates"] == sum(
        int(one.header().counters["requests.duplicates"]) for one in expected.parts
    )

    actions = stage.actions()
    wanted = [orjson.loads(o.value) for o in expected.of_topic("live") if o.value is not None]
    assert len(wanted) > SOME, "the campaign in the traffic was hardly acted on"
    # With other records in between, a request has another offset.
    apart |= {"offset"} if dead else set()
    assert not _contents(actions, wanted, apart)
    check_chains(actions)
    check_standings(stage, actions)
    assert not differences(rows(stage, {key for key, _ in sent}), expected.rows, apart)


def _contents(
    found: list[Action], wanted: list[Action], apart: Set[str]
) -> list[tuple[str, str, Any, Any]]:
    """Actions that only one side has, and fields in which the two differ: (id, field, found,
    wanted). When one was published and what a topic is called are left aside, and what is in
    ``apart``."""
    ours, theirs = (
        {action["action_id"]: _comparable(action, apart) for action in side}
        for side in (found, wanted)
    )
    return [(one, "(whole)", one in ours, one in theirs) for one in ours.keys() ^ theirs.keys()] + [
        (one, name, ours[one].get(name), theirs[one].get(name))
        for one in ours.keys() & theirs.keys()
        for name in ours[one].keys() | theirs[one].keys()
        if ours[one].get(name) != theirs[one].get(name)
    ]


def _comparable(action: Action, apart: Set[str]) -> Action:
    source = {k: v for k, v in (action["source"] or {}).items() if k not in {"topic", *apart}}
    return action | {"published_at": None, "source": source}


def differences(
    found: Rows, wanted: Mapping[bytes, bytes | None], apart: Set[str]
) -> list[tuple[bytes, str]]:
    """Accounts and fields that are not as they should be, those of ``apart`` left aside."""
    told = told_nothing(wanted)
    return [(key, "(whole)") for key in found.keys() ^ told.keys()] + [
        (key, name)
        for key in found.keys() & told.keys()
        for name in ACCOUNT.names or ()
        if name not in apart and not np.array_equal(found[key][name], told[key][name])
    ]


def check_chains(actions: list[Action]) -> None:
    """No id has two contents or comes twice, and each action names the one it replaces."""
    chains: dict[str, list[Action]] = defaultdict(list)
    for action in actions:
        chains[action["account_id"]].append(action)
    assert len({action["action_id"] for action in actions}) == len(actions), "published twice"
    for chain in chains.values():
        sequences = [action["sequence"] for action in chain]
        assert sequences == sorted(set(sequences))
        replaced = [None, *(action["action_id"] for action in chain[:-1])]
        assert [action["supersedes"] for action in chain] == replaced


def check_standings(deployment: Deployment, actions: list[Action]) -> None:
    """Who starts from the compacted topic sees what who has heard everything sees."""
    standing = {one["account_id"]: one for one in deployment.actions("enforcement-state.v1")}
    assert standing == {one["account_id"]: one for one in actions}


def rows(stage: Stage, accounts: set[bytes]) -> Rows:
    """The rows of ``accounts`` and of those with profiles, as the changelog has them."""
    found: dict[bytes, bytes | None] = {}
    for message in stage.kafka.read_to_end(f"{stage.app_id}-accounts-changelog"):
        found[bytes(message.key() or b"")] = message.value()  # type: ignore[assignment]
    found.pop(HEADER_KEY, None)
    known = accounts | {key for key, _ in stage.world.profiles}
    return told_nothing({key: value for key, value in found.items() if key in known})


def told_nothing(found: Mapping[bytes, bytes | None]) -> Rows:
    """Rows without what links have told their accounts: running free, that comes at any time."""
    kept = {}
    for key, value in found.items():
        if value is not None:
            row = ACCOUNT_CODEC.decode(value)
            row["ring"] = row["web"] = 0
            kept[key] = row
    return kept
