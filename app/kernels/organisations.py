"""Which organisation an account is taken to be of: the one it names, or that of its e-mail domain.

A laboratory, a start-up or a class shares one payment method or device and has no organisation's
id with the platform: what tells its people from strangers is that their addresses are of one domain
that hardly anybody else has. Providers of addresses for everybody are told from organisations by
how many accounts of the partition, which is a random sample of all, have the domain; an operator
who gives hundreds of accounts one domain of its own makes strangers of them, too.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels.compile import kernel, lean_kernel
from app.kernels.decode_types import Int, Record
from app.state.layout import FLAG_STUB

BUCKETS = 1 << 16
"""Counters, shared by domains whose hashes agree in as many bits: one that is counted with another
is at worst taken for a provider's."""
LEAST = 2
"""Accounts of a partition that may always have one domain and be an organisation's."""
MOST = 200
"""Accounts of all partitions, roughly, that one domain may have and be an organisation's."""
SHARE = 0.01
"""Of the partition's active accounts that may. A partition has now more, now fewer of a company's
accounts than its share: at 0.002 some took thirty of 15,000 for strangers."""


class Domains(NamedTuple):
    """How many active accounts have each e-mail domain: ``counts`` uint32[BUCKETS], and ``most``,
    up to which a domain is an organisation's."""

    counts: npt.NDArray[np.uint32]
    most: int


def count_domains(rows: npt.NDArray[np.void], since: int, partitions: int) -> Domains:
    """Count the e-mail domains of the accounts in ``rows``, structured[n] of ``ACCOUNT``, that were
    active at or after the event time ``since`` (ms); of one of so many ``partitions``."""
    counts = np.zeros(BUCKETS, np.uint32)
    active = int(_count(rows, since, counts))
    return Domains(counts, LEAST + int(min(SHARE * active, MOST / partitions)))


@kernel
def _count(rows: npt.NDArray[np.void], since: Int, counts: npt.NDArray[np.uint32]) -> Int:
    active = np.int64(0)
    for slot in range(rows.shape[0]):
        row = rows[slot]
        if row["id_length"] == 0 or row["flags"] & FLAG_STUB or row["last_ts"] < since:
            continue
        active += 1
        if row["email_domain"] != np.uint64(0):
            counts[np.int64(row["email_domain"] & np.uint64(BUCKETS - 1))] += np.uint32(1)
    return active


@lean_kernel
def organisation_of(row: Record, domains: Domains) -> np.uint64:
    """The hash of the account's organisation or of its domain; 0: it is a stranger to everybody."""
    if row["org"] != np.uint64(0):
        return np.uint64(row["org"])
    domain = np.uint64(row["email_domain"])
    if domains.counts[np.int64(domain & np.uint64(BUCKETS - 1))] > domains.most:
        return np.uint64(0)
    return domain
