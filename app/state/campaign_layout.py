"""What a partition keeps of each campaign whose own link it holds: the sums behind its record.

One element for each campaign, kept in the partition's header. Everything is a sum over sightings of
members under the link ``campaign:<id>``, a maximum, or a sketch, so that order leaves no trace.
Unlike a link's row nothing here ages: a campaign of six weeks is told of whole.
"""

import numpy as np

from app.state.layout import TASKS
from app.state.link_layout import TOTAL_REGISTERS

MAX_CAMPAIGNS = 128  # per partition; the one longest unseen gives way
MODELS = 8  # told by name, the first ones seen

CAMPAIGN_SUMS = np.dtype(
    [
        ("id", np.uint64),  # 0: the place is free
        ("first_seen", np.int64),  # first request of any member, ms
        ("last_seen", np.int64),  # end of the newest period with a member in it, ms
        ("interactions", np.int64),
        ("prevented", np.int64),  # of them refused
        ("input_tokens", np.int64),
        ("output_tokens", np.int64),  # reasoning included
        ("tasks", np.int64, (len(TASKS),)),  # requests, in thousandths
        ("model", np.uint64, (MODELS,)),  # hashes; 0: free
        ("registers", np.uint8, (TOTAL_REGISTERS,)),  # HyperLogLog of the accounts
        # of the newest epoch
        ("epoch", np.int32),
        ("probability", np.uint16),  # highest that a member was told, in thousandths
        ("pad", np.uint16),
        ("attempted", np.int64),  # requests
        ("refused", np.int64),
    ],
    align=True,
)
