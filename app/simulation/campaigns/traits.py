"""How one campaign goes about it: what its operator happened to choose, drawn once by seed.

A detector tuned to one choice would catch the generator and not the campaign. Ranges are wide on
purpose; the reason of each stands beside it. All are drawn before anything that depends on the
number of accounts, so that a campaign keeps its ways at every scale.
"""

from dataclasses import dataclass

import numpy as np

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True)
class Traits:
    """What the operator chose.

    ``families``: of prompts, in all; ``shard``: how many of them one lot of accounts works through.
    Neither is scaled down with the accounts: an account of a small campaign must not be narrower
    than one of the full campaign. A small campaign therefore has fewer accounts per family, so that
    it is harder to catch by them, never easier.
    """

    families: int
    shard: int
    templated: bool
    programs: int
    flips: int
    per_payment: float
    paying: float
    own_devices: bool
    per_device: float
    own_domains: float
    lot: float
    recruit_days: float
    aged: float
    per_exit: float
    shared_exits: float
    datacentre: float
    stays: tuple[float, float, float]
    per_session: float
    multi_turn: float
    evenness: float
    best: int
    model_share: float
    elicitation: float
    long_context: float
    focus: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Traits":
        """The choices of one operator.

        Where they are a rate or a share, each account has its own around it: see ``Wave.around``.
        """
        # "A few hundred": each family is one kind of question with slots to fill in.
        families = int(rng.integers(100, 501))
        # Every account takes from one queue, or lots of accounts each have a part of it.
        shard = families if rng.random() < 0.5 else int(rng.integers(20, 61))
        return cls(
            families=families,
            shard=shard,
            # System prompts are written for each kind of question, or for the client alone.
            templated=bool(rng.random() < 0.5),
            # Versions of the client in use at once; one would be caught by its temperature.
            programs=_between(rng, 4, 40),
            # Slots filled in a fixed text: near-duplicates in the sense of three to five bits.
            flips=int(rng.integers(3, 6)),
            # "A handful of accounts per payment method."
            per_payment=float(rng.uniform(2.5, 8.0)),
            # The rest lives on trial credit.
            paying=float(rng.uniform(0.75, 1.0)),
            # A virtual machine for each account, which costs next to nothing, or some to each. Of
            # another stream of numbers: it is no reason for every other choice to change.
            own_devices=bool(rng.spawn(1)[0].random() < 0.5),
            per_device=float(rng.uniform(1.0, 4.0)),
            # Domains bought for sign-ups, beside the public mail providers.
            own_domains=float(rng.uniform(0.0, 0.3)),
            # Accounts are opened by a script, so many at a time, or bought in such lots.
            lot=float(np.exp(rng.uniform(np.log(10), np.log(150)))),
            recruit_days=float(np.exp(rng.uniform(np.log(10), np.log(120)))),
            # Others are bought, or stolen: as old as anybody's.
            aged=float(rng.uniform(0.2, 0.7)),
            # Accounts for each exit that the proxy seller provides.
            per_exit=float(np.exp(rng.uniform(np.log(4), np.log(40)))),
            # Exits at which the platform has honest customers too.
            shared_exits=float(rng.uniform(0.25, 0.7)),
            datacentre=float(rng.uniform(0.0, 0.4)),
            # Sellers let a customer keep an exit, or change it by the hour or the day: the shares
            # of accounts for which each was bought.
            stays=tuple(rng.dirichlet([1.0, 1.0, 1.0]).tolist()),
            # An account is given some questions at a time; in some accounts they follow each other.
            per_session=float(np.exp(rng.uniform(0.0, np.log(5.0)))),
            multi_turn=float(rng.uniform(0.0, 0.7)),
            # Spread of the logarithm of an account's volume: "load balanced evenly".
            evenness=float(rng.uniform(0.0, 0.2)),
            # The most capable model, or the one before it.
            best=int(rng.integers(0, 2)),
            model_share=float(rng.uniform(0.7, 1.0)),
            # Some ask for the reasoning in so many words; some find that the answers show enough.
            elicitation=float(rng.uniform(0.2, 1.8)),
            long_context=float(rng.uniform(0.0, 0.5)),
            focus=float(rng.uniform(0.34, 0.7)),
        )


def _between(rng: np.random.Generator, low: int, high: int) -> int:
    """A whole number of ``low`` to ``high``, its logarithm uniform."""
    return int(np.exp(rng.uniform(np.log(low), np.log(high + 1))))
