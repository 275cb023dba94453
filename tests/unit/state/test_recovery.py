"""What the columnar table relies on inside Faust, and that Faust recovers it our way.

A digest that differs: read what changed upstream, adapt what stands on it, then write the new one.
"""

import hashlib
import inspect
import textwrap

import faust
import numpy as np
import pytest

from app.state.codec import RowCodec
from app.state.layout import ROW_HEAD
from app.state.recovery import CarefulRecovery, install
from app.state.table import ColumnTable
from app.transport.pinned import resolve

DIGESTS = {
    "faust.stores.base:Store": "1ae56041fe0e",
    "faust.tables.base:Collection._new_changelog_topic": "74d4ea584503",
    "faust.tables.base:Collection.apply_changelog_batch": "a612598bdc30",
    "faust.tables.base:Collection.data": "91cfa32a100b",
    "faust.tables.base:Collection.on_rebalance": "5d760812d911",
    "faust.tables.base:Collection.on_recovery_completed": "4c9baa0b38be",
    "faust.tables.base:Collection.on_start": "818773d64c11",
    "faust.tables.base:Collection.persisted_offset": "5f6b37beb9cf",
    "faust.tables.manager:TableManager._update_channels": "c43fe8c0812b",
    "faust.tables.manager:TableManager.on_partitions_revoked": "1ca4d59de641",
    "faust.tables.manager:TableManager.on_rebalance": "fc9b70e03994",
    "faust.tables.manager:TableManager.recovery": "9e5e10447444",
    "faust.tables.recovery:Recovery._add": "0bc4d8362676",
    "faust.tables.recovery:Recovery._wait": "768af810dce8",
    "faust.tables.recovery:Recovery.flush_buffers": "446535924329",
    "faust.tables.recovery:Recovery.need_recovery": "c6860beac5d7",
    "faust.tables.recovery:Recovery.on_partitions_revoked": "684cfdcf513b",
    "faust.tables.recovery:Recovery.on_rebalance": "31030bc1807f",
    "faust.tables.recovery:Recovery.on_recovery_completed": "895e7c415a4d",
}


@pytest.mark.parametrize("name", DIGESTS)
def test_faust_s_source_is_what_the_table_was_written_against(name):
    found = resolve(name)
    source = inspect.getsource(found.fget if isinstance(found, property) else found)
    assert hashlib.sha256(textwrap.dedent(source).encode()).hexdigest()[:12] == DIGESTS[name]


def new_table(app: faust.App, name: str) -> ColumnTable:
    codec = RowCodec({1: np.dtype(ROW_HEAD, align=True)})
    return ColumnTable(app, name=name, codec=codec, limit=1, partitions=1)


async def test_an_application_with_a_columnar_table_recovers_carefully():
    app = faust.App("reflux-test", broker="kafka://localhost:9", autodiscover=False)
    new_table(app, "one")
    recovery = app.tables.recovery
    assert isinstance(recovery, CarefulRecovery)
    new_table(app, "two")
    assert app.tables.recovery is recovery
    assert recovery.tables is app.tables


async def test_a_recovery_that_has_begun_is_not_replaced():
    app = faust.App("reflux-test", broker="kafka://localhost:9", autodiscover=False)
    assert not isinstance(app.tables.recovery, CarefulRecovery)
    with pytest.raises(AssertionError, match="begun"):
        install(app)
