"""The row of the link table, and the totals that links are compared with.

A link is one value that accounts share: a payment method, a network, a client program. Its row is
a summary of the sightings that named it, and everything in it is an integer, a maximum or a
mergeable sketch, so that neither the order of sightings nor the way they were split can change it.

Evidence ages by *windows* of event time (a week by default): sums are kept for the newest window
and the one before it, at index ``window & 1``, and a window that has become older is forgotten
whole. Nothing decays in between, because a decayed sum would depend on when it was decayed. What
must be quicker is kept for two *days* at ``day & 1`` likewise. The number of the newest window and
of the newest day follow from ``last_epoch``.

Shares are in thousandths, and a share counts once for each account and epoch, however many
requests stand behind it: requests of one account are not independent observations, and one whale
must not speak for a group. Sums stop at the largest value of their type instead of wrapping round.

What a campaign has made of a link (``campaign`` and the fields after it) does not come from
sightings: it is written when an epoch is closed, and it does not age by itself. Nor does ``ring``,
the name that a payment method, a device or a program joins its members under
(``app/detection/rings.py``).

Changing a row: raise the version, keep the old dtype in ``app/state/link_history.py``, and say how
an older row is read.
"""

import numpy as np

from app.state.layout import ROW_HEAD, TASKS

LINK_KINDS = (
    "payment",
    "network",
    "device",
    "client",
    "email_domain",
    "referral",
    "program",  # template hash: one client program
    "signup_hour",  # hours since the Unix epoch
    "campaign",  # the campaign that the account was found to be in
    "ring",  # accounts that cards and devices, each of several of them, join together
)
(
    PAYMENT,
    NETWORK,
    DEVICE,
    CLIENT,
    EMAIL_DOMAIN,
    REFERRAL,
    PROGRAM,
    SIGNUP_HOUR,
    CAMPAIGN,
    RING,
) = range(len(LINK_KINDS))

LINK_VERSION = 4

# Sums over a sighting's account, in ``scores``. The first ones are normal scores: how many robust
# deviations the account lies above the live population's median in a trait, held to -4..4, as
# ``(deviations + 4) * 125``: 500 is the median, and whatever is not known. The rest are shares;
# ``trust`` is how far the normal scores were believed, each having been shrunk by it, so that sums
# of deviations over sums of trust are what the members' requests show when they are pooled.
# ``elicitation`` of a program is that of the requests with it, and not of its members' others.
NORMAL_SCORES = (
    "elicitation",
    "capabilities",
    "fresh",
    "openings",
    "networks",
    "proxy",
    "active_hours",
    "steadiness",
    "requests",
)
SCORES = (*NORMAL_SCORES, "refused", "risk", "trust")
MEDIAN_SCORE = 500
# Sums of sightings, in ``counts``.
SIGHTINGS = 0  # accounts active in an epoch, summed over epochs
ARRIVALS = 1  # of accounts first seen in that very epoch: one for each account that arrived
EXEMPT = 2  # of accounts that are observed, never enforced
TRUSTED = 3  # of accounts verified by document or contract, or of an enterprise or a reseller
PAYING = 4  # of accounts whose payment method is known
REGISTERED = 5  # of accounts whose device at sign-up is known
COUNTS = 6

SAMPLE = 16  # members kept by name: a uniform sample, exact while a link has no more
REGISTERS = 64  # bytes of HyperLogLog registers, two to a byte: 128 registers, 9.2 % error
THINGS = ("payment", "device")  # what members have that strangers do not share
THING_REGISTERS = 32  # bytes: 64 registers, 13 %
TOTAL_REGISTERS = 512  # 1,024 registers, 3.3 %
MODEL_BUCKETS = 7  # few models are in use at a time; two in a bucket hide a move between them
VOTES = 3  # campaigns counted in a window, those with the smallest ids

LINK = np.dtype(
    [
        *ROW_HEAD,
        ("first_epoch", np.int32),  # the first in which an account was sighted
        ("last_epoch", np.int32),  # the newest
        ("kind", np.uint8),  # index in LINK_KINDS
        # what the newest assessment that found the link in a campaign said
        ("profile", np.uint8, (len(NORMAL_SCORES),)),  # the group's mean scores then, in 1/250
        ("campaign_nats", np.uint8, (8,)),  # by family of evidence, in 1/10, none below 0
        ("campaign_probability", np.uint16),  # thousandths
        ("campaign_epoch", np.int32),  # since which the link is flagged, or let go
        ("campaign", np.uint64),  # id; 0: the link is in none
        ("ring", np.uint32),  # or web, that the link puts its members in; 0: it joins nobody
        ("ring_heard", np.uint32),  # the smallest that any of its sightings was in; 0: none
        # by window
        ("requests", np.int64, (2,)),
        ("requests_squared", np.int64, (2,)),  # sum of squares per account and epoch
        ("tokens", np.int64, (2,)),  # output and reasoning tokens
        ("log_load", np.int64, (2,)),  # sum of log2(requests) per account and epoch, in 1/256
        ("log_load_squared", np.int64, (2,)),  # sum of its square, in 1/65536
        ("counts", np.uint32, (2, COUNTS)),
        ("scores", np.uint32, (2, len(SCORES))),
        ("tasks", np.uint32, (2, len(TASKS))),
        ("vote", np.uint64, (2, VOTES)),  # smallest ids of sightings' campaigns, ascending; 0: free
        ("votes", np.uint32, (2, VOTES)),  # sightings that hold each of them
        ("voters", np.uint32, (2,)),  # sightings that hold any campaign
        ("webbed", np.uint32, (2,)),  # sightings that are in another program's web
        ("ringed", np.uint32, (2,)),  # sightings that cards and devices put in a ring
        ("registers", np.uint8, (2, REGISTERS)),  # HyperLogLog of the accounts
        ("things", np.uint8, (2, len(THINGS), THING_REGISTERS)),  # and of what they have
        # by day
        ("day_sightings", np.uint32, (2,)),
        ("day_voters", np.uint32, (2,)),  # of those, sightings that hold any campaign
        ("models", np.uint32, (2, MODEL_BUCKETS)),  # sums of shares, by hash of the model
        ("hours", np.uint16, (2, 24)),  # accounts active in each hour
        # the sample: members of the two windows, those of the newer one first to stay, then those
        # with the smallest hashes; in ascending order of hash, free places last
        ("member", np.uint64, (SAMPLE,)),  # hash of the account id
        ("member_epochs", np.uint32, (SAMPLE,)),  # MEMBER_*; 0: the place is free
        ("member_created", np.uint32, (SAMPLE,)),  # hours since the Unix epoch; 0: no profile yet
        ("member_requests", np.uint16, (SAMPLE,)),  # in the member's newest window
        ("member_org", np.uint16, (SAMPLE,)),  # some bits of the organisation's hash; 0: none
        ("member_task", np.uint8, (SAMPLE,)),  # its most frequent task
        ("member_elicitation", np.uint8, (SAMPLE,)),  # normal score, in 1/250
        ("member_risk", np.uint8, (SAMPLE,)),  # shares, in 1/250
        ("member_share", np.uint8, (SAMPLE,)),  # of its own traffic under this link
    ],
    align=True,
)

# ``member_epochs``: one bit for each epoch of the member's newest window in which it was sighted,
# and the parity of that window in the highest.
MEMBER_PARITY = 31
MAX_WINDOW_EPOCHS = 31

# What all links of a kind have seen in one partition, in the same terms: the denominators. One
# element for each of LINK_KINDS; kept in the partition's header.
TOTALS = np.dtype(
    [
        ("first_epoch", np.int32),
        ("last_epoch", np.int32),
        ("requests", np.int64, (2,)),
        ("requests_squared", np.int64, (2,)),
        ("tokens", np.int64, (2,)),
        ("log_load", np.int64, (2,)),
        ("log_load_squared", np.int64, (2,)),
        ("counts", np.int64, (2, COUNTS)),
        ("scores", np.int64, (2, len(SCORES))),
        ("tasks", np.int64, (2, len(TASKS))),
        ("voters", np.int64, (2,)),
        ("registers", np.uint8, (2, TOTAL_REGISTERS)),
        ("things", np.uint8, (2, len(THINGS), THING_REGISTERS)),
        ("day_sightings", np.int64, (2,)),
        ("day_voters", np.int64, (2,)),
        ("models", np.int64, (2, MODEL_BUCKETS)),
        ("hours", np.int64, (2, 24)),
    ],
    align=True,
)
