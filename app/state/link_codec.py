"""The link rows as the changelog keeps them, in every layout they ever had."""

from app.state.codec import RowCodec
from app.state.layout import LINK_VERSION
from app.state.link_layout import LINK

LINK_CODEC = RowCodec({LINK_VERSION: LINK})
