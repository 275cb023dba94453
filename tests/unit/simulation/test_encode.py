import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events.framing import decode
from app.events.profiles import Profile
from app.events.requests import Request
from app.simulation import text
from app.simulation.campaigns import Naive
from app.simulation.encode import ProfileEncoder, RequestEncoder
from app.simulation.encode_avro import AvroEncoder
from app.simulation.names import hex16
from app.simulation.population import Population
from app.simulation.rows import NULL, REQUEST, Rows
from app.simulation.world import COUNTRIES, LANGUAGES, MODELS, SURFACES
from app.state.layout import TASKS, TIERS


@pytest.fixture(scope="module")
def population() -> Population:
    return Population(5, 1_500, Naive(accounts=50), days=0.1, heaviest_per_day=500.0)


@pytest.fixture(scope="module")
def rows(population: Population) -> Rows:
    return np.concatenate([batch.rows for batch in population.batches()])


def test_every_request_is_valid_and_says_what_its_row_says(
    population: Population, rows: Rows
) -> None:
    encoder = RequestEncoder(population)
    values, keys = encoder.encode(rows), encoder.keys(rows)
    assert len(values) == len(keys) == len(rows) > 3_000
    ids = population.account_ids
    for row, value, key in zip(rows, values, keys, strict=True):
        request = Request.from_json(value)
        assert request.account_id.encode() == key
        assert request.account_id == ids[row["account"]]
        for name in REQUEST.names or ():
            written = row[name]
            match name:
                case "account":
                    continue
                case "event_id":
                    assert request.event_id == f"req_{int(written):016x}"
                case "model" | "surface" | "task":
                    labels = {"model": MODELS, "surface": SURFACES, "task": TASKS}[name]
                    assert getattr(request, name) == labels[written]
                case "language":
                    assert request.language == LANGUAGES[written]
                case "temperature":
                    absent = np.isnan(written)
                    assert (request.temperature is None) == absent
                    assert absent or request.temperature == pytest.approx(written, abs=1e-6)
                case "task_confidence" | "elicitation" | "proxy":
                    assert getattr(request, name) == pytest.approx(written, abs=1e-6)
                case _ if name.endswith(("_hash", "_simhash")):
                    assert getattr(request, name) == f"{int(written):016x}"
                case _:
                    assert getattr(request, name) == written


def test_a_request_names_every_field_of_the_contract(population: Population, rows: Rows) -> None:
    value = orjson.loads(RequestEncoder(population).encode(rows[:1])[0])
    assert list(value) == list(Request.model_fields)


def test_every_profile_is_valid_and_says_what_its_account_says(population: Population) -> None:
    encoder = ProfileEncoder(population)
    chosen = np.arange(len(population.accounts))
    for account, value, key in zip(
        chosen.tolist(), encoder.encode(chosen), encoder.keys(chosen), strict=True
    ):
        profile = Profile.from_json(value)
        row = population.accounts[account]
        assert list(orjson.loads(value)) == list(Profile.model_fields)
        assert profile.account_id.encode() == key == population.account_ids[account].encode()
        assert profile.created_at == row["created_at"]
        assert profile.tier == TIERS[row["tier"]]
        assert (profile.org_id is None) == (row["org"] == NULL)
        assert (profile.payment_hash is None) == (row["payment"] == NULL)
        assert (profile.billing_country is None) == (row["billing"] == NULL)
        assert profile.access_country == COUNTRIES[row["access"]]
        assert (profile.exempt_until or 0) == row["exempt_until"]
    shared = population.accounts["payment"][population.labels.fraudulent]
    hashes = {
        Profile.from_json(value).payment_hash
        for value in encoder.encode(np.flatnonzero(population.labels.fraudulent))
    }
    assert hashes == {hex16(population.names("payment", shared[:1]))[0].decode()}


def test_the_organisation_of_requests_and_profiles_is_one(
    population: Population, rows: Rows
) -> None:
    profiles = {
        profile.account_id: profile.org_id
        for profile in map(
            Profile.from_json,
            ProfileEncoder(population).encode(np.arange(len(population.accounts))),
        )
    }
    for value in RequestEncoder(population).encode(rows[:2_000]):
        request = Request.from_json(value)
        assert request.org_id == profiles[request.account_id]


def test_a_changed_profile_says_what_it_has_become(population: Population) -> None:
    chosen = np.array([3, 1])
    rows = population.accounts[chosen]
    rows["tier"], rows["payment"], rows["org"] = TIERS.index("team"), [NULL, 7], NULL
    first, second = map(Profile.from_json, ProfileEncoder(population).encode(chosen, rows))
    assert [first.account_id, second.account_id] == [population.account_ids[n] for n in (3, 1)]
    assert first.tier == second.tier == "team"
    assert first.payment_hash is None
    assert first.org_id is None
    assert second.payment_hash == hex16(population.names("payment", np.array([7])))[0].decode()


def test_an_exemption_is_written(population: Population) -> None:
    exempt = Population(5, 10, days=0.1)
    exempt.accounts["exempt_until"] = 0
    exempt.accounts["exempt_until"][3] = 1_800_000_000_000
    values = ProfileEncoder(exempt).encode(np.arange(10))
    assert [Profile.from_json(value).exempt_until for value in values] == [
        1_800_000_000_000 if account == 3 else None for account in range(10)
    ]


def test_avro_says_the_same_as_json(population: Population, rows: Rows) -> None:
    encoder = RequestEncoder(population)
    avro = AvroEncoder(Request, schema_id=0).encode(encoder.lines(rows[:300]))
    assert all(value[:5] == b"\0\0\0\0\0" for value in avro)
    for framed, line in zip(avro, encoder.encode(rows[:300]), strict=True):
        # The schema's fractions are single precision: four digits survive.
        read = {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in decode(Request, framed)
        }
        assert read == dict(Request.from_json(line))


def test_avro_carries_the_schema_id(population: Population) -> None:
    lines = ProfileEncoder(population).lines(np.arange(1))
    assert AvroEncoder(Profile, schema_id=70_000).encode(lines)[0][:5] == b"\0\0\x01\x11\x70"


def test_nothing_in_gives_nothing_out(population: Population, rows: Rows) -> None:
    assert RequestEncoder(population).encode(rows[:0]) == []
    assert ProfileEncoder(population).encode(np.arange(0)) == []


def lines(block: text.Block) -> list[bytes]:
    return [row.tobytes().replace(b"\0", b"") for row in block]


@given(st.lists(st.integers(0, 10**18), min_size=1))
def test_integers_of_any_length(numbers: list[int]) -> None:
    assert lines(text.integers(np.array(numbers))) == [b"%d" % number for number in numbers]


@given(st.lists(st.integers(0, 10_000), min_size=1))
def test_fractions_read_back(numbers: list[int]) -> None:
    written = lines(text.fractions(np.array(numbers, np.float32) / np.float32(10_000)))
    assert [orjson.loads(number) for number in written] == [n / 10_000 for n in numbers]


def test_labels_end_with_null() -> None:
    table = text.labels(("short", "much_longer"))
    assert lines(table[[0, 1, -1]]) == [b'"short"', b'"much_longer"', b"null"]
