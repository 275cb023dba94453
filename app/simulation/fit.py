"""Fits ``calibration.yaml`` to public traces of LLM serving.

``python -m app.simulation.fit DIRECTORY`` reads the three traces named in ``SOURCES`` and writes
the fitted section of the file anew; its ``assumed`` section, which no trace tells, is kept.
"""

import csv
import gzip
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
import yaml

from app.simulation.calibration import KNOTS, FloatArray, Quantiles

WINDOW_S = 600
WINDOWS_PER_DAY = 86_400 // WINDOW_S
# The length in blocks at which two prompts of the Mooncake trace count as one template.
PREFIX_BLOCKS = 3

SOURCES = {
    "servegen-m-large.csv.gz": "alibaba/ServeGen, Apache-2.0: 162 clients of one model, 14 days",
    "azure-conv.csv.gz": "Azure/AzurePublicDataset, CC-BY-4.0: one hour of conversation, 2023",
    "mooncake-conversation.jsonl.gz": "kvcache-ai/Mooncake, Apache-2.0: one hour of conversation",
}

HEADER = """\
# What benign traffic is fitted to. Written by `python -m app.simulation.fit`, but for `assumed`.
#
# `values` are quantiles at the probabilities
#   {knots}
# and a value is drawn by interpolating their logarithms.
"""


class ClientTrace(NamedTuple):
    """Active windows of API clients: one entry of each array per client and window."""

    client: npt.NDArray[np.int64]
    window: npt.NDArray[np.int64]
    rate_per_s: FloatArray
    cv: FloatArray

    @property
    def days(self) -> float:
        """Length of the trace."""
        return float(self.window.max() + 1) / WINDOWS_PER_DAY

    def of_each(self) -> "list[ClientTrace]":
        """One trace per client, windows ascending."""
        order = np.lexsort((self.window, self.client))
        bounds = np.flatnonzero(np.diff(self.client[order])) + 1
        return [
            ClientTrace(self.client[part], self.window[part], self.rate_per_s[part], self.cv[part])
            for part in np.split(order, bounds)
        ]


def read_clients(path: Path) -> ClientTrace:
    """A ServeGen trace."""
    with gzip.open(path, "rt") as lines:
        rows = [(row[0], row[1], row[2], row[3]) for row in list(csv.reader(lines))[1:]]
    table = np.array(rows, np.float64)
    return ClientTrace(
        table[:, 0].astype(np.int64),
        (table[:, 1] // WINDOW_S).astype(np.int64),
        table[:, 2],
        table[:, 3],
    )


def read_azure(path: Path) -> FloatArray:
    """Context and generated tokens of the Azure trace, ``float64[n, 2]``."""
    with gzip.open(path, "rt") as lines:
        return np.array([row[1:3] for row in list(csv.reader(lines))[1:]], np.float64)


def read_mooncake(path: Path) -> tuple[FloatArray, list[tuple[int, ...]]]:
    """Input and output tokens, ``float64[n, 2]``, and each request's opening blocks."""
    with gzip.open(path, "rb") as lines:
        rows = [orjson.loads(line) for line in lines]
    lengths = np.array([(row["input_length"], row["output_length"]) for row in rows], np.float64)
    return lengths, [tuple(row["hash_ids"][:PREFIX_BLOCKS]) for row in rows]


def fit_clients(trace: ClientTrace) -> dict[str, Any]:
    """The ``api_clients`` section, see ``ClientLaw``."""
    clients = trace.of_each()
    windows = trace.days * WINDOWS_PER_DAY
    volume = np.array([client.rate_per_s.sum() * WINDOW_S / trace.days for client in clients])
    active = np.array([client.window.size / windows for client in clients])
    spells = sum(1 + np.count_nonzero(np.diff(client.window) > 1) for client in clients)
    steps = []
    for client in clients:
        next_to = np.diff(client.window) == 1
        if np.count_nonzero(next_to) > 20:
            steps.append(np.std(np.diff(np.log(client.rate_per_s))[next_to]))
    cv = [np.median(client.cv) for client in clients]
    cv_spread = [np.std(np.log(np.maximum(client.cv, 1e-3))) for client in clients]
    hour = (trace.window * WINDOW_S // 3600) % 24
    day = (trace.window // WINDOWS_PER_DAY) % 7
    total = np.bincount(trace.client, trace.rate_per_s)[trace.client]
    share = trace.rate_per_s / total / len(clients)
    return {
        "requests_per_day": _document(Quantiles.of(volume)),
        "active_share": _document(Quantiles.of(active)),
        "volume_activity_correlation": _rounded(
            np.corrcoef(np.argsort(np.argsort(volume)), np.argsort(np.argsort(active)))[0, 1]
        ),
        "spell_windows": _rounded(trace.window.size / spells),
        "window_sigma": _rounded(np.median(steps)),
        "interarrival_cv": _document(Quantiles.of(cv)),
        "interarrival_cv_sigma": _rounded(np.median(cv_spread)),
        "hours": _rounded_list(np.bincount(hour, share, 24) * 24),
        "weekdays": _rounded_list(np.bincount(day, share, 7) * 7),
    }


def fit_tokens(lengths: FloatArray) -> dict[str, Any]:
    """One law of ``tokens`` from ``float64[n, 2]`` of input and output tokens."""
    return {
        "input": _document(Quantiles.of(lengths[:, 0])),
        "output": _document(Quantiles.of(lengths[:, 1])),
        "log_correlation": _rounded(np.corrcoef(np.log(lengths.T + 1))[0, 1]),
    }


def fit_prefixes(prefixes: list[tuple[int, ...]]) -> dict[str, Any]:
    """How often a prompt prefix recurs: exponent of a discrete power law.

    Maximum likelihood in the continuous approximation of Clauset, Shalizi and Newman, "Power-law
    distributions in empirical data" (SIAM Review 51, 2009), eq. 3.7, from the smallest count on
    where that approximation holds (x_min = 2).
    """
    counts = np.array(list(_count(prefixes).values()), np.float64)
    tail = counts[counts >= 2]
    exponent = 1 + tail.size / np.log(tail / 1.5).sum()
    return {"distinct_share": _rounded(counts.size / counts.sum()), "exponent": _rounded(exponent)}


def fit(directory: Path) -> dict[str, Any]:
    """The fitted part of the document, from the traces in ``directory``."""
    clients, azure, mooncake = (directory / name for name in SOURCES)
    lengths, prefixes = read_mooncake(mooncake)
    return {
        "sources": SOURCES,
        "api_clients": fit_clients(read_clients(clients)),
        "tokens": {
            "conversation": fit_tokens(read_azure(azure)),
            "long_context": fit_tokens(lengths),
        },
        "prefix_reuse": fit_prefixes(
            [prefix for prefix in prefixes if len(prefix) == PREFIX_BLOCKS]
        ),
    }


def _count(prefixes: list[tuple[int, ...]]) -> dict[tuple[int, ...], int]:
    counts: dict[tuple[int, ...], int] = {}
    for prefix in prefixes:
        counts[prefix] = counts.get(prefix, 0) + 1
    return counts


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _rounded_list(values: npt.ArrayLike) -> list[float]:
    return [_rounded(value) for value in np.asarray(values, np.float64)]


def _document(quantiles: Quantiles) -> dict[str, Any]:
    return {"values": _rounded_list(quantiles.values)}


def main(directory: Path) -> None:
    """Write the calibration anew from the traces in ``directory``."""
    target = Path(__file__).with_name("calibration.yaml")
    assumed = target.read_text("utf-8").partition("\nassumed:")
    fitted = yaml.safe_dump(fit(directory), sort_keys=False, width=100, default_flow_style=None)
    header = HEADER.format(knots=", ".join(f"{knot:g}" for knot in KNOTS))
    target.write_text(f"{header}\n{fitted}{assumed[1]}{assumed[2]}", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
