"""A link's members by name: as many as fit, chosen by their hashes.

Bottom-k sampling (Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007): those
with the smallest hashes are a uniform sample of the members, whatever each of them did. Members of
the newest window go before members of the one before it. A member's rank so defined only improves
with further sightings, and who is pushed out by better ones could not have come back without a
sighting of its own; so the sample follows from the set of sightings alone, not from their order.

What is kept of a member is about the newest window it was sighted in. One bit for each epoch of
that window tells a repeated sighting from a new one, exactly, as long as the member is kept. In
ordinary operation none repeats (see ``link_row.py``): the bits are a second line, at no cost.
"""

import numpy as np
import numpy.typing as npt

from app.kernels import sighting_columns as s
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bool, Int, Record
from app.kernels.link_sums import HOUR_MS, HOURS_CEILING, SUMS_CEILING, Clock, capped_sum
from app.state.layout import TASKS
from app.state.link_layout import MEMBER_PARITY, SAMPLE

SHARE_STEP = 4  # thousandths in a unit of the members' shares


@lean_kernel
def members_kept(row: Record) -> Int:
    """How many places of the sample are taken."""
    count = np.int64(0)
    while count < SAMPLE and row["member_epochs"][count] != 0:
        count += 1
    return count


@lean_kernel
def forget_members(row: Record, epoch: Int, clock: Clock) -> None:
    """Drop the members that ``epoch`` makes too old; before ``advance`` is called for it."""
    last = np.int64(row["last_epoch"])
    windows = epoch // clock.window - last // clock.window
    if last < 0 or windows <= 0:
        return
    newest = epoch // clock.window & 1
    count = members_kept(row)
    kept = np.int64(0)
    for i in range(count):
        # One window on, those that stay are of the window that was newest: of the other parity.
        if windows == 1 and _parity(row, i) != newest:
            _copy(row, i, row, kept)
            kept += 1
    for i in range(kept, count):
        _clear(row, i)


@lean_kernel
def sample_sighting(row: Record, values: npt.NDArray[np.int64], clock: Clock) -> Bool:
    """Note the sighting ``values`` in the sample; returns False when it is a known repeat.

    Its epoch is within the two windows of ``row``, for which ``advance`` has been called.
    """
    account = np.uint64(values[s.SIG_ACCOUNT])
    epoch = values[s.SIG_EPOCH]
    parity = epoch // clock.window & 1
    newest = np.int64(row["last_epoch"]) // clock.window & 1
    place, known = _place_of(row, account, parity, newest)
    if place < 0:
        return True
    if known and _parity(row, place) == parity:
        return _add_epoch(row, place, values, clock)
    if not known or parity == newest:
        row["member"][place] = account
        _enter(row, place, values, clock)
    return True


@lean_kernel
def merge_samples(row: Record, other: Record, clock: Clock) -> None:
    """Bring the members of ``other`` into the sample of ``row``, which has been advanced to the
    newest epoch of both. No sighting may have been folded into both."""
    newest_window = np.int64(row["last_epoch"]) // clock.window
    newest = newest_window & 1
    other_window = np.int64(other["last_epoch"]) // clock.window
    for i in range(members_kept(other)):
        parity = _parity(other, i)
        window = other_window if parity == other_window & 1 else other_window - 1
        if newest_window - window > 1:
            continue
        place, known = _place_of(row, other["member"][i], parity, newest)
        if place < 0:
            continue
        if known and _parity(row, place) == parity:
            _join(row, place, other, i)
        elif not known or parity == newest:
            _copy(other, i, row, place)


@lean_kernel
def _join(row: Record, place: Int, other: Record, i: Int) -> None:
    """Merge what two rows know of one member in one window."""
    mine = np.int64(row["member_epochs"][place])
    theirs = np.int64(other["member_epochs"][i])
    requests = capped_sum(
        row["member_requests"][place], np.int64(other["member_requests"][i]), HOURS_CEILING
    )
    if theirs > mine:  # of one parity: the higher has the newer sighting
        _copy(other, i, row, place)
    row["member_epochs"][place] = mine | theirs
    row["member_requests"][place] = requests


@lean_kernel
def _place_of(row: Record, account: np.uint64, parity: Int, newest: Int) -> tuple[Int, Bool]:
    """The member's place and whether it is there already; -1 when others are better.

    The place made for a new member holds another's data: the caller overwrites all of it.
    """
    count = members_kept(row)
    place = np.int64(0)
    while place < count and row["member"][place] < account:
        place += 1
    if place < count and row["member"][place] == account:
        return place, True
    if count == SAMPLE:
        worst = _worst(row, newest)
        worst_is_new = _parity(row, worst) == newest
        is_new = parity == newest
        if worst_is_new and not is_new:
            return np.int64(-1), False
        if worst_is_new == is_new and row["member"][worst] < account:
            return np.int64(-1), False
        for i in range(worst, count - 1):
            _copy(row, i + 1, row, i)
        count -= 1
        if worst < place:
            place -= 1
    for i in range(count, place, -1):
        _copy(row, i - 1, row, i)
    return place, False


@lean_kernel
def _parity(row: Record, place: Int) -> Int:
    return np.int64(row["member_epochs"][place]) >> MEMBER_PARITY


@lean_kernel
def _worst(row: Record, newest: Int) -> Int:
    """The place of the member to give way first, in a full sample."""
    for i in range(SAMPLE - 1, -1, -1):
        if _parity(row, i) != newest:
            return np.int64(i)
    return np.int64(SAMPLE - 1)


@lean_kernel
def _add_epoch(row: Record, place: Int, values: npt.NDArray[np.int64], clock: Clock) -> Bool:
    """Note a further sighting of a member's window; returns False when it is a repeat."""
    epochs = np.int64(row["member_epochs"][place])
    bit = np.int64(1) << np.int64(values[s.SIG_EPOCH] % clock.window)
    if epochs & bit:
        return False
    row["member_epochs"][place] = epochs | bit
    row["member_requests"][place] = capped_sum(
        row["member_requests"][place], values[s.SIG_REQUESTS], HOURS_CEILING
    )
    below_parity = epochs & (1 << MEMBER_PARITY) - 1
    if below_parity < bit:
        _describe(row, place, values)
    return True


@lean_kernel
def _enter(row: Record, place: Int, values: npt.NDArray[np.int64], clock: Clock) -> None:
    """Begin a member's window with this sighting."""
    epoch = values[s.SIG_EPOCH]
    parity = epoch // clock.window & 1
    bit = np.int64(1) << np.int64(epoch % clock.window)
    row["member_epochs"][place] = parity << MEMBER_PARITY | bit
    row["member_requests"][place] = min(values[s.SIG_REQUESTS], HOURS_CEILING)
    _describe(row, place, values)


@lean_kernel
def _describe(row: Record, place: Int, values: npt.NDArray[np.int64]) -> None:
    """Keep what the member's newest sighting says of it."""
    created = values[s.SIG_CREATED_AT] // HOUR_MS
    row["member_created"][place] = min(created, SUMS_CEILING)
    org = np.uint64(values[s.SIG_ORG])
    row["member_org"][place] = (
        0 if org == np.uint64(0) else np.int64(org % np.uint64(HOURS_CEILING)) + 1
    )
    task = 0
    for k in range(1, len(TASKS)):
        if values[s.SIG_TASKS + k] > values[s.SIG_TASKS + task]:
            task = k
    row["member_task"][place] = task
    row["member_elicitation"][place] = values[s.SIG_ELICITATION] // SHARE_STEP
    row["member_risk"][place] = values[s.SIG_RISK] // SHARE_STEP
    row["member_share"][place] = values[s.SIG_SHARE] // SHARE_STEP


@lean_kernel
def _copy(source: Record, i: Int, target: Record, j: Int) -> None:
    target["member"][j] = source["member"][i]
    target["member_epochs"][j] = source["member_epochs"][i]
    target["member_created"][j] = source["member_created"][i]
    target["member_requests"][j] = source["member_requests"][i]
    target["member_org"][j] = source["member_org"][i]
    target["member_task"][j] = source["member_task"][i]
    target["member_elicitation"][j] = source["member_elicitation"][i]
    target["member_risk"][j] = source["member_risk"][i]
    target["member_share"][j] = source["member_share"][i]


@lean_kernel
def _clear(row: Record, place: Int) -> None:
    row["member"][place] = 0
    row["member_epochs"][place] = 0
    row["member_created"][place] = 0
    row["member_requests"][place] = 0
    row["member_org"][place] = 0
    row["member_task"][place] = 0
    row["member_elicitation"][place] = 0
    row["member_risk"][place] = 0
    row["member_share"][place] = 0
