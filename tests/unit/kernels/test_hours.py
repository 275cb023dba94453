"""Edges of the week of hours that an account remembers."""

import numpy as np

from app.kernels.hours import HOUR_MS, SPAN, active_hours, mark_hour
from tests.reference.portraits import new_row

NOON = 480_012 * HOUR_MS


def marked(*hours: int) -> np.void:
    row = new_row()
    for hour in hours:
        mark_hour(row, NOON + hour * HOUR_MS)
        row["events"] += 1
    return row


def test_an_hour_counts_once() -> None:
    row = marked(0)
    mark_hour(row, NOON + HOUR_MS - 1)
    assert active_hours(row, NOON, 24) == 1


def test_a_week_is_remembered_and_no_more() -> None:
    row = marked(*range(300))
    now = NOON + 299 * HOUR_MS
    assert active_hours(row, now, SPAN) == SPAN
    # Seen from earlier, fewer hours are known: what lies beyond the week is forgotten.
    assert active_hours(row, now - 20 * HOUR_MS, SPAN) == SPAN - 20
    assert active_hours(row, now + 20 * HOUR_MS, SPAN) == SPAN - 20
    assert active_hours(row, now + SPAN * HOUR_MS, SPAN) == 0


def test_what_is_already_forgotten_is_not_remembered_again() -> None:
    row = marked(200, 200 - SPAN)
    assert active_hours(row, NOON + 200 * HOUR_MS, SPAN) == 1
    row = marked(200, 201 - SPAN)
    assert active_hours(row, NOON + 200 * HOUR_MS, SPAN) == 2


def test_a_gap_of_more_than_a_week_leaves_nothing() -> None:
    assert active_hours(marked(0, 5, 5 + SPAN), NOON + (5 + SPAN) * HOUR_MS, SPAN) == 1
