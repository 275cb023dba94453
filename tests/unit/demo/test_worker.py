import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.demo import worker as module
from app.demo.worker import DemoFailedError, DemoWorker
from app.settings import Settings, load_settings


def settings(directory: Path, **values: object) -> Settings:
    return load_settings(data_dir=directory, web_port=0, log_format="json", **values)


def test_the_worker_gets_these_settings_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFLUX_EMBEDDED_BROKER", "true")
    given = settings(
        tmp_path,
        partitions=4,
        embedded_broker=False,
        sasl_password=SecretStr("hush"),
        sasl_username="me",
    )
    environment = module._environment(given)
    for name, value in environment.items():
        if name.startswith("REFLUX_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("REFLUX_EMBEDDED_BROKER", environment["REFLUX_EMBEDDED_BROKER"])
    assert load_settings() == given


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_worker_that_cannot_start_says_why(tmp_path: Path) -> None:
    command = python("import sys; sys.exit('reflux: topics are missing')")
    worker = DemoWorker(settings(tmp_path), tmp_path, command)
    with pytest.raises(DemoFailedError, match=r"(?s)ended with status 1.*topics are missing"):
        worker.wait_until_ready()
    assert worker.stop() == 1


def test_one_that_never_becomes_ready_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READY_SECONDS", 0.3)
    worker = DemoWorker(settings(tmp_path), tmp_path, ["sleep", "60"])
    with pytest.raises(DemoFailedError, match=r"still starting .*, without a word"):
        worker.wait_until_ready()
    worker.stop()


SERVER = """
import http.server, json, sys

class Answers(http.server.BaseHTTPRequestHandler):
    states = ["starting", "recovering", "ready"]

    def do_GET(self):
        state = self.states.pop(0)
        self.send_response(200 if state == "ready" else 503)
        self.end_headers()
        self.wfile.write(json.dumps({"state": state}).encode())

server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
print("a line that is not JSON")
print(json.dumps({"message": "another", "port": 1}))
served = {"message": "served", "host": "127.0.0.1", "port": server.server_port}
print(json.dumps(served), flush=True)
server.serve_forever()
"""


def test_the_port_is_read_from_the_log_and_asked_until_ready(tmp_path: Path) -> None:
    worker = DemoWorker(settings(tmp_path), tmp_path, python(SERVER))
    worker.wait_until_ready()
    assert worker.address.startswith("http://127.0.0.1:")
    worker.check()
    worker.stop()
    with pytest.raises(DemoFailedError, match="ended"):
        worker.check()
