"""Which organisation an account is taken to be of."""

import numpy as np
import pytest

from app.kernels.organisations import (
    BUCKETS,
    LEAST,
    Domains,
    count_domains,
    organisation_of,
)
from app.state.layout import ACCOUNT, FLAG_STUB

NOW = 1_748_000_000_000


def rows(*domains: int, **fields: object) -> np.ndarray:
    """Active accounts with these domains."""
    found = np.zeros(len(domains), ACCOUNT)
    found["id_length"], found["last_ts"] = 4, NOW
    found["email_domain"] = domains
    for name, value in fields.items():
        found[name] = value
    return found


def organisation(domains: Domains, **fields: int) -> int:
    return int(organisation_of(rows(0, **fields)[0], domains))


def test_a_domain_that_few_have_is_an_organisations() -> None:
    domains = count_domains(rows(*[7] * LEAST, *[9] * (LEAST + 1)), NOW, 4)
    assert organisation(domains, email_domain=7) == 7
    assert organisation(domains, email_domain=9) == 0
    assert organisation(domains, email_domain=9, org=5) == 5
    assert organisation(domains) == 0


@pytest.mark.parametrize(
    ("active", "partitions", "more"), [(100, 12, 1), (500, 12, 5), (20_000, 20, 10)]
)
def test_how_many_may_have_it_grows_with_the_platform_to_a_bound(
    active: int, partitions: int, more: int
) -> None:
    assert count_domains(rows(*range(active)), NOW, partitions).most == LEAST + more


@pytest.mark.parametrize("idle", [{"id_length": 0}, {"flags": FLAG_STUB}, {"last_ts": NOW - 1}])
def test_who_is_not_active_does_not_count(idle: dict[str, int]) -> None:
    assert count_domains(rows(*[7] * 50, **idle), NOW, 4).counts.sum() == 0


def test_domains_are_counted_by_some_bits() -> None:
    domains = count_domains(rows(*[7] * 3, *[BUCKETS + 7] * 2), NOW, 4)
    assert domains.counts[7] == 5
