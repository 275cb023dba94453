"""Groups: what is measured of their rows, what that is worth, and what is made of it."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.detection.assess import Assessment, assess
from app.detection.group_evidence import (
    ASSOCIATION,
    CONTENT,
    GROUP_FAMILIES,
    LINKAGE,
    LOAD,
    MOST_OF_ONE,
    MOST_OF_RING,
    MOST_OF_RINGED,
    MOST_OF_WEB,
    ORIGIN,
    weigh_groups,
    weighted_median,
)
from app.detection.group_measures import measure_groups
from app.detection.group_text import explain_group
from app.detection.ties import HINTS, LEAST_WOVEN
from app.kernels.hyperloglog import observe, scrambled
from app.policy.document import PolicyDocument
from app.policy.groups import group_policy
from app.state.link_layout import (
    CLIENT,
    EMAIL_DOMAIN,
    EXEMPT,
    LINK,
    LINK_KINDS,
    MEDIAN_SCORE,
    NETWORK,
    NORMAL_SCORES,
    PAYING,
    PAYMENT,
    PROGRAM,
    REFERRAL,
    RING,
    SAMPLE,
    SCORES,
    SIGHTINGS,
    SIGNUP_HOUR,
    TRUSTED,
)

POLICY = group_policy(PolicyDocument().groups, PolicyDocument().campaigns)
EPOCH = 80_000


def group(
    kind: int = PROGRAM,
    loads: list[int] | None = None,
    scores: dict[str, float] | None = None,
    created: list[int] | None = None,
    orgs: list[int] | None = None,
    trusted: float = 0.0,
    exempt: float = 0.0,
    trust: float = 0.5,
    webbed: float = 0.0,
    ringed: float = 0.0,
    cards: int = 0,
    devices: int = 0,
) -> Any:
    """A link's row with at most as many members as a row names, each seen in four periods."""
    row = np.zeros(1, LINK)[0]
    loads = loads or [20, 35, 3, 160, 11, 70, 6, 28]
    n = len(loads)
    assert n <= SAMPLE
    row["kind"] = kind
    row["counts"][0, SIGHTINGS] = 4 * n
    row["counts"][0, TRUSTED] = round(4 * n * trusted)
    row["counts"][0, EXEMPT] = round(4 * n * exempt)
    row["webbed"][0] = round(4 * n * webbed)
    row["ringed"][0] = round(4 * n * ringed)
    for thing, distinct in enumerate((cards, devices)):
        row["counts"][0, PAYING + thing] = 4 * n * (distinct > 0)
        for k in range(distinct):
            observe(row["things"][0, thing], np.uint64(scrambled(np.uint64(k))))
    for k, name in enumerate(NORMAL_SCORES):
        shrunk = trust * (scores or {}).get(name, 0.0)
        row["scores"][0, k] = round(4 * n * (MEDIAN_SCORE + 125 * shrunk))
    row["scores"][0, SCORES.index("trust")] = round(4 * n * 1000 * trust)
    for i, load in enumerate(loads):
        row["member"][i] = i + 1
        row["member_epochs"][i] = 0b1111
        row["member_requests"][i] = load
        row["member_created"][i] = (created or [1_000 * (k + 1) for k in range(n)])[i]
        row["member_org"][i] = (orgs or [0] * n)[i]
    return row


def world(*groups: Any) -> npt.NDArray[Any]:
    return np.array([*groups], LINK)


def crowd(seed: int = 1, count: int = 300) -> list[Any]:
    """Honest groups: alike within, different between, of uneven loads."""
    rng = np.random.default_rng(seed)
    return [
        group(
            loads=(1 + rng.lognormal(3.0, 1.2, 10)).astype(int).tolist(),
            scores={name: 0.7 * rng.standard_normal() for name in NORMAL_SCORES},
        )
        for _ in range(count)
    ]


EXTRACTING = {
    "elicitation": 3.0,
    "capabilities": 2.5,
    "fresh": 3.5,
    "openings": 2.0,
    "proxy": 2.5,
    "networks": 1.5,
    "active_hours": 1.5,
}
RESTLESS = EXTRACTING | {"active_hours": 5.0}
EVEN = [25, 26, 24, 25, 27, 25, 23, 26, 25, 24]


def judge(*groups: Any) -> Assessment:
    rows = world(*groups)
    return assess(rows, np.arange(1, len(rows) + 1, dtype=np.uint64), EPOCH, POLICY)


def test_scores_are_means_in_robust_deviations() -> None:
    measures = measure_groups(world(group(scores={"elicitation": 2.0, "proxy": -1.0})))
    assert measures.scores[0, NORMAL_SCORES.index("elicitation")] == pytest.approx(2.0, abs=0.01)
    assert measures.scores[0, NORMAL_SCORES.index("proxy")] == pytest.approx(-1.0, abs=0.01)
    assert measures.members[0] == 8


def test_quiet_members_are_pooled_and_not_shrunk_one_by_one() -> None:
    traits = {"elicitation": 2.0}
    quiet, busy = group(scores=traits, trust=0.1), group(scores=traits, trust=0.9)
    rows = world(quiet, busy)
    measures = measure_groups(rows)
    assert measures.scores[:, NORMAL_SCORES.index("elicitation")] == pytest.approx(2.0, abs=0.05)
    evidence = weigh_groups(rows["kind"], measures, POLICY.detectors)
    assert evidence.deviations[0, CONTENT] < evidence.deviations[1, CONTENT], "but believed less"
    unknown = measure_groups(world(group(scores=traits, trust=0.0)))
    assert (unknown.scores == 0).all()


def test_evenness_takes_chance_off() -> None:
    rng = np.random.default_rng(3)
    quiet = group(loads=rng.poisson(5.0, SAMPLE).clip(1).tolist())
    busy = group(loads=rng.poisson(5_000.0, SAMPLE).tolist())
    uneven = group(loads=(1 + rng.lognormal(3.0, 1.2, SAMPLE)).astype(int).tolist())
    evenness = measure_groups(world(quiet, busy, uneven)).evenness
    assert evenness[0] > 1.5
    assert evenness[1] > 3.0
    assert evenness[2] < 1.0
    assert math.isnan(measure_groups(world(group(loads=[5, 5]))).evenness[0])


def test_a_burst_is_the_densest_day() -> None:
    created = [500, 505, 510, 524, 900, 2_000, 0, 0]
    measures = measure_groups(world(group(created=created)))
    assert measures.burst[0] == pytest.approx(4 / 6)


def test_strangers_are_those_outside_the_largest_organisation() -> None:
    orgs = [7, 7, 7, 9, 0, 0, 0, 0]
    measures = measure_groups(world(group(orgs=orgs), group()))
    assert measures.strangers.tolist() == pytest.approx([5 / 8, 1.0])


def campaigns(**traits: Any) -> Any:
    """A program of a campaign, whose accounts have other such programs, too, and never rest."""
    return group(**{"loads": EVEN, "scores": RESTLESS, "webbed": 0.6} | traits)


def test_only_what_people_never_share_links_strangers() -> None:
    rows = world(group(PAYMENT), group(PROGRAM), group(PAYMENT, orgs=[5] * 8))
    evidence = weigh_groups(rows["kind"], measure_groups(rows), POLICY.detectors)
    assert evidence.deviations[:, LINKAGE].tolist() == pytest.approx([MOST_OF_ONE, 0.0, 0.0])


def test_a_campaign_stands_out_and_honest_groups_do_not() -> None:
    honest = crowd()
    judged = judge(*honest, campaigns())
    assert judged.flagged[-1]
    assert judged.probability[-1] > 0.95
    assert not judged.flagged[:-1].any()
    assert (judged.probability[:-1] == 0).all()
    assert (judged.campaign[:-1] == 0).all()
    assert int(judged.campaign[-1]) >> 32 == EPOCH
    assert judged.evidence.nats[-1, [CONTENT, LOAD]].min() > 1.0


def test_most_of_a_kind_may_be_the_campaigns() -> None:
    """Live groups may not make extraction the yardstick."""
    campaign = campaigns(kind=PAYMENT, created=[1_000] * 10)
    judged = judge(*crowd(count=40), *[campaign] * 200)
    assert judged.flagged[40:].all()
    assert not judged.flagged[:40].any()


def test_what_has_just_appeared_or_is_a_campaigns_is_no_yardstick() -> None:
    """Even where ten campaigns' programs stand beside each honest one."""
    extracting = group(scores=EXTRACTING)
    rows = world(*crowd(count=30), *[extracting] * 300)
    rows["first_epoch"], rows["last_epoch"] = EPOCH - 56, EPOCH

    def content() -> float:
        judged = assess(rows, np.arange(1, len(rows) + 1, dtype=np.uint64), EPOCH, POLICY)
        return float(judged.evidence.deviations[-1, CONTENT])

    as_old = content()
    rows["first_epoch"][30:] = EPOCH - 4
    young = content()
    rows["first_epoch"][30:] = EPOCH - 56
    rows["campaign"][30:] = 1
    held = content()
    rows = rows[[*range(30), -1]]
    alone = content()
    assert as_old + 0.5 < young
    assert young == pytest.approx(alone, abs=0.1)
    assert held == pytest.approx(alone, abs=0.1)


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 4)), min_size=1, max_size=30))
def test_a_weight_counts_a_value_so_often(weighed: list[tuple[int, int]]) -> None:
    values, weights = (np.array(column, np.float64) for column in zip(*weighed, strict=True))
    repeated = np.repeat(values, weights.astype(int))
    assert weighted_median(values, weights) == np.median(repeated)


def test_an_honest_trait_alone_flags_nobody() -> None:
    for traits in (
        {"loads": EVEN},
        {"scores": {"elicitation": 4.0, "capabilities": 4.0}},
        {"scores": {"proxy": 4.0, "networks": 4.0}},
        {"created": [1_000] * 8},
        {"kind": PAYMENT},
    ):
        assert not judge(*crowd(), group(**traits)).flagged[-1], traits  # type: ignore[arg-type]


def test_what_looks_like_a_benchmark_is_not_suspended() -> None:
    """Content and conduct say what is asked; without anything else a group stays below."""
    asked = {"elicitation": 4.0, "capabilities": 4.0, "openings": 4.0}
    judged = judge(*crowd(), *[group(scores=asked)] * 30)
    assert judged.probability.max() <= POLICY.suspend_below


def test_contracts_and_documents_speak_for_a_group() -> None:
    plain = judge(*crowd(), campaigns())
    trusted = judge(*crowd(), campaigns(trusted=1.0))
    exempt = judge(*crowd(), campaigns(exempt=1.0))
    assert trusted.nats[-1] == pytest.approx(plain.nats[-1] - POLICY.trust_nats)
    assert not exempt.flagged[-1]


def test_links_take_the_oldest_name_among_their_members() -> None:
    row = campaigns()
    row["vote"][0] = [11 << 32, 12 << 32, 0]
    row["votes"][0] = [1, 30, 0]
    row["voters"][0] = 31
    judged = judge(*crowd(), row)
    assert int(judged.campaign[-1]) == 12 << 32, "one stray account is no bridge"
    row["votes"][0] = [10, 30, 0]
    assert int(judge(*crowd(), row).campaign[-1]) == 11 << 32
    row["campaign"] = 10 << 32
    assert int(judge(*crowd(), row).campaign[-1]) == 10 << 32


def test_ids_do_not_depend_on_the_order_of_groups() -> None:
    rows = world(*crowd(count=50), *[campaigns() for _ in range(5)])
    names = np.arange(1, len(rows) + 1, dtype=np.uint64)
    order = np.random.default_rng(5).permutation(len(rows))
    straight = assess(rows, names, EPOCH, POLICY)
    shuffled = assess(rows[order], names[order], EPOCH, POLICY)
    assert (straight.campaign[order] == shuffled.campaign).all()
    assert straight.probability[order] == pytest.approx(shuffled.probability)
    assert len(set(straight.campaign[-5:].tolist())) == 5


def test_the_profile_is_the_mean_as_rows_keep_it() -> None:
    judged = judge(group(scores={"elicitation": 2.0}))
    profile = judged.profile[0].astype(float) * 4
    assert profile[NORMAL_SCORES.index("elicitation")] == pytest.approx(750, abs=2)
    assert profile[NORMAL_SCORES.index("proxy")] == pytest.approx(500, abs=2)


def test_no_groups_are_no_trouble() -> None:
    empty = assess(np.zeros(0, LINK), np.zeros(0, np.uint64), EPOCH, POLICY)
    assert len(empty.flagged) == 0


def test_reasons_name_what_counted_strongest_first() -> None:
    judged = judge(*crowd(), campaigns())
    lines = explain_group(LINK_KINDS[PROGRAM], judged, len(judged.flagged) - 1)
    assert lines[0].startswith("About 10 accounts use one client program")
    assert any("evenly" in line for line in lines)
    assert any("conduct:" in line for line in lines)
    counted = [float(line.rsplit(": ", 1)[1].split(" nats")[0]) for line in lines[1:]]
    assert counted == sorted(counted, reverse=True)
    assert len(GROUP_FAMILIES) == 8


def with_cards(cards: int, members: int = 16) -> Any:
    """A group whose members pay with so many cards between them."""
    row = group(loads=[20 + 3 * k for k in range(members)])
    row["counts"][0, PAYING] = row["counts"][0, SIGHTINGS]
    for k in range(members):
        observe(row["registers"][0], np.uint64(scrambled(np.uint64(900 + k))))
        observe(row["things"][0, 0], np.uint64(scrambled(np.uint64(k % cards))))
    return row


def test_one_card_is_a_household_and_five_for_sixteen_are_one_hand() -> None:
    one, five, own = measure_groups(
        world(with_cards(1), with_cards(5), with_cards(16))
    ).crowding.tolist()
    assert one == pytest.approx(0.0, abs=0.1)
    assert five == pytest.approx(math.log2(16 / 5) * 4 / 7, abs=0.4)  # of eight that count in full
    assert own == pytest.approx(0.0, abs=0.35)


def test_members_who_are_sighted_more_often_do_not_pay_for_the_others() -> None:
    """Of 28 who once tried a prompt eleven have cards, and do two thirds of what is seen later."""
    row = with_cards(11, 16)
    for k in range(16, 28):
        observe(row["registers"][0], np.uint64(scrambled(np.uint64(900 + k))))
    row["counts"][0, SIGHTINGS], row["counts"][0, PAYING] = 61, 40
    measures = measure_groups(world(row))
    assert measures.members[0] * 40 / 61 / 11 > 1.4, "as if each card had several owners"
    assert measures.crowding[0] < 0.3
    everyone = with_cards(11, 16)
    everyone["registers"][0] = row["registers"][0]
    assert measure_groups(world(everyone)).crowding[0] > 0.8


def test_colleagues_may_share_cards() -> None:
    rows = world(with_cards(5), with_cards(5))
    rows["member_org"][1, :16] = 3
    evidence = weigh_groups(rows["kind"], measure_groups(rows), POLICY.detectors)
    assert evidence.nats[0, LINKAGE] > 2.0
    assert evidence.nats[1, LINKAGE] == 0.0


def beside(share: float, **traits: Any) -> Any:
    """A group of whose activity ``share`` is by members of a campaign."""
    row = group(**traits)
    row["voters"][0] = round(share * row["counts"][0, SIGHTINGS])
    return row


def test_beside_members_of_a_campaign_accounts_are_as_suspect_as_they_are_many() -> None:
    rows = [beside(share, loads=EVEN) for share in (0.1, 0.6, 0.95)]
    judged = judge(*crowd(), *rows)
    few, some, nearly_all = judged.evidence.nats[-3:, ASSOCIATION].tolist()
    assert few <= 0.0
    assert 0.0 < some <= nearly_all
    alone = judge(*crowd(), group(loads=EVEN))
    assert judged.nats[-1] > alone.nats[-1] + 3.0


def test_a_link_does_not_take_its_own_echo_for_proof() -> None:
    alone = judge(*crowd(), campaigns())
    echoing = judge(*crowd(), beside(1.0, loads=EVEN, scores=RESTLESS, webbed=0.6))
    assert alone.flagged[-1]
    assert echoing.evidence.nats[-1, ASSOCIATION] <= 0.0
    assert echoing.probability[-1] == pytest.approx(alone.probability[-1])


def test_the_echo_lasts_as_long_as_the_link_remembers() -> None:
    """Evidence that wanes is not made up for by members whom the link itself has made suspects."""
    own, others = (beside(1.0, loads=EVEN) for _ in range(2))
    for row, association in ((own, 0), (others, 40)):
        row["campaign"] = 7 << 32
        row["campaign_nats"][ASSOCIATION] = association
    judged = judge(*crowd(), own, others)
    assert judged.evidence.nats[-2, ASSOCIATION] <= 0.0
    assert judged.evidence.nats[-1, ASSOCIATION] > 3.0


EXTRACTING_IN_HIDING = {**EXTRACTING, "proxy": 8.0, "elicitation": 8.0, "openings": 8.0}
EXTRACTING_IN_HIDING |= {"active_hours": 8.0}


@pytest.mark.parametrize("kind", [NETWORK, CLIENT, EMAIL_DOMAIN, REFERRAL, SIGNUP_HOUR])
def test_what_too_many_share_says_nothing_of_who_belongs(kind: int) -> None:
    assert not judge(*crowd(), campaigns(kind=kind, scores=EXTRACTING_IN_HIDING)).flagged[-1]


def test_what_strangers_do_flags_none_whom_nothing_ties() -> None:
    whole = judge(*crowd(), group(loads=EVEN, scores=EXTRACTING_IN_HIDING, created=[1_000] * 10))
    assert whole.nats[-1] > 10.0
    assert not whole.flagged[-1]
    assert whole.suspect[-1]


@pytest.mark.parametrize("trait", ["active_hours", "hiding"])
def test_who_shares_programs_by_day_or_in_the_open_may_run_one_benchmark(trait: str) -> None:
    """Strangers who all ask for reasoning with the same several programs: a benchmark of several
    subjects at night, a product of several prompts."""
    less = {"active_hours": {"active_hours": 1.5}, "hiding": {"proxy": 0.0, "networks": 8.0}}
    asked = {"elicitation": 8.0, "capabilities": 8.0, "openings": 8.0, "proxy": 8.0}
    scores = {**RESTLESS, **asked, **less[trait]}
    shared = judge(*crowd(), *[group(loads=EVEN, scores=scores, webbed=0.95)] * 8)
    assert shared.evidence.nats[-1, LINKAGE] > 0.0
    assert shared.nats[-1] > 10.0
    assert not shared.flagged.any()
    assert (shared.ratio[-8:] == -math.inf).all()
    cards = judge(*crowd(), *[group(loads=EVEN, scores=scores, ringed=0.9, cards=9)] * 8)
    assert cards.flagged[-8:].all()  # what strangers do not share by chance ties them, all the same


def test_a_products_customers_have_one_program_and_a_campaigns_several() -> None:
    judged = judge(*crowd(), *(group(webbed=share) for share in (0.05, 0.2, 0.9)))
    product, some, web = judged.evidence.deviations[-3:, LINKAGE].tolist()
    assert product == 0.0 < some < web == pytest.approx(MOST_OF_WEB)
    other = judge(*crowd(), group(PAYMENT, orgs=[5] * 8, webbed=0.9))
    assert other.evidence.deviations[-1, LINKAGE] == 0.0


def test_members_who_share_cards_with_strangers_are_tied_whatever_they_ask() -> None:
    sharing = (group(ringed=share, cards=12, devices=40) for share in (0.18, 0.5, 0.9))
    judged = judge(*crowd(), *sharing)
    few, some, most = judged.evidence.deviations[-3:, LINKAGE].tolist()
    assert few == 0.0 < some < most == pytest.approx(MOST_OF_RINGED)
    teams = (group(ringed=0.9), group(ringed=0.9, cards=1, devices=8))
    judged = judge(*crowd(), *teams)
    assert judged.evidence.deviations[-2:, LINKAGE].tolist() == [0.0, 0.0]
    colleagues = judge(*crowd(), group(ringed=0.9, cards=12, orgs=[5] * 8))
    assert colleagues.evidence.deviations[-1, LINKAGE] == 0.0


def test_where_everybody_shares_cards_it_ties_nobody() -> None:
    sharing = [group(ringed=0.15, cards=12) for _ in range(300)]
    judged = judge(*sharing, group(ringed=0.3, cards=12), group(ringed=0.95, cards=12))
    usual, most = judged.evidence.deviations[-2:, LINKAGE].tolist()
    assert usual == 0.0
    assert most == pytest.approx(MOST_OF_RINGED)


ASKING = {**EXTRACTING, "elicitation": 5.0, "openings": 4.0, "active_hours": 1.0}


def card(**traits: Any) -> Any:
    """A card of five strangers who behave as a campaign's do, but for what is in ``traits``."""
    given = {"loads": EVEN[:5], "scores": ASKING, "created": [1_000] * 5} | traits
    return group(PAYMENT, **given)


def test_one_card_proves_little_and_many_of_a_kind_much() -> None:
    families = [group(PAYMENT, loads=[3, 40, 9]) for _ in range(60)]
    alone = judge(*crowd(), *families, card())
    assert not alone.flagged.any()
    many = judge(*crowd(), *families, *(card() for _ in range(20)))
    assert many.flagged[-20:].all()
    assert not many.flagged[:-20].any()
    assert (many.probability[-20:] > POLICY.suspend_below).all()


def test_cards_of_colleagues_are_no_kin_of_a_campaigns() -> None:
    colleagues = [card(orgs=[7] * 5), card(trusted=1.0)]
    judged = judge(*crowd(), *colleagues, *(card() for _ in range(20)))
    assert not judged.flagged[300:302].any()
    assert judged.flagged[302:].all()


def test_what_cards_hear_of_each_other_does_not_count_them() -> None:
    echoes = []
    for _ in range(20):
        row = group(PAYMENT, loads=[3, 40, 9])
        row["voters"][0] = row["counts"][0, SIGHTINGS]
        row["campaign"], row["campaign_nats"][ASSOCIATION] = 5, 60
        echoes.append(row)
    judged = judge(*crowd(), *echoes, card())
    assert not judged.flagged[-1]


def test_programs_join_a_web_by_what_their_members_do() -> None:
    asks = campaigns(webbed=0.0)
    rests = group(loads=EVEN, scores={"elicitation": 4.0, "openings": 4.0, "capabilities": 4.0})
    judged = judge(*crowd(), asks, rests, campaigns(trusted=1.0), campaigns(kind=PAYMENT))
    assert judged.suspect[-4:].tolist() == [True, False, False, False]
    assert not judged.flagged[-4]


def ring(members: int, orgs: int = 0, **traits: Any) -> Any:
    """A ring of about ``members``, the first ``orgs`` of those sampled of one organisation."""
    row = group(
        RING, loads=[1, 2, 4, 8, 16, 32, 64, 128] * 2, orgs=[3] * orgs + [0] * (16 - orgs), **traits
    )
    for k in range(members):
        observe(row["registers"][0], np.uint64(scrambled(np.uint64(900 + k))))
    return row


def test_a_ring_is_weighed_by_its_size() -> None:
    rows = world(ring(16), ring(30), ring(200), ring(200, orgs=16))
    evidence = weigh_groups(rows["kind"], measure_groups(rows), POLICY.detectors)
    few, some, many, colleagues = evidence.deviations[:, LINKAGE].tolist()
    assert 0.0 < few < 1.6 < some < many == pytest.approx(MOST_OF_RING)
    assert colleagues == 0.0


def test_a_ratio_is_tested_where_what_speaks_may_flag() -> None:
    few, venue, product, exempt, web = judge(
        *crowd(),
        group(loads=[20, 35, 3], scores=EXTRACTING),
        campaigns(kind=NETWORK),
        group(loads=EVEN, scores={"elicitation": 8.0, "openings": 8.0, "capabilities": 8.0}),
        campaigns(exempt=1.0),
        campaigns(),
    ).ratio[-5:]
    assert math.isnan(few)
    assert math.isnan(venue)
    assert product == exempt == -math.inf
    assert web > 8.0


@pytest.mark.parametrize("off", range(len(GROUP_FAMILIES)))
def test_a_family_without_weight_brings_nothing(off: int) -> None:
    """Switching evidence off must not stand for it."""
    detectors = list(POLICY.detectors)
    detectors[off] = detectors[off]._replace(weight=0.0)
    policy = POLICY._replace(detectors=tuple(detectors))
    asks = {"elicitation": 8.0, "openings": 8.0, "capabilities": 8.0}
    rows = world(*crowd(), group(loads=EVEN, scores=asks, created=[1_000] * 10))
    judged = assess(rows, np.arange(1, len(rows) + 1, dtype=np.uint64), EPOCH, policy)
    assert judged.nats[-1] > 2.0
    assert not judged.flagged.any()
    assert judged.ratio[-1] == -math.inf
    assert not judged.suspect[:-1].any()


def test_what_may_not_flag_makes_no_room_for_others() -> None:
    """Behaviour that many products share is no discovery, and lowers the bar for nobody."""
    busy = group(loads=EVEN, scores={"elicitation": 8.0, "openings": 8.0, "active_hours": 8.0})
    judged = judge(*crowd(count=100), *[busy] * 100)
    assert judged.nats[-1] > 8.0
    assert not judged.flagged.any()


def test_a_large_ring_is_suspended_for_what_it_asks_and_how_and_not_for_hiding() -> None:
    """A prison's school has few devices, and its pupils ask nothing but to be taught."""
    purpose = {"elicitation": 4.0}
    purpose = {"elicitation": 4.0}
    hiding = {"proxy": 5.0, "networks": 5.0}
    tireless = hiding | {"active_hours": 5.0}
    rings = (
        ring(200, scores=scores)
        for scores in (
            {},
            tireless,
            purpose | hiding,
            purpose | tireless,
            purpose | tireless | {"openings": 5.0},
        )
    )
    judged = judge(*crowd(), *rings)
    assert judged.flagged[-5:].tolist() == [False, True, True, True, True]
    suspended = judged.probability[-5:] > POLICY.suspend_below
    assert suspended.tolist() == [False, False, False, True, True]


def test_customers_of_a_seller_of_accounts_are_not_suspended_for_where_they_bought() -> None:
    """Strangers on few cards, behind proxies and with a client of the seller's, who ask what
    everybody asks: it is against the rules, and no extraction."""
    sold = {"loads": [20] * 16, "ringed": 0.95, "cards": 8, "devices": 16}
    hides = {"proxy": 4.0, "networks": 4.0, "openings": 1.0}
    judged = judge(*crowd(), group(**sold, scores=hides))
    assert judged.evidence.nats[-1, LINKAGE] > 6.0
    assert judged.probability[-1] <= POLICY.suspend_below
    extracts = judge(*crowd(), group(**sold, scores=hides | {"elicitation": 2.5}))
    assert extracts.probability[-1] > 0.95


def test_loads_are_even_in_the_sample_and_over_all() -> None:
    """A sample of sixteen is even by chance; the sums over all members then say otherwise."""
    even, lumpy = group(loads=EVEN), group(loads=EVEN)
    for row, logs in ((even, [3.0]), (lumpy, [1.0, 5.0])):
        n = int(row["counts"][0, SIGHTINGS])
        each = np.resize(np.array(logs) * 256, n).astype(np.int64)
        row["log_load"][0], row["log_load_squared"][0] = each.sum(), (each**2).sum()
    rows = world(even, lumpy)
    measures = measure_groups(rows)
    assert measures.spread.tolist() == pytest.approx([0.0, 2.0])
    evidence = weigh_groups(rows["kind"], measures, POLICY.detectors)
    assert evidence.nats[0, LOAD] > 1.0
    assert evidence.nats[1, LOAD] == 0.0


def test_a_campaign_just_found_shows_in_the_last_two_days() -> None:
    row = group()
    row["day_sightings"], row["day_voters"] = [6, 4], [5, 4]
    few = group()
    few["day_sightings"], few["day_voters"] = [1, 1], [1, 1]
    assert measure_groups(world(row, few)).voters.tolist() == pytest.approx([0.9, 0.0])


def test_a_cohort_is_of_the_densest_two_weeks() -> None:
    days = [24 * day for day in (1, 3, 8, 14, 100, 200, 300, 400)]
    measured = measure_groups(world(group(created=days)))
    assert measured.cohort[0] == 4 / 8
    assert measured.burst[0] == 1 / 8


def origin(created: list[int], orgs: list[int] | None = None, *others: Any) -> float:
    """Nats of origin of a group created in these hours, among ``others``."""
    return float(judge(group(created=created, orgs=orgs), *others).evidence.nats[0, ORIGIN])


def test_accounts_made_together_are_told_from_customers_who_came_one_by_one() -> None:
    """A fortnight says as much as a day, of strangers, on a platform that is older."""
    fortnight = [24 * day for day in (1, 3, 5, 7, 9, 11, 13, 15)]
    years = [24 * day for day in (1, 100, 200, 300, 400, 500, 600, 700)]
    full = POLICY.detectors[ORIGIN].weight
    assert origin(fortnight) == origin([100] * 8) == full
    assert origin(years) == 0.0
    assert origin(fortnight, [1] * 8) == 0.0
    young = [group(created=[24 * day for day in range(0, 56, 7)]) for _ in range(40)]
    assert 0.0 <= origin([24 * day for day in (1, 3, 5, 7, 40, 60, 80, 100)], None, *young) < full


def test_one_card_ties_an_office_to_nobody() -> None:
    """What links them is weighed, but ties them only where they are too many for one."""
    several = group(kind=PAYMENT, loads=[20] * SAMPLE)
    many = group(kind=PAYMENT, loads=[20] * SAMPLE)
    for k in range(60):
        observe(many["registers"][0], np.uint64(scrambled(np.uint64(k))))
    evidence = judge(several, many).evidence
    assert evidence.nats[0, LINKAGE] > 0.0
    assert evidence.by_things[0] == 0.0
    assert evidence.by_things[1] == evidence.nats[1, LINKAGE] > 0.0


def test_who_is_hosted_does_not_hide() -> None:
    """Proxies count as hiding where each member has several networks."""
    hosted = {"proxy": 4.0, "networks": -0.5}
    evidence = judge(group(scores=hosted), group(scores=hosted | {"networks": 1.5})).evidence
    assert evidence.hiding[0] == 0.0
    assert evidence.hiding[1] > 0.0


MANNERS = ("openings", "active_hours", "networks")
LUMPY = [2, 160, 9, 3, 70, 1, 28, 11] * 2
"""Loads of sixteen people."""


def woven(
    programs: int,
    loads: list[int] | None = None,
    scores: dict[str, float] | None = None,
    apart: int = 8,
    **traits: Any,
) -> list[Any]:
    """Programs at which strangers whose accounts were made together take turns: evenly, and moving
    about, if nothing else is said. Of sixteen at one, those after the first ``apart`` are at the
    next one, too."""
    scores = {"elicitation": 4.0, "capabilities": 4.0, **(scores or {})}
    if not loads:
        scores.setdefault("networks", 3.0)
    found = []
    for number in range(programs):
        row = group(loads=loads or [20] * SAMPLE, scores=scores, webbed=0.9, created=[100] * SAMPLE)
        row["member"] += apart * number
        for name, value in traits.items():
            row[name][: len(value)] = value
        found.append(row)
    return found


def test_a_product_that_has_just_opened_has_few_programs_and_a_campaign_has_dozens() -> None:
    few = judge(*woven(LEAST_WOVEN - 1), *crowd())
    assert not few.flagged[: LEAST_WOVEN - 1].any()
    dozens = judge(*woven(LEAST_WOVEN), *crowd())
    assert dozens.flagged[:LEAST_WOVEN].all()
    assert (dozens.probability[:LEAST_WOVEN] > POLICY.suspend_below).all()


def test_products_that_have_just_opened_do_not_add_up() -> None:
    """What counts is that the same strangers use them."""
    assert not judge(*woven(LEAST_WOVEN, apart=100), *crowd()).flagged[:LEAST_WOVEN].any()


def test_an_office_that_has_just_opened_has_many_programs_and_few_members() -> None:
    assert not judge(*woven(LEAST_WOVEN, apart=2), *crowd()).flagged[:LEAST_WOVEN].any()


def one_hand(**differently: Any) -> Assessment:
    """A program of many strangers, one of few that share it, and what is judged of it."""
    scores = {"elicitation": 4.0, "capabilities": 4.0, "active_hours": 4.0, "networks": 3.0}
    traits = {"loads": [20] * SAMPLE, "scores": scores, "webbed": 0.9}
    members = differently.pop("members", 100)
    traits["scores"] = scores | differently.pop("scores", {})
    row = group(**traits | differently)
    for k in range(members):
        observe(row["registers"][0], np.uint64(scrambled(np.uint64(k))))
    return judge(row, *crowd())


def test_few_programs_tie_nobody_who_does_not_hide() -> None:
    """However much of their manner speaks: a product's automation may move, never rest and do equal
    shares. Nor do they tie few who hide, a group that repeats a paper, say."""
    assert not one_hand().flagged[0]
    hidden = one_hand(scores={"proxy": 5.0})
    assert hidden.flagged[0]
    assert hidden.probability[0] > POLICY.suspend_below


@pytest.mark.parametrize(
    "honest",
    [
        {"scores": {"active_hours": 0.0}},
        {"scores": {"networks": -1.0}},
        {"scores": {"elicitation": 0.0, "capabilities": 0.0}},
        {"orgs": [7] * SAMPLE},
        {"webbed": 0.0},
        {"members": 25, "loads": LUMPY},
    ],
    ids=["by day", "a bot of a shop", "anything", "an organisation", "one program", "few"],
)
def test_who_hides_is_honest_where_the_rest_is_not_a_campaigns(honest: dict[str, Any]) -> None:
    scores = {"proxy": 5.0, **honest.get("scores", {})}
    assert not one_hand(**honest | {"scores": scores}).flagged[0]


def test_few_who_hide_are_tied_where_all_of_their_manner_speaks() -> None:
    assert one_hand(members=25, scores={"proxy": 5.0}).flagged[0]


@pytest.mark.parametrize("manner", ["openings", "active_hours", "networks"])
def test_an_occasion_brings_one_manner_at_most(manner: str) -> None:
    """A team hired in one fortnight has an agent of many programs, all for one hard kind of work.
    That it moves, or hardly rests, or asks and never goes on, is an accident; two are none."""
    for manners in ({}, {manner: 4.0}):
        found = woven(LEAST_WOVEN, loads=LUMPY, scores=manners)
        assert not judge(*found, *crowd()).flagged[:LEAST_WOVEN].any()
    # Of equal loads, too, and of nothing else.
    both = judge(*woven(LEAST_WOVEN, scores={"networks": 0.0, manner: 4.0}), *crowd())
    assert both.flagged[:LEAST_WOVEN].all()
    assert (both.probability[:LEAST_WOVEN] > POLICY.suspend_below).all()


def test_who_is_among_a_campaigns_members_must_have_its_manner() -> None:
    """What holds a program's users says little of what they share besides."""
    asks, one = {"elicitation": 4.0}, {"openings": 5.0}
    two = one | {"active_hours": 5.0}
    rows = [group(scores=asks | manner) for manner in ({}, one, two, two)]
    for row, voters in zip(rows, (1.0, 1.0, 1.0, 0.0), strict=True):
        row["voters"][0] = round(row["counts"][0, SIGHTINGS] * voters)
        row["campaign"], row["campaign_nats"][ASSOCIATION] = 7, 60
    judged = judge(*rows, *crowd(count=100))
    assert judged.flagged[:4].tolist() == [False, True, True, False]
    suspended = judged.probability[:3] > POLICY.suspend_below
    assert suspended.tolist() == [False, False, True]


def test_who_asks_what_nearly_everybody_asks_is_left_alone() -> None:
    """However many cards they share, and however little chance there is that so many ask for a
    little more than others."""

    def bought(elicitation: float) -> Assessment:
        row = group(
            loads=[20] * SAMPLE,
            ringed=0.95,
            cards=8,
            devices=16,
            scores={"proxy": 4.0, "networks": 4.0, "elicitation": elicitation},
        )
        for k in range(100):
            observe(row["registers"][0], np.uint64(scrambled(np.uint64(k))))
        return judge(row, *crowd())

    little = bought(1.2)
    assert little.evidence.nats[0, CONTENT] > HINTS * POLICY.detectors[CONTENT].weight
    assert not little.flagged[0]
    assert bought(2.0).flagged[0]


def test_friends_on_one_card_beside_a_campaign_are_left_alone() -> None:
    """A flat moved in this month, with one card and one hard course: a third of what it does is by
    somebody whom a campaign holds. One manner throttles, two suspend."""
    asks = {"elicitation": 4.0}
    flats = []
    for manners in ({}, {"openings": 5.0}, {"openings": 5.0, "active_hours": 5.0}):
        row = group(PAYMENT, scores=asks | manners, created=[100] * 8)
        row["voters"][0] = round(0.3 * row["counts"][0, SIGHTINGS])
        row["campaign"], row["campaign_nats"][ASSOCIATION] = 7, 60
        flats.append(row)
    judged = judge(*flats, *crowd())
    assert not judged.evidence.by_things[:3].any()
    assert judged.flagged[:3].tolist() == [False, True, True]
    assert judged.probability[1] <= POLICY.suspend_below < judged.probability[2]


def test_few_lean_by_much_by_chance() -> None:
    """However tied five are, and whatever their manner."""
    manner = {"proxy": 5.0, "networks": 5.0, "active_hours": 5.0}
    tied: dict[str, Any] = {"loads": [20] * 5, "ringed": 0.95, "cards": 8, "devices": 8}
    judged = judge(
        group(**tied, scores=manner | {"elicitation": 1.6}),
        group(**tied, scores=manner | {"elicitation": 4.0}),
        *crowd(),
    )
    assert judged.evidence.nats[:2, LINKAGE].min() > 6.0
    assert judged.flagged[:2].tolist() == [False, True]


def test_cards_shared_within_one_program_are_its_customers_occasion() -> None:
    """Pupils with a school's tablets, seafarers on an agency's cards, customers of a shop that tops
    accounts up: they share cards and devices with each other, and the lesson. A campaign's cards
    join those of one program to those of others."""

    def dealt(things: int, *manner: str, asks: float = 4.0, ringed: float = 0.95) -> Any:
        scores = {"elicitation": asks, **dict.fromkeys(manner, 5.0)}
        row = group(loads=LUMPY, scores=scores, ringed=ringed, cards=things, devices=things)
        for k in range(100):
            observe(row["registers"][0], np.uint64(scrambled(np.uint64(k))))
        return row

    within = [dealt(9, *MANNERS[:n]) for n in range(3)]
    elsewhere = [dealt(90, asks=1.8), dealt(90), dealt(90, MANNERS[0], asks=1.8)]
    too_few = [dealt(200, MANNERS[0], ringed=share) for share in (0.37, 0.42)]
    judged = judge(*within, *elsewhere, *too_few, *crowd())
    assert judged.evidence.by_things[:6].min() > 6.0
    assert judged.flagged[:8].tolist() == [False, True, True, True, True, True, False, True]
    suspended = judged.probability[:8] > POLICY.suspend_below
    assert suspended.tolist() == [False, False, True, False, True, True, False, True]


@pytest.mark.parametrize(("colleagues", "flagged"), [(7, True), (9, False)])
def test_a_desk_of_one_organisation_is_left_alone(colleagues: int, flagged: bool) -> None:
    """Testers of one company have accounts by the dozen, made in one afternoon, and its cards; some
    of those around them, who use the same program, are not of the company."""
    row = group(
        loads=[20] * SAMPLE,
        orgs=[7] * colleagues + [0] * (SAMPLE - colleagues),
        created=[100] * SAMPLE,
        ringed=0.95,
        cards=8,
        devices=16,
        scores={"elicitation": 6.0, "capabilities": 6.0, "openings": 6.0, "active_hours": 6.0},
    )
    judged = judge(row, *crowd())
    assert judged.evidence.nats[0, LINKAGE] > 0.0
    assert judged.nats[0] > POLICY.null_nats - POLICY.prior_log_odds
    assert judged.flagged[0] == flagged


def test_who_is_verified_by_document_or_contract_is_no_group_of_strangers() -> None:
    """An evaluation company with many accounts, whose contract somebody has read."""
    manner = {"proxy": 4.0, "active_hours": 4.0, "elicitation": 4.0}
    known, unknown = ring(60, scores=manner, trusted=1.0), ring(60, scores=manner)
    assert judge(known, unknown, *crowd()).flagged[:2].tolist() == [False, True]


@pytest.mark.parametrize(
    ("created", "told"),
    [
        (
            [24 * day for day in (1, 3, 5, 7, 9, 11, 13, 15)],
            "100% of those looked at were created within two weeks",
        ),
        ([100] * 8, "100% of those looked at were created within a day"),
    ],
)
def test_reasons_say_how_near_to_each_other_accounts_were_made(
    created: list[int], told: str
) -> None:
    judged = judge(group(created=created), *crowd())
    assert any(line.startswith(told) for line in explain_group("program", judged, 0))
