"""The members of a link that its row keeps by name."""

from dataclasses import dataclass
from typing import Any

from app.kernels.link_sample import SHARE_STEP
from app.kernels.link_sums import Clock
from app.state.layout import TASKS
from app.state.link_layout import MEMBER_PARITY

_EPOCHS = (1 << MEMBER_PARITY) - 1
_UNITS = 1000 // SHARE_STEP


@dataclass(frozen=True, slots=True)
class Member:
    """One member, as its newest sighting under the link told, in its newest window there.

    ``account`` is the hash of its id, 16 hexadecimal digits; the id itself stands in the sightings.
    """

    account: str
    epochs: tuple[int, ...]
    """The epochs of that window in which it was sighted."""
    requests: int
    """In that window; 65,535 stands for that many or more."""
    created_hour: int
    """Hours since the Unix epoch; 0: no profile yet."""
    org: int
    """Equal for members of one organisation, and nothing more; 0: none."""
    task: str
    """Its most frequent task."""
    elicitation: float
    """Normal score: 0.5 is like the population's median, 0.125 one robust deviation."""
    risk: float
    share: float
    """Of its own traffic under this link."""


def members_of(row: Any, clock: Clock) -> tuple[Member, ...]:
    """The sampled members in ``row``, one element of ``LINK``, in order of their hashes."""
    newest = int(row["last_epoch"]) // clock.window
    members = []
    for i, epochs in enumerate(row["member_epochs"].tolist()):
        if epochs == 0:
            break
        window = newest if epochs >> MEMBER_PARITY == newest & 1 else newest - 1
        seen = epochs & _EPOCHS
        members.append(
            Member(
                account=f"{int(row['member'][i]):016x}",
                epochs=tuple(
                    window * clock.window + bit for bit in range(clock.window) if seen >> bit & 1
                ),
                requests=int(row["member_requests"][i]),
                created_hour=int(row["member_created"][i]),
                org=int(row["member_org"][i]),
                task=TASKS[int(row["member_task"][i])],
                elicitation=int(row["member_elicitation"][i]) / _UNITS,
                risk=int(row["member_risk"][i]) / _UNITS,
                share=int(row["member_share"][i]) / _UNITS,
            )
        )
    return tuple(members)
