"""A link's evidence in sentences, for a person who knows none of the figures."""

from app.detection.links import LinkEvidence


def explain(evidence: LinkEvidence) -> list[str]:
    """What the figures say, one sentence each; those that could not be measured say nothing."""
    about = "" if evidence.members_error == 0 else "about "
    lines = [
        f"{about}{evidence.members:,.0f} accounts share this {evidence.kind.replace('_', ' ')}, of"
        f" {evidence.active:,.0f} active; they sent {evidence.requests:,} requests."
    ]
    if evidence.narrowness is not None:
        name, task = max(
            evidence.tasks.items(), key=lambda item: (item[1].link or 0) - (item[1].population or 0)
        )
        lines.append(
            f"{task.link or 0:.0%} of their work is {name.replace('_', ' ')}, against"
            f" {task.population or 0:.0%} in the population."
        )
    spread = evidence.load_spread
    if spread.link is not None and spread.population is not None:
        lines.append(
            f"An account's load in a period varies by a factor of {2**spread.link:.1f}, against"
            f" {2**spread.population:.1f} in the population."
        )
    if evidence.synchrony is not None:
        lines.append(
            f"Their hours of activity are {evidence.synchrony:.1f} times as uneven as the"
            " population's rhythm alone would make them."
        )
    if evidence.burst is not None:
        lines.append(f"{evidence.burst:.0%} of those looked at were created within 24 hours.")
    if evidence.kinship:
        lines.append(f"{evidence.kinship:.0%} of those looked at belong to one organisation.")
    if evidence.pivot.link is not None and evidence.pivot.population is not None:
        lines.append(
            f"{evidence.pivot.link:.0%} of their traffic moved to other models in a day, against"
            f" {evidence.pivot.population:.0%} of everyone's."
        )
    if evidence.exempt or evidence.trusted:
        lines.append(
            f"{evidence.exempt:.0%} of the sightings are of exempt accounts and"
            f" {evidence.trusted:.0%} of accounts that are verified by document or contract, or an"
            " enterprise's or a reseller's."
        )
    return lines
