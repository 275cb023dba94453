"""Why an account was found to be in a campaign, in sentences, strongest first."""

from app.detection.group_evidence import GROUP_FAMILIES


def explain_verdict(
    kind: str, families: int, link_probability: float, probability: float
) -> list[str]:
    """Sentences about an account under a link of ``kind``; ``families`` is the bit mask of the
    families of evidence that spoke against the link's members when it was last judged,
    ``link_probability`` what came of it, ``probability`` the account's own."""
    spoke = [name for bit, name in enumerate(GROUP_FAMILIES) if families >> bit & 1]
    because = f": {', '.join(spoke)} speak against them" if spoke else ""
    likeness = probability / link_probability if link_probability > 0 else 0.0
    return [
        f"It shares one {kind.replace('_', ' ')} with accounts that are a campaign's with"
        f" probability {link_probability:.2f}{because}.",
        f"What it does resembles them with probability {likeness:.2f}.",
    ]


def explain_withdrawal(campaign: str) -> list[str]:
    """Sentences about an account that a campaign lets go."""
    return [f"Nothing holds it in campaign {campaign} any longer."]
