"""Why a group was taken for a part of a campaign, in sentences, strongest evidence first."""

from app.detection.assess import Assessment
from app.detection.group_evidence import (
    ASSOCIATION,
    GROUP_FAMILIES,
    LINKAGE,
    LOAD,
    ORIGIN,
    SCORES_OF,
)

LEAST_NATS = 0.1

SHARES = {
    "ring": "are joined by payment methods and devices that a few of them share each",
    "program": "use one client program",
}
"""What members of a link have in common, where "share one" does not say it."""
TIES = {
    "ring": "Of honest people no more than a dozen are joined so",
    "program": "They have several such programs in common, or pay with cards or sit at devices that"
    " strangers share",
}
SAME_DAY = 0.8
"""Of those created within two weeks, that are told to be of one day."""
TIE = "They are strangers to each other and share what strangers do not"

MORE_EVENLY = "They share the load more evenly than honest groups of their size"
SAYS = {
    "elicitation": "ask for reasoning, grading or rewritten reasoning",
    "capabilities": "lean to tasks that teach a model to reason, plan or program",
    "openings": "ask single questions and hardly ever go on",
    "networks": "move between networks",
    "proxy": "come through proxies",
    "active_hours": "are active round the clock",
    "steadiness": "keep an even pace",
}


def explain_group(kind: str, assessment: Assessment, i: int) -> list[str]:
    """Sentences about group ``i`` of ``assessment``, whose link is of ``kind``.

    The first says what the members share; each of the others is a family of evidence that counted,
    with its deviation from honest groups and its nats.
    """
    measures, evidence = assessment.measures, assessment.evidence
    members = float(measures.members[i])
    lines = [
        f"About {members:,.0f} accounts {shares(kind)};"
        f" {float(measures.strangers[i]):.0%} of those looked at are strangers to each other."
    ]
    nats = evidence.nats[i]
    order = sorted(range(len(GROUP_FAMILIES)), key=lambda f: -nats[f])
    lines += [
        f"{_sentence(kind, assessment, i, f)} ({GROUP_FAMILIES[f]}: {nats[f]:.1f} nats at"
        f" a deviation of {float(evidence.deviations[i, f]):.1f})."
        for f in order
        if nats[f] >= LEAST_NATS
    ]
    return lines


def shares(kind: str) -> str:
    """What the accounts under a link of ``kind`` do, to follow their number."""
    return SHARES.get(kind, f"share one {kind.replace('_', ' ')}")


def _sentence(kind: str, assessment: Assessment, i: int, family: int) -> str:
    measures = assessment.measures
    if family == LOAD:
        return MORE_EVENLY
    if family == ORIGIN:
        share, within = measures.cohort[i], "two weeks"
        if measures.burst[i] >= SAME_DAY * share:
            share, within = measures.burst[i], "a day"
        return f"{float(share):.0%} of those looked at were created within {within}"
    if family == LINKAGE:
        return TIES.get(kind, TIE)
    if family == ASSOCIATION:
        return f"{float(measures.voters[i]):.0%} of its activity is by members of a campaign"
    name = SCORES_OF[family][int(assessment.evidence.strongest[i, family])]
    return f"More than members of honest groups, they {SAYS[name]}"
