"""A campaign's record: what its members did, which links it has, how it stands."""

from typing import Any

import pytest

from app.agents.campaign_book import CampaignBook
from app.events.campaigns import Campaign
from app.state.campaign_layout import MAX_CAMPAIGNS
from tests.unit.agents.linkage import CAMPAIGN, EPOCH, Detector, Links, detector, hex16, marker
from tests.unit.agents.linkage import sighting as ordinary

__all__ = ["detector"]
HOUR = 3_600_000
MODEL = "00000000000000aa"


def member(account: str, epoch: int, *, told: float = 0.9, **changes: Any) -> Any:
    """A member under the campaign's own link."""
    held = (CAMPAIGN, told, epoch - 1)
    return ordinary(
        account, epoch, held=held, kind="campaign", hash=hex16(CAMPAIGN), requests=10, **changes
    )


def newest(links: Links) -> Campaign:
    return links.campaigns()[-1]


def test_a_record_sums_up_what_members_did(detector: Detector) -> None:
    links = Links()
    links.feed(
        *(member(f"a{i}", EPOCH, tokens=40, input_tokens=7, model=MODEL, model_share=900)
          for i in range(5)),
        marker(EPOCH),
    )  # fmt: skip
    links.feed(
        *(member(f"a{i}", EPOCH + 1, told=0.97, tokens=0, input_tokens=0) for i in range(6)),
        marker(EPOCH + 1),
    )
    record = newest(links)
    assert record.campaign_id == hex16(CAMPAIGN)
    assert (record.accounts, record.interactions) == (6, 110)
    assert (record.input_tokens, record.output_tokens) == (35, 200)
    assert sum(record.tasks.values()) == pytest.approx(1.0)
    assert MODEL in record.models
    assert record.last_seen == (EPOCH + 2) * 6 * HOUR
    assert record.confidence == pytest.approx(0.97)


def test_a_campaign_forms_is_confirmed_and_contained(detector: Detector) -> None:
    links = Links()
    links.feed(member("a", EPOCH), member("b", EPOCH), marker(EPOCH))
    assert newest(links).status == "forming"
    links.feed(member("a", EPOCH + 1, told=0.96), marker(EPOCH + 1))
    assert newest(links).status == "confirmed"
    halfway = [member("a", EPOCH + 2, standing="suspend"), member("b", EPOCH + 2, told=0.96)]
    links.feed(*halfway, marker(EPOCH + 2))
    assert (newest(links).status, newest(links).prevented_interactions) == ("confirmed", 10)
    everyone = [member(name, EPOCH + 3, standing="suspend") for name in ("a", "b")]
    links.feed(*everyone, marker(EPOCH + 3))
    assert (newest(links).status, newest(links).prevented_interactions) == ("contained", 30)


def test_a_campaign_that_is_seen_no_more_is_contained_and_told_of_no_longer(
    detector: Detector,
) -> None:
    links = Links()
    links.feed(member("a", EPOCH), marker(EPOCH))
    for epoch in range(EPOCH + 1, EPOCH + 7):
        links.feed(marker(epoch))
    told = [(c.status, c.last_seen) for c in links.campaigns()]
    assert [status for status, _ in told] == ["forming"] * 4 + ["contained"]


def test_links_are_told_of_from_every_partition_a_period_later(detector: Detector) -> None:
    links = Links()
    links.feed(*(ordinary(f"a{i}", EPOCH, hash=f"{k:016x}") for i in range(4) for k in range(1, 4)))
    links.feed(marker(EPOCH))
    found = links.findings()
    assert [(f.campaign_id, f.kind, f.population) for f in found] == [
        (hex16(CAMPAIGN), "payment", 4)
    ] * 3
    assert {f.hash for f in found} == {f"{k:016x}" for k in range(1, 4)}
    records = [(o.key, o.value) for o in links.outputs if o.topic == "sightings"]
    links.feed(*records, *(member(f"a{i}", EPOCH + 1) for i in range(4)), marker(EPOCH + 1))
    [record] = links.campaigns()
    assert {link.hash for link in record.links} == {f"{k:016x}" for k in range(1, 4)}
    assert all(0 <= link.rarity <= 1 and link.population == 4 for link in record.links)
    assert "payment" in record.evidence[0]
    # It survives a restart, and counts when the period after its own is closed.
    links.checkpoint()
    links.crash()
    links.feed(*(member(f"a{i}", EPOCH + 2) for i in range(4)), marker(EPOCH + 2))
    assert len(newest(links).links) == 3


def test_a_link_is_as_rare_as_it_is_among_the_accounts_of_all_partitions(
    detector: Detector,
) -> None:
    links = Links(partitions=3, lockstep=True)
    links.feed(*(ordinary(f"a{i}", EPOCH, hash=f"{1:016x}") for i in range(4)))
    links.feed(*(marker(EPOCH, number, 3, accounts=100 * (number + 1)) for number in range(3)))
    links.checkpoint()
    links.crash()
    links.feed(*(ordinary(f"a{i}", EPOCH + 1, hash=f"{1:016x}") for i in range(4)))
    links.feed(*(marker(EPOCH + 1, number, 3, accounts=400) for number in range(2)))
    links.feed(marker(EPOCH + 1, 2, 3))
    assert [(f.population, f.rarity) for f in links.findings()] == [
        (4, pytest.approx(1 - 4 / 600)),
        (4, pytest.approx(1 - 4 / 800)),
    ]


def test_of_too_many_campaigns_the_one_longest_unseen_gives_way(detector: Detector) -> None:
    links = Links()
    for number in range(MAX_CAMPAIGNS + 1):
        campaign = CAMPAIGN + number
        links.feed(
            ordinary("a", EPOCH + number, held=(campaign, 0.9, EPOCH), kind="campaign",
                     hash=hex16(campaign))
        )  # fmt: skip
    held = {int(total["id"]) for total in links.partition.folder.book.sums}
    assert held == {CAMPAIGN + number for number in range(1, MAX_CAMPAIGNS + 1)}


def test_a_book_goes_on_from_what_it_saved(detector: Detector) -> None:
    links = Links()
    links.feed(*(member(f"a{i}", EPOCH) for i in range(5)))
    saved = links.partition.folder.book.save()
    again = CampaignBook()
    again.restore(saved)
    assert again.save() == saved
    assert (again.sums == links.partition.folder.book.sums).all()


@pytest.mark.parametrize(
    "saved",
    [{}, {"sums": 5, "links": [], "new": []}, {"sums": {}, "links": [{}], "new": []}, None],
)
def test_a_book_that_makes_no_sense_is_refused(saved: Any) -> None:
    with pytest.raises(ValueError, match="campaigns make no sense"):
        CampaignBook().restore(saved)
