"""The rung that does it all."""

from dataclasses import dataclass
from typing import ClassVar

from app.simulation.campaigns.diurnal import Diurnal
from app.simulation.campaigns.hydra import Hydra
from app.simulation.campaigns.paraphrase import Paraphrase
from app.simulation.campaigns.unlinked import Unlinked


@dataclass(frozen=True)
class Combined(Paraphrase, Unlinked, Diurnal, Hydra):
    """``paraphrase``, ``unlinked``, ``diurnal`` and ``hydra`` together."""

    name: ClassVar[str] = "combined"
