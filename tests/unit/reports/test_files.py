"""A backtest's files, line by line."""

import gzip
from pathlib import Path

import cramjam
import pytest

from app.events.campaigns import Campaign
from app.reports.files import BrokenFile, records_in
from app.reports.places import Place
from tests.unit.reports.records import campaign

LINES = campaign().to_json() + b"\n\n" + campaign(status="forming").to_json() + b"\n"
CONTENTS = {
    "c.ndjson": LINES,
    "c.ndjson.gz": gzip.compress(LINES),
    "c.ndjson.zst": bytes(cramjam.zstd.compress(LINES)),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_records_come_with_file_and_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(CONTENTS[name])
    found = list(records_in(path, Campaign))
    assert [place for _, place in found] == [Place(str(path), 1), Place(str(path), 3)]
    assert [record.status for record, _ in found] == ["confirmed", "forming"]


def test_a_line_that_is_no_record_is_named(tmp_path: Path) -> None:
    path = tmp_path / "c.ndjson"
    path.write_bytes(campaign().to_json() + b"\n{}\n")
    with pytest.raises(BrokenFile, match=r"c\.ndjson:2: no campaign record: missing_field"):
        list(records_in(path, Campaign))


@pytest.mark.parametrize("name", ["c.ndjson.gz", "c.ndjson.zst"])
@pytest.mark.parametrize("cut", [4, -6])
def test_a_file_that_ends_early_is_named(tmp_path: Path, name: str, cut: int) -> None:
    path = tmp_path / name
    path.write_bytes(CONTENTS[name][:cut])
    with pytest.raises(BrokenFile, match="cannot be read to its end"):
        list(records_in(path, Campaign))


def test_something_else_under_that_name_is_named(tmp_path: Path) -> None:
    for name in ("c.ndjson.gz", "c.ndjson.zst"):
        path = tmp_path / name
        path.write_bytes(b"no such thing at all" * 10)
        with pytest.raises(BrokenFile, match="cannot be read to its end"):
            list(records_in(path, Campaign))
