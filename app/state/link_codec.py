"""The link rows as the changelog keeps them, in every layout they ever had."""

from app.state.codec import RowCodec
from app.state.link_history import LINK_1, LINK_2, LINK_3
from app.state.link_layout import LINK, LINK_VERSION

LINK_CODEC = RowCodec({1: LINK_1, 2: LINK_2, 3: LINK_3, LINK_VERSION: LINK})
