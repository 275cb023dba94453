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
        f"About {members:,.0f} accounts share one {kind.replace('_', ' ')};"
        f" {float(measures.strangers[i]):.0%} of those looked at are strangers to each other."
    ]
    nats = evidence.nats[i]
    order = sorted(range(len(GROUP_FAMILIES)), key=lambda f: -nats[f])
    lines += [
        f"{_sentence(assessment, i, f)} ({GROUP_FAMILIES[f]}: {nats[f]:.1f} nats at"
        f" {float(evidence.deviations[i, f]):.1f})."
        for f in order
        if nats[f] >= LEAST_NATS
    ]
    return lines


def _sentence(assessment: Assessment, i: int, family: int) -> str:
    measures = assessment.measures
    if family == LOAD:
        return MORE_EVENLY
    if family == ORIGIN:
        return f"{float(measures.burst[i]):.0%} of those looked at were created within a day"
    if family == LINKAGE:
        return "Strangers do not share this"
    if family == ASSOCIATION:
        return f"{float(measures.voters[i]):.0%} of its activity is by members of a campaign"
    name = SCORES_OF[family][int(assessment.evidence.strongest[i, family])]
    return f"More than members of honest groups, they {SAYS[name]}"
