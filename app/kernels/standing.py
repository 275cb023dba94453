"""A standing: what an account has been told, in force until replaced or lapsed."""

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int, Record
from app.state.layout import ACTION_NONE, ACTION_RELEASE


@lean_kernel
def action_in_force(standing: Record, now: Int) -> Int:
    """The action that limits or observes the account at event time ``now``; ACTION_NONE without.

    A lapsed standing needs no record and no timer: it is simply no longer in force.
    """
    expires_at = standing["expires_at"]
    if (expires_at != 0 and expires_at <= now) or standing["action"] == ACTION_RELEASE:
        return ACTION_NONE
    return standing["action"]


@lean_kernel
def next_sequence(standing: Record, ts: Int) -> Int:
    """The sequence of the account's next action: above the last one's and at least ``ts``.

    Event time bounds it from below, so it also rises when the row was lost.
    """
    return max(standing["sequence"] + 1, ts)


@lean_kernel
def write_standing(
    standing: Record,
    decision: Record,
    ts: Int,
    now: Int,
    action: Int,
    expires_at: Int,
    actor: Int,
) -> None:
    """Replace ``standing`` from ``now`` on, and write the same into ``decision``.

    ``ts`` is the event time of the tipping record, which may lie behind the account's clock
    ``now``; ``expires_at`` 0: never lapses.
    """
    decision["ts"] = ts
    decision["sequence"] = next_sequence(standing, ts)
    decision["superseded_sequence"] = standing["sequence"]
    decision["superseded_action"] = standing["action"]
    decision["issued_at"] = now
    decision["effective_at"] = now
    decision["expires_at"] = expires_at
    decision["action"] = action
    decision["actor"] = actor
    standing["sequence"] = decision["sequence"]
    standing["issued_at"] = now
    standing["expires_at"] = expires_at
    standing["below_since"] = 0
    standing["risk"] = decision["risk"]
    standing["action"] = action
    standing["actor"] = actor
