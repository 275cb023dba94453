import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from app import logs

SECRET = 'pa"ss\\word and more'


@pytest.fixture(autouse=True)
def _put_logging_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logs._QUIET}
    yield
    root.handlers[:], root.level = handlers, level
    for name, former in levels.items():
        logging.getLogger(name).setLevel(former)
    structlog.reset_defaults()


def configured(**options: Any) -> io.StringIO:
    stream = io.StringIO()
    logs.configure(stream=stream, **options)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_production_logs_one_json_object_a_line() -> None:
    stream = configured()
    structlog.get_logger("app.x").info("account suspended", account="acct-1", offset=7)
    [line] = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "message": "account suspended",
        "level": "info",
        "logger": "app.x",
        "account": "acct-1",
        "offset": 7,
    }


def test_a_terminal_gets_readable_lines() -> None:
    stream = configured(format="console")
    structlog.get_logger("app.x").info("account suspended", account="acct-1")
    assert "account suspended" in stream.getvalue()
    assert "account=acct-1" in stream.getvalue()


def test_libraries_take_the_same_road() -> None:
    stream = configured()
    logging.getLogger("faust.worker").warning("lost %d of %s", 3, "partitions")
    [line] = lines(stream)
    assert line["message"] == "lost 3 of partitions"
    assert (line["logger"], line["level"]) == ("faust.worker", "warning")


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_secret_reaches_a_line(form: Any) -> None:
    stream = configured(format=form, secrets=[SECRET])
    log = structlog.get_logger("app.x")
    log.info("connecting", config={"sasl.password": SECRET}, url=f"https://u:{SECRET}@h")
    log.info(f"connecting with {SECRET}", nested=[{"deep": (SECRET,)}])
    logging.getLogger("aiokafka").error("refused %r for %s", {"password": SECRET}, SECRET)
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.exception("failed")
        logging.getLogger("faust").exception("failed")
    text = stream.getvalue()
    assert text.count(logs.HIDDEN) >= 6
    for spelling in (SECRET, json.dumps(SECRET)[1:-1], repr(SECRET)[1:-1]):
        assert spelling not in text
    assert "pa" + '"' not in text


@pytest.mark.parametrize(
    "key", ["password", "sasl.password", "ssl_key_password", "client_secret", "Authorization"]
)
def test_a_value_whose_key_names_a_secret_is_hidden_without_being_known(key: str) -> None:
    stream = configured()
    structlog.get_logger().info("x", **{key: "abc"})
    [line] = lines(stream)
    assert line[key] == logs.HIDDEN


def test_counts_of_tokens_are_no_secret() -> None:
    stream = configured()
    structlog.get_logger().info("x", input_tokens=5)
    assert lines(stream)[0]["input_tokens"] == 5


def test_bytes_of_records_are_not_logged() -> None:
    stream = configured()
    structlog.get_logger().info("x", value=b"jane", key=bytearray(b"j"), batch=[b"doe", 1])
    logging.getLogger("faust").warning("cannot decode %r", b"jane")
    [ours, theirs] = lines(stream)
    assert (ours["value"], ours["key"], ours["batch"]) == (
        "<4 bytes>",
        "<1 bytes>",
        ["<3 bytes>", 1],
    )
    assert theirs["message"] == "cannot decode '<4 bytes>'"
    assert "jane" not in stream.getvalue()


def test_level_holds_for_all() -> None:
    stream = configured(level="warning")
    structlog.get_logger("app").info("quiet")
    logging.getLogger("faust").info("quiet")
    structlog.get_logger("app").warning("loud")
    assert [line["message"] for line in lines(stream)] == ["loud"]


def test_the_last_configuration_holds() -> None:
    first = configured()
    second = configured()
    structlog.get_logger().info("x")
    assert first.getvalue() == ""
    assert len(lines(second)) == 1


def test_exceptions_are_written_with_their_traceback() -> None:
    stream = configured()
    try:
        raise ValueError("boom")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "ValueError: boom" in lines(stream)[0]["exception"]
