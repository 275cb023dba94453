"""Schemas by their id, from a Confluent-compatible Schema Registry."""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx

from app.events.framing import SchemaSource, ShippedSchemas
from app.events.record import Record
from app.events.schemas import Schema, avro_schema
from app.kafka.clients import ssl_context
from app.settings import Settings

TIMEOUT_SECONDS = 5.0
ATTEMPTS = 4
UNKNOWN_SECONDS = 30.0
"""How long an id stays unknown before the registry is asked again: a producer of made-up ids must
not cost a request per record, a schema registered late must not stay unknown for ever."""
UNKNOWN_IDS = 10_000

_CONTENT = "application/vnd.schemaregistry.v1+json"


class RegistryUnavailable(ConnectionError):
    """The registry cannot be asked now. Records under ids not seen before must wait: they are not
    bad, so they are no dead letters."""


class RegistryRefused(RuntimeError):
    """The registry does not accept our schema or our credentials; the message says what to do."""


class SchemaRegistry:
    """A ``SchemaSource`` that asks a registry, once per id.

    Safe to share between threads; calls block for at most ``ATTEMPTS`` timeouts.
    """

    def __init__(
        self,
        client: httpx.Client,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._known: dict[int, Schema] = {}
        self._unknown: OrderedDict[int, float] = OrderedDict()

    def writer(self, schema_id: int, _record: type[Record], /) -> Schema | None:
        """The Avro schema with this id, or None when the registry has none.

        Raises:
            RegistryUnavailable, RegistryRefused: it cannot be told.
        """
        with self._lock:
            if schema_id in self._known:
                return self._known[schema_id]
            if self._clock() < self._unknown.get(schema_id, 0.0):
                return None
        response = self._ask("GET", f"/schemas/ids/{schema_id}")
        schema = _avro_of(response)
        with self._lock:
            if schema is None:
                self._unknown[schema_id] = self._clock() + UNKNOWN_SECONDS
                self._unknown.move_to_end(schema_id)
                if len(self._unknown) > UNKNOWN_IDS:
                    self._unknown.popitem(last=False)
            else:
                self._known[schema_id] = schema
        return schema

    def identify(self, topic: str, record: type[Record], /) -> int:
        """The id of ``record``'s schema under the subject ``<topic>-value``, registered if new.

        Raises:
            RegistryUnavailable, RegistryRefused: it cannot be registered.
        """
        subject = f"{topic}-value"
        body = {"schema": json.dumps(avro_schema(record))}
        response = self._ask("POST", f"/subjects/{subject}/versions", body)
        if response.status_code == HTTPStatus.CONFLICT:
            raise RegistryRefused(
                f"subject {subject} holds a schema that ours is not compatible with: another"
                " application writes there, or a compatibility level forbids the change"
            )
        if response.status_code != HTTPStatus.OK:
            raise RegistryRefused(
                f"registering {subject}: the registry answered {response.status_code}"
            )
        return int(response.json()["id"])

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        trouble = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(0.2 * 2**attempt)
            try:
                response = self._client.request(
                    method, path, json=body, headers={"Accept": _CONTENT, "Content-Type": _CONTENT}
                )
            except httpx.HTTPError as exc:
                trouble = type(exc).__name__
                continue
            if response.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                raise RegistryRefused(
                    f"the schema registry answered {response.status_code}: check"
                    " REFLUX_SCHEMA_REGISTRY_USERNAME and REFLUX_SCHEMA_REGISTRY_PASSWORD"
                )
            if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                return response
            trouble = f"status {response.status_code}"
        raise RegistryUnavailable(
            f"the schema registry at {self._client.base_url} does not answer ({trouble}): check"
            " REFLUX_SCHEMA_REGISTRY_URL"
        )


def schema_source(settings: Settings) -> SchemaSource:
    """The registry that ``settings`` name, or the shipped schemas when they name none."""
    if not settings.schema_registry_url:
        return ShippedSchemas()
    auth = None
    if settings.schema_registry_username:
        password = settings.schema_registry_password.get_secret_value()
        auth = httpx.BasicAuth(settings.schema_registry_username, password)
    return SchemaRegistry(
        httpx.Client(
            base_url=settings.schema_registry_url,
            auth=auth,
            timeout=TIMEOUT_SECONDS,
            verify=ssl_context(settings) if settings.tls_ca is not None else True,
        )
    )


def _avro_of(response: httpx.Response) -> Schema | None:
    if response.status_code != HTTPStatus.OK:
        return None
    answer = response.json()
    if answer.get("schemaType", "AVRO") != "AVRO":
        return None
    schema = json.loads(answer["schema"])
    # Records only: another kind of schema cannot hold a record of the contract.
    return schema if isinstance(schema, dict) and schema.get("type") == "record" else None
