import json
from collections.abc import Callable

import httpx
import pytest

from app.events.framing import ShippedSchemas
from app.events.profiles import Profile
from app.events.schemas import avro_schema
from app.kafka import registry as module
from app.kafka.registry import (
    RegistryRefused,
    RegistryUnavailable,
    SchemaRegistry,
    schema_source,
)
from app.settings import load_settings

SCHEMA = avro_schema(Profile)


class Server:
    """A registry that knows one schema, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: list[httpx.Response | httpx.HTTPError] = []
        self.now = 0.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        self.last = request
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, httpx.HTTPError):
                raise answer
            return answer
        if request.url.path.endswith("/schemas/ids/7"):
            return httpx.Response(200, json={"schema": json.dumps(SCHEMA)})
        if request.method == "POST":
            return httpx.Response(200, json={"id": 42})
        return httpx.Response(404, json={"error_code": 40403})


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def registry(server: Server) -> SchemaRegistry:
    client = httpx.Client(base_url="http://registry/base", transport=httpx.MockTransport(server))
    return SchemaRegistry(client, clock=lambda: server.now, sleep=lambda _: None)


def test_a_schema_is_asked_for_once(registry: SchemaRegistry, server: Server) -> None:
    for _ in range(3):
        assert registry.writer(7, Profile) == SCHEMA
    assert server.asked == ["GET /base/schemas/ids/7"]


def test_an_unknown_id_is_asked_for_again_only_after_a_while(
    registry: SchemaRegistry, server: Server
) -> None:
    for _ in range(3):
        assert registry.writer(8, Profile) is None
    assert len(server.asked) == 1
    server.now += module.UNKNOWN_SECONDS + 1
    assert registry.writer(8, Profile) is None
    assert len(server.asked) == 2


def test_made_up_ids_do_not_fill_the_memory(
    registry: SchemaRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "UNKNOWN_IDS", 10)
    for schema_id in range(100, 150):
        assert registry.writer(schema_id, Profile) is None
    assert len(registry._unknown) == 10


@pytest.mark.parametrize(
    "answer",
    [
        {"schema": '"string"'},
        {"schema": '["null"]'},
        {"schema": "{}", "schemaType": "PROTOBUF"},
    ],
)
def test_what_cannot_hold_a_record_is_no_schema(
    registry: SchemaRegistry, server: Server, answer: dict[str, str]
) -> None:
    server.answers = [httpx.Response(200, json=answer)]
    assert registry.writer(9, Profile) is None


def test_registering_gives_the_id(registry: SchemaRegistry, server: Server) -> None:
    assert registry.identify("reflux.profiles.v1", Profile) == 42
    assert server.asked == ["POST /base/subjects/reflux.profiles.v1-value/versions"]
    assert json.loads(json.loads(server.last.content)["schema"]) == SCHEMA


def test_passing_troubles_are_tried_again(registry: SchemaRegistry, server: Server) -> None:
    server.answers = [httpx.ConnectError("refused"), httpx.Response(503)]
    assert registry.writer(7, Profile) == SCHEMA
    assert len(server.asked) == 3


@pytest.mark.parametrize("trouble", [lambda: httpx.Response(500), lambda: httpx.ReadTimeout("x")])
def test_a_registry_that_stays_away_is_no_unknown_schema(
    registry: SchemaRegistry,
    server: Server,
    trouble: Callable[[], httpx.Response | httpx.HTTPError],
) -> None:
    server.answers = [trouble() for _ in range(module.ATTEMPTS)]
    with pytest.raises(RegistryUnavailable, match="REFLUX_SCHEMA_REGISTRY_URL"):
        registry.writer(7, Profile)
    assert registry.writer(7, Profile) == SCHEMA


@pytest.mark.parametrize("status", [401, 403])
def test_wrong_credentials_are_said(registry: SchemaRegistry, server: Server, status: int) -> None:
    server.answers = [httpx.Response(status)]
    with pytest.raises(RegistryRefused, match="REFLUX_SCHEMA_REGISTRY_PASSWORD"):
        registry.writer(7, Profile)


@pytest.mark.parametrize(("status", "text"), [(409, "not compatible"), (422, "answered 422")])
def test_a_schema_that_is_not_taken_is_said(
    registry: SchemaRegistry, server: Server, status: int, text: str
) -> None:
    server.answers = [httpx.Response(status, json={})]
    with pytest.raises(RegistryRefused, match=text):
        registry.identify("t", Profile)


def test_settings_choose_the_source() -> None:
    assert isinstance(schema_source(load_settings()), ShippedSchemas)
    source = schema_source(
        load_settings(
            schema_registry_url="http://registry:8081/",
            schema_registry_username="reflux",
            schema_registry_password="a long secret",
        )
    )
    assert isinstance(source, SchemaRegistry)
    assert str(source._client.base_url) == "http://registry:8081"
    assert "a long secret" not in repr(source._client.auth)
