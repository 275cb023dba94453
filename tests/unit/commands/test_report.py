"""``reflux report`` from the topics and from a backtest's files."""

from collections.abc import Iterable
from pathlib import Path

import orjson
import pytest

from app.events.enforcement import Enforcement
from app.events.framing import to_avro
from app.events.record import Record
from app.kafka.admin import BrokerUnreachable
from tests.unit.commands.conftest import Reflux
from tests.unit.commands.fakes import FakeKafka
from tests.unit.replay.world import small_world
from tests.unit.reports.records import ACTIONS, ID, action, campaign

CAMPAIGNS = "reflux.campaigns.v1"
LIVE = "reflux.enforcements.v1"
STATE = "reflux.enforcement-state.v1"
Files = tuple[str, ...]


def put(kafka: FakeKafka, topic: str, *records: Record) -> None:
    for record in records:
        kafka.put(topic, record.record_key().encode(), record.to_json())


@pytest.fixture
def topics(fake_kafka: FakeKafka) -> FakeKafka:
    put(fake_kafka, CAMPAIGNS, campaign(status="forming"), campaign(campaign_id="other"))
    put(fake_kafka, CAMPAIGNS, campaign())
    put(fake_kafka, LIVE, *ACTIONS)
    newest = {one.account_id: one for one in ACTIONS}
    put(fake_kafka, STATE, *newest.values(), action("z", 3, "suspend"))
    fake_kafka.put(STATE, b"forgotten", None)
    return fake_kafka


def lines(path: Path, records: Iterable[Record]) -> str:
    path.write_bytes(b"".join(record.to_json() + b"\n" for record in records))
    return str(path)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    decisions = lines(tmp_path / "decisions.ndjson", ACTIONS)
    return (
        "--decisions",
        decisions,
        "--campaigns",
        lines(tmp_path / "campaigns.ndjson", [campaign()]),
    )


def test_the_newest_record_is_told_with_its_place(reflux: Reflux, topics: FakeKafka) -> None:
    result = reflux("report", ID)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"# Campaign {ID} (confirmed)")
    assert f"{CAMPAIGNS}:0:2" in result.stdout
    assert f"{LIVE}:0:1-6 (6)" in result.stdout


def test_standings_make_up_for_actions_that_the_topic_keeps_no_longer(
    reflux: Reflux, topics: FakeKafka
) -> None:
    told = orjson.loads(reflux("report", ID, "--json").stdout)
    assert told["standing"]["suspend"] == {
        "value": 3,
        "source": told["standing"]["suspend"]["source"],
    }
    assert {extent["where"] for extent in told["standings"]} == {f"{LIVE}:0", f"{STATE}:0"}


def test_a_backtest_says_the_same_of_its_own_places(
    reflux: Reflux, files: Files, topics: FakeKafka
) -> None:
    topics.records.pop(STATE)
    live = orjson.loads(reflux("report", ID, "--json").stdout)
    result = reflux("report", ID, *files, "--json")
    assert result.exit_code == 0, result.output
    told = orjson.loads(result.stdout)
    for name in ("figures", "capabilities", "connections", "days", "certainty", "standing"):
        assert told[name] == live[name]
    assert told["record"] == f"{files[3]}:1"
    assert told["actions"] == [{"where": files[1], "first": 2, "last": 7, "records": 6}]


def test_the_folder_holds_every_action_behind_the_figures(
    reflux: Reflux, files: Files, tmp_path: Path
) -> None:
    folder = tmp_path / "deep" / "case"
    result = reflux("report", ID, *files, "--output", str(folder))
    assert result.exit_code == 0, result.output
    assert "report.md" in result.stdout
    kept = [orjson.loads(line) for line in (folder / "actions.ndjson").read_bytes().splitlines()]
    decisions = Path(files[1]).read_bytes().splitlines()
    for one in kept:
        path, _, number = one["place"].rpartition(":")
        assert path == files[1]
        source = Enforcement.from_json(decisions[int(number) - 1])
        assert (source.action_id, source.account_id) == (one["action_id"], one["account_id"])
    told = orjson.loads((folder / "report.json").read_bytes())
    assert sum(step["actions"] for step in told["steps"]) == len(kept) == 6
    assert (folder / "report.md").read_text() == reflux("report", ID, *files).stdout


def test_a_narrow_terminal_cuts_nothing_off_the_list(
    reflux: Reflux, topics: FakeKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert "2024-10-04 00:00:00Z" in reflux("report", "--list").stdout


def test_campaigns_are_listed(reflux: Reflux, topics: FakeKafka) -> None:
    shown = reflux("report", "--list")
    assert shown.exit_code == 0
    assert [line.split()[:2] for line in shown.stdout.splitlines()[1:]] == [
        [ID, "confirmed"],
        ["other", "confirmed"],
    ]
    told = [orjson.loads(line) for line in reflux("report", "--list", "--json").stdout.splitlines()]
    assert [one["source"] for one in told] == [f"{CAMPAIGNS}:0:2", f"{CAMPAIGNS}:0:1"]


def test_an_unknown_campaign_is_answered_with_those_there_are(
    reflux: Reflux, topics: FakeKafka
) -> None:
    put(topics, CAMPAIGNS, *(campaign(campaign_id=f"{n:016x}") for n in range(30)))
    result = reflux("report", "bogus")
    assert result.exit_code == 1
    assert "no campaign bogus; known: 0000000000000000, " in result.stderr
    assert "and 12 more (--list)" in result.stderr
    topics.records.clear()
    assert "nor any other" in reflux("report", "bogus").stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "--list"),
        ((ID, "--list"), "--list"),
        ((ID, "--decisions", "d"), "--campaigns too"),
        ((ID, "--campaigns", "c"), "--decisions too"),
        (("--list", "--campaigns", "/nowhere/c.ndjson"), "/nowhere/c.ndjson: No such file"),
    ],
)
def test_wrong_usage_is_said(
    reflux: Reflux, fake_kafka: FakeKafka, arguments: tuple[str, ...], says: str
) -> None:
    result = reflux("report", *arguments)
    assert result.exit_code == 2
    assert says in result.stderr


def test_no_broker_is_exit_code_3(reflux: Reflux, fake_kafka: FakeKafka) -> None:
    fake_kafka.raises = BrokerUnreachable("no broker answered")
    for arguments in (("--list",), (ID,)):
        result = reflux("report", *arguments)
        assert result.exit_code == 3
        assert result.stderr == "reflux: no broker answered\n"


def test_a_broken_file_is_named_with_its_line(reflux: Reflux, files: Files) -> None:
    with Path(files[1]).open("ab") as file:
        file.write(b"{}\n")
    result = reflux("report", ID, *files)
    assert result.exit_code == 1
    assert f"{files[1]}:{len(ACTIONS) + 1}: no enforcement record" in result.stderr


def test_what_is_no_record_on_a_topic_is_named_and_passed_over(
    reflux: Reflux, topics: FakeKafka
) -> None:
    topics.put(LIVE, b"x", b"<xml/>")
    result = reflux("report", ID)
    assert result.exit_code == 0
    assert f"skipped {LIVE}:0:{len(ACTIONS)}, no enforcement" in result.stderr


def test_avro_is_read_as_well(reflux: Reflux, topics: FakeKafka) -> None:
    topics.put(CAMPAIGNS, b"avro", to_avro(campaign(campaign_id="avro"), 0))
    assert reflux("report", "avro").exit_code == 0


def test_what_a_backtest_wrote_is_read(reflux: Reflux, tmp_path: Path) -> None:
    requests = tmp_path / "requests.ndjson"
    requests.write_bytes(small_world().request_lines)
    profiles = tmp_path / "profiles.ndjson"
    profiles.write_bytes(small_world().profile_lines)
    decisions, found = tmp_path / "decisions.ndjson.zst", tmp_path / "campaigns.ndjson.gz"
    outputs = ("--decisions", str(decisions), "--campaigns", str(found))
    inputs = ("--requests", str(requests), "--profiles", str(profiles))
    ran = reflux("backtest", "--partitions", "1", *inputs, *outputs, "--json")
    assert ran.exit_code == 0, ran.output
    listed = reflux("report", "--list", "--json", *outputs[2:])
    assert listed.exit_code == 0, listed.output
    known = [orjson.loads(line)["campaign_id"] for line in listed.stdout.splitlines()]
    assert len(known) == orjson.loads(ran.stdout)["campaigns"]
    for campaign_id in known:
        told = orjson.loads(reflux("report", campaign_id, *outputs, "--json").stdout)
        assert told["campaign_id"] == campaign_id
    assert reflux("report", "bogus", *outputs).exit_code == 1
