"""A Schema Registry for tests: it knows some schemas of a request, and answers 404 for the rest."""

import contextlib
import io
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import fastavro

from app.events.requests import Request
from app.events.schemas import avro_schema

SHIPPED, EVOLVED, ANOTHER, UNKNOWN = 1, 2, 3, 99

_shipped: dict[str, Any] = dict(avro_schema(Request))
SCHEMAS: dict[int, dict[str, Any]] = {
    SHIPPED: _shipped,
    # A producer a release ahead: other fields first, one that nobody here knows, one left out.
    EVOLVED: {
        **_shipped,
        "fields": [
            {"name": "region", "type": {"type": "array", "items": "string"}},
            *(field for field in reversed(_shipped["fields"]) if field["name"] != "language"),
        ],
    },
    # Nobody has asked for it before the test that does.
    ANOTHER: _shipped,
}

_away = threading.Event()


@contextlib.contextmanager
def away() -> Iterator[None]:
    """Meanwhile it takes requests and leaves them unanswered, as one behind a broken proxy does."""
    _away.set()
    try:
        yield
    finally:
        _away.clear()


def framed(document: dict[str, Any], schema_id: int) -> bytes:
    """``document`` in the Confluent wire format, written with the schema of that id."""
    body = io.BytesIO()
    schema = SCHEMAS.get(schema_id, _shipped)
    fastavro.schemaless_writer(body, fastavro.parse_schema(schema), {"region": ["eu"], **document})
    return b"\0" + schema_id.to_bytes(4, "big") + body.getvalue()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        while _away.is_set():
            time.sleep(0.05)
        number = self.path.rpartition("/")[2]
        known = SCHEMAS.get(int(number)) if number.isdecimal() else None
        answer = {"schema": json.dumps(known)} if known else {"error_code": 40403}
        body = json.dumps(answer).encode()
        with contextlib.suppress(ConnectionError):  # whoever asked has given up
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not on the terminal of the tests."""


@contextlib.contextmanager
def registry() -> Iterator[str]:
    """Serve it; gives its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
