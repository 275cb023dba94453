"""Classifiers that are told the answer: how well can anything separate two kinds of accounts?"""

import numpy as np
import numpy.typing as npt

from app.simulation.rows import FloatArray, IntArray

Truth = npt.NDArray[np.bool_]

BANDS = 16
RIDGE = 1.0
STEPS = 25
CLIP = 4.0


def auc(scores: FloatArray, truth: Truth) -> float:
    """The probability that a positive scores above a negative, ties half (Mann, Whitney, 1947)."""
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2.0)[place]
    positives = int(truth.sum())
    negatives = truth.size - positives
    surplus = float(ranks[truth].sum()) - positives * (positives + 1) / 2.0
    return surplus / positives / negatives


def banded_auc(values: FloatArray, truth: Truth, fold: IntArray) -> float:
    """The AUC of a feature that is high in some bands of its values and low in others.

    The likelihood ratio of each of ``BANDS`` quantile bands is learnt without the fold it judges:
    a narrow range in the midst of a wide one is found, and chance is not.
    """
    scores = np.empty(truth.size)
    for held in np.unique(fold):
        out = fold == held
        edges = np.unique(np.quantile(values[~out], np.linspace(0, 1, BANDS + 1)[1:-1]))
        band = np.searchsorted(edges, values, side="right")
        log = [
            np.log(np.bincount(band[~out & kind], minlength=edges.size + 1) + 1.0)
            for kind in (truth, ~truth)
        ]
        # Centred by the class sizes of this fold's training, so that folds can be compared.
        ratio = log[0] - log[1] - np.log((~out & truth).sum() / (~out & ~truth).sum())
        scores[out] = ratio[band[out]]
    return auc(scores, truth)


def cross_validated(values: FloatArray, truth: Truth, fold: IntArray) -> FloatArray:
    """Log-odds of each account by a logistic regression that was fitted without its fold.

    Features are ranked first, so that no heavy tail decides, and their squares are features too: an
    account that is in the midst of everything can be as strange as one at an edge.
    """
    scores = np.empty(truth.size)
    for held in np.unique(fold):
        out = fold == held
        design = _design(values, ~out)
        weights = _fit(design[~out], truth[~out])
        scores[out] = design[out] @ weights
    return scores


def _design(values: FloatArray, known: Truth) -> FloatArray:
    ordered = np.sort(values[known], axis=0)
    columns = [np.ones(len(values))]
    for number in range(values.shape[1]):
        low = np.searchsorted(ordered[:, number], values[:, number], side="left")
        high = np.searchsorted(ordered[:, number], values[:, number], side="right")
        centred = (low + high) / len(ordered) - 1.0
        columns += [centred, np.square(centred) - 1.0 / 3.0]
    return np.stack(columns, axis=1)


def _fit(design: FloatArray, truth: Truth) -> FloatArray:
    """Penalised maximum likelihood by Newton's method (iteratively reweighted least squares)."""
    weights = np.zeros(design.shape[1])
    penalty = np.full(design.shape[1], RIDGE)
    penalty[0] = 1e-6
    for _ in range(STEPS):
        odds = np.clip(design @ weights, -30.0, 30.0)
        chance = 1.0 / (1.0 + np.exp(-odds))
        slope = design.T @ (truth - chance) - penalty * weights
        curve = (design * (chance * (1.0 - chance))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        # A long step from a flat start overshoots.
        weights = weights + step * min(1.0, CLIP / float(np.abs(step).max()))
        if np.abs(step).max() < 1e-6:
            break
    return weights
