"""The windows of ``windows.py`` in Quix Streams: its state store and its changelog are on.

Written as its documentation teaches it: a stateful ``apply`` on a streaming data frame, one value
of state for each message key, JSON by its own (orjson) serializers. Settings of our choice:
``commit_interval`` 5 s, its default and what every peer is set to; lz4, for it pays for itself on
changelogs; ``expand=True``, so that a request which tips nothing ends there, without a filter
behind it. The rest is as shipped, RocksDB's options included: rows wait in its transaction until a
commit, which writes each changed row once.

Runs in an environment of its own (``requirements.lock``), where nothing of the project is installed
but what the standard library can import.
"""

import sys
from collections.abc import Callable
from typing import Any, Protocol

from tests.benchmarks.progress import Progress
from tests.benchmarks.windows import Row, empty, fold, tips


class State(Protocol):
    """What Quix Streams hands to a stateful function."""

    def get(self, key: str) -> Row | None:
        """The value kept under ``key`` for the current message's key."""

    def set(self, key: str, value: Row) -> None:
        """Keep ``value``."""


def judge(request: dict[str, Any], state: State) -> list[dict[str, str]]:
    """Fold one request; the action that it tips, if it does."""
    row = state.get("row") or empty()
    fold(row, request)
    acted = tips(row)
    state.set("row", row)
    return [{"a": request["account_id"]}] if acted else []


def counted(progress: Progress) -> Callable[[dict[str, Any], State], list[dict[str, str]]]:
    """``judge``, which says how far it is."""

    def step(request: dict[str, Any], state: State) -> list[dict[str, str]]:
        actions = judge(request, state)
        progress.add()
        return actions

    return step


def main(bootstrap: str, app_id: str, topic: str, actions: str, step: str, directory: str) -> None:
    from quixstreams import Application

    app = Application(
        broker_address=bootstrap,
        consumer_group=app_id,
        auto_offset_reset="earliest",
        commit_interval=5.0,
        state_dir=directory,
        use_changelog_topics=True,
        producer_extra_config={"compression.type": "lz4"},
        loglevel="WARNING",
    )
    requests = app.dataframe(app.topic(topic, value_deserializer="json"))
    tipped = requests.apply(counted(Progress(int(step))), stateful=True, expand=True)
    tipped.to_topic(app.topic(actions, value_serializer="json"))
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
