"""Where the public traces are, for the tests that read them."""

import os
from pathlib import Path

import pytest

from app.simulation.fit import SOURCES

DIRECTORY = Path(os.environ.get("REFLUX_TRACES") or Path(__file__).parents[4] / "shared" / "traces")

needs_traces = pytest.mark.skipif(
    not all((DIRECTORY / name).is_file() for name in SOURCES),
    reason=f"the public traces are not in {DIRECTORY}: set REFLUX_TRACES to where they are",
)
