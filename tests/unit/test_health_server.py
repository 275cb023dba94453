import threading
from collections.abc import Iterator

import httpx
import pytest

from app.health import Health
from app.health_server import HealthServer


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def url(health: Health) -> Iterator[str]:
    server = HealthServer(health, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.start()}"
    server.stop()


def statuses(url: str) -> tuple[int, int]:
    return (httpx.get(f"{url}/healthz").status_code, httpx.get(f"{url}/readyz").status_code)


def test_endpoints_tell_recovering_from_ready_from_dead(health: Health, url: str) -> None:
    assert statuses(url) == (200, 503)
    health.recovering({("reflux-accounts-changelog", 3): 12})
    assert statuses(url) == (200, 503)
    answer = httpx.get(f"{url}/readyz")
    assert answer.json() == {
        "state": "recovering",
        "remaining": {"reflux-accounts-changelog/3": 12},
    }
    health.ready()
    assert statuses(url) == (200, 200)
    health.stopping()
    assert statuses(url) == (200, 503)
    health.dead("fenced by another worker")
    assert statuses(url) == (500, 500)
    assert httpx.get(f"{url}/healthz").json()["reason"] == "fenced by another worker"


def test_metrics_are_in_prometheus_format(url: str) -> None:
    answer = httpx.get(f"{url}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "# HELP reflux_consumed_records_total" in answer.text


def test_the_page_is_for_people_and_escapes_what_it_shows(health: Health, url: str) -> None:
    health.dead("<script>")
    answer = httpx.get(url)
    assert answer.headers["content-type"].startswith("text/html")
    assert "Reflux worker: dead" in answer.text
    assert "<script>" not in answer.text


def test_the_page_has_a_table_of_what_remains_and_none_when_nothing_does(
    health: Health, url: str
) -> None:
    assert "<table>" not in httpx.get(url).text
    health.recovering({("reflux-accounts-changelog", 3): 1_200})
    row = "<tr><td>reflux-accounts-changelog/3</td><td>1,200 records to read</td></tr>"
    assert f"<table>{row}</table>" in httpx.get(url).text


def test_it_answers_while_the_callers_thread_is_blocked(health: Health, url: str) -> None:
    answers: list[int] = []
    asker = threading.Thread(target=lambda: answers.append(statuses(url)[0]))
    asker.start()
    # Blocks here as a busy loop of the worker would: no event loop of this thread turns.
    asker.join(timeout=10)
    assert answers == [200]


def test_a_taken_port_is_an_error_that_names_it(health: Health, url: str) -> None:
    port = int(url.rpartition(":")[2])
    with pytest.raises(OSError, match="address already in use"):
        HealthServer(health, "127.0.0.1", port).start()


def test_stopping_frees_the_port_and_ends_the_thread(health: Health) -> None:
    server = HealthServer(health, "127.0.0.1", 0)
    port = server.start()
    server.stop()
    server.stop()
    assert not any(thread.name == "health" for thread in threading.enumerate())
    second = HealthServer(health, "127.0.0.1", port)
    assert second.start() == port
    second.stop()
