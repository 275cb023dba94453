"""Why a request showed its account to be in a campaign: the words of a verdict."""

from typing import Any

from app.detection.verdict_text import explain_verdict
from app.kernels.watches import Watches
from app.state.link_layout import LINK_KINDS, PROGRAM


def told_of_watch(decision: Any, watches: Watches) -> list[str]:
    """Sentences about the campaign that the watched program behind ``decision`` (one element of
    ``DECISION``) is of; none where no watched program tipped it, or the action is about another
    matter."""
    entry = int(decision["watched"]) - 1
    if entry < 0 or int(decision["campaign"]) != int(watches.campaign[entry]):
        return []
    return explain_verdict(
        LINK_KINDS[PROGRAM],
        watches.nats[entry],
        watches.profile[entry],
        float(watches.probability[entry]),
        float(decision["campaign_probability"]),
    )
