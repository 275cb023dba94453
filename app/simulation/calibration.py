"""The numbers that benign traffic is fitted to, and how to draw from them.

``calibration.yaml`` holds them with their provenance; ``python -m app.simulation.fit`` writes it.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Quantiles:
    """A distribution of a positive quantity, as its quantile function.

    Between the knots the logarithm of the value is linear in the probability: heavy tails keep
    their shape without a parametric family.
    """

    probabilities: FloatArray
    values: FloatArray

    def at(self, probability: FloatArray) -> FloatArray:
        """The quantiles at ``probability`` (any shape, 0..1)."""
        return np.exp(np.interp(probability, self.probabilities, np.log(self.values)))

    def probability_below(self, value: float) -> float:
        """The share of the distribution below ``value``."""
        return float(np.interp(np.log(value), np.log(self.values), self.probabilities))

    @classmethod
    def of(cls, sample: npt.ArrayLike) -> "Quantiles":
        """The empirical quantiles of ``sample``; values of 0 count as the smallest positive one."""
        data = np.asarray(sample, np.float64)
        data = np.maximum(data, data[data > 0].min())
        return cls(KNOTS, np.quantile(data, KNOTS))


KNOTS = np.array([0.0, 0.01, 0.05, *np.arange(0.1, 0.95, 0.1), 0.95, 0.99, 0.999, 1.0])


@dataclass(frozen=True)
class TokenLaw:
    """Tokens of a request. The two are nearly uncorrelated in both traces, so they are drawn apart.

    ``log_correlation`` is the measured correlation of their logarithms.
    """

    input: Quantiles
    output: Quantiles
    log_correlation: float


@dataclass(frozen=True)
class ClientLaw:
    """How API clients of products send: per client, and per ten-minute window of a client.

    ``volume_activity_correlation``: rank correlation of requests per day and share of active
    windows. ``spell_windows``: mean length of an active spell. ``window_sigma``: standard deviation
    of the change of log rate from one active window to the next. ``cv``: client medians of the
    coefficient of variation of inter-arrival times; ``cv_sigma``: spread of its logarithm within a
    client. ``hours`` (24) and ``weekdays`` (7): mean share of a client's volume times 24 and 7.
    """

    requests_per_day: Quantiles
    active_share: Quantiles
    volume_activity_correlation: float
    spell_windows: float
    window_sigma: float
    cv: Quantiles
    cv_sigma: float
    hours: FloatArray
    weekdays: FloatArray


@dataclass(frozen=True)
class Calibration:
    """Everything in ``calibration.yaml``. ``assumed`` is what no public trace tells."""

    clients: ClientLaw
    conversation: TokenLaw
    long_context: TokenLaw
    prefix_exponent: float
    assumed: dict[str, float]


def _quantiles(document: dict[str, Any]) -> Quantiles:
    return Quantiles(KNOTS, np.asarray(document["values"], np.float64))


def _tokens(document: dict[str, Any]) -> TokenLaw:
    return TokenLaw(
        _quantiles(document["input"]),
        _quantiles(document["output"]),
        float(document["log_correlation"]),
    )


@cache
def calibration() -> Calibration:
    """The shipped calibration."""
    document = yaml.safe_load((files("app.simulation") / "calibration.yaml").read_text("utf-8"))
    clients = document["api_clients"]
    return Calibration(
        clients=ClientLaw(
            requests_per_day=_quantiles(clients["requests_per_day"]),
            active_share=_quantiles(clients["active_share"]),
            volume_activity_correlation=float(clients["volume_activity_correlation"]),
            spell_windows=float(clients["spell_windows"]),
            window_sigma=float(clients["window_sigma"]),
            cv=_quantiles(clients["interarrival_cv"]),
            cv_sigma=float(clients["interarrival_cv_sigma"]),
            hours=np.asarray(clients["hours"], np.float64),
            weekdays=np.asarray(clients["weekdays"], np.float64),
        ),
        conversation=_tokens(document["tokens"]["conversation"]),
        long_context=_tokens(document["tokens"]["long_context"]),
        prefix_exponent=float(document["prefix_reuse"]["exponent"]),
        assumed={name: float(value) for name, value in document["assumed"].items()},
    )
