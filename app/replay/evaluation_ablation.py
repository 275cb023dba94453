"""Policies without some of the evidence: what does each kind of it add?"""

from collections.abc import Sequence
from typing import Any

from app.detection.features import EVIDENCE_NAMES
from app.detection.group_evidence import GROUP_FAMILIES
from app.policy.document import PolicyDocument

SECTIONS: dict[str, tuple[str, ...]] = {"evidence": EVIDENCE_NAMES, "groups": GROUP_FAMILIES}
FAMILIES = tuple(f"{section}.{name}" for section, names in SECTIONS.items() for name in names)
"""Every family by the path of its settings in the policy: ``evidence`` of an account, ``groups`` of
what accounts have in common."""


def without(policy: PolicyDocument, families: Sequence[str]) -> PolicyDocument:
    """``policy`` with the weight of ``families`` at zero, and nothing asked of them.

    ``evidence`` or ``groups`` alone stands for all families of that section. A policy in which
    nothing can act any more is no valid document, but a fair control: it is not validated. Raises
    ValueError for an unknown family.
    """
    chosen: list[str] = []
    for family in families:
        whole = [f"{family}.{name}" for name in SECTIONS.get(family, ())]
        if not whole and family not in FAMILIES:
            raise ValueError(f"no family of evidence is called {family}: {', '.join(FAMILIES)}")
        chosen += whole or [family]
    changed: dict[str, Any] = {}
    for section, names in SECTIONS.items():
        settings = getattr(policy, section)
        silenced = {
            name: _silent(getattr(settings, name))
            for name in names
            if f"{section}.{name}" in chosen
        }
        changed[section] = settings.model_copy(update=silenced)
    return policy.model_copy(update=changed)


def _silent(detector: Any) -> Any:
    needs = {name: 0.0 for name in ("throttle_needs", "suspend_needs") if hasattr(detector, name)}
    return detector.model_copy(update={"weight": 0.0, **needs})
