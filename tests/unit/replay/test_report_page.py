import base64
import re
import struct
from pathlib import Path

from app.replay.evaluation import Experiment
from app.replay.report_page import page, write_page
from tests.unit.replay.results import result


def test_the_page_needs_nothing_but_itself(tmp_path: Path) -> None:
    runs = [
        result(Experiment("seed", seed=101)),
        result(Experiment("none", seed=102), good=200),
    ]
    path = write_page(tmp_path / "report", runs)
    text = path.read_text()
    assert not re.search(r"(src|href)=\"(?!data:|#)", text)
    images = re.findall(r'src="data:image/png;base64,([^"]+)"', text)
    assert len(images) == 4
    for image in images:
        data = base64.b64decode(image)
        width, height = struct.unpack(">II", data[16:24])
        assert data.startswith(b"\x89PNG")
        assert width > 1_000
        assert height > 200
    assert text.count("<h2") == 2
    assert "Leak tests: clean (60 fraudulent against 1500 honest API users" in text


def test_a_world_that_leaks_is_marked_on_the_page() -> None:
    leaky = result(Experiment("seed", seed=101), good=100, bad=10)
    leaky["leaks"] |= {"verdict": "marked", "fingerprints": {"temperature": 0.95}}
    text = page([leaky])
    assert 'class="mark"' in text
    assert "fingerprints: temperature 0.95" in text


def test_names_are_escaped() -> None:
    run = result(Experiment("seed", seed=101), good=100, bad=10, policy_version="<b>1</b>")
    assert "<b>" not in page([run])
