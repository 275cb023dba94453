"""The rung that grows a new head for each that is cut off."""

from dataclasses import dataclass
from typing import ClassVar

from app.simulation.campaigns.seed import Seed


@dataclass(frozen=True)
class Hydra(Seed):
    """Every suspended account is replaced within an hour, on new links, keeping the templates.

    Until ``heads`` times the accounts it began with have been replaced: sign-ups cost money.
    """

    name: ClassVar[str] = "hydra"

    heads: float = 3.0

    @property
    def replacements(self) -> int:
        """See ``Campaign``."""
        return round(self.accounts * self.heads)
