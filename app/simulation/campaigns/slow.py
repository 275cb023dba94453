"""The rung that has patience, and accounts without number."""

from dataclasses import dataclass
from typing import ClassVar

from app.simulation.campaigns.seed import Seed


@dataclass(frozen=True)
class Slow(Seed):
    """Three requests an account and day from 200,000 accounts."""

    name: ClassVar[str] = "slow"

    accounts: int = 200_000
    requests_per_day: float = 3.0
