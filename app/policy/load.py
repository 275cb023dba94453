"""Reading a policy document, and saying what is wrong with one."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from app.events.policies import PolicyRecord
from app.events.record import BadRecord
from app.policy.document import PolicyDocument

MAX_BYTES = 256 * 1024


class InvalidPolicy(ValueError):
    """A policy that cannot come into force; the message names each field and the reason."""


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses a setting given twice, of which the last would win silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                place = f"line {key.start_mark.line + 1}"
                raise InvalidPolicy(f"{place}: {key.value} is there twice; the last would win")
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def load_policy(source: Path | str | bytes) -> PolicyDocument:
    """The policy in a file (given by its path) or in text (given as bytes), YAML or JSON.

    Raises:
        InvalidPolicy: it is no YAML, no mapping, or a field is unknown, of the wrong type or out
            of bounds.
        OSError: the file cannot be read.
    """
    text = source if isinstance(source, bytes) else Path(source).read_bytes()
    if len(text) > MAX_BYTES:
        raise InvalidPolicy(f"the document has {len(text):,} bytes; the limit is {MAX_BYTES:,}")
    try:
        document = yaml.load(text, _Loader)  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise InvalidPolicy(f"neither YAML nor JSON: {exc}") from None
    except RecursionError:
        raise InvalidPolicy("nested too deeply") from None
    return parse_policy(document)


def parse_policy(document: Any) -> PolicyDocument:
    """The policy with these fields; raises ``InvalidPolicy`` as ``load_policy`` does."""
    if not isinstance(document, dict):
        raise InvalidPolicy("the document is not a mapping of sections and fields")
    try:
        return PolicyDocument.model_validate(document)
    except ValidationError as exc:
        raise InvalidPolicy("\n".join(_explain(error) for error in exc.errors())) from None


def published_policy(value: bytes) -> PolicyDocument:
    """The policy in a record of its topic; raises ``InvalidPolicy`` as ``load_policy`` does."""
    try:
        record = PolicyRecord.from_json(value)
    except BadRecord as exc:
        raise InvalidPolicy(str(exc)) from None
    # What the letter says of the document holds, should the two differ.
    said = record.model_dump(exclude={"document"})
    return parse_policy({**record.document, **said})


def _explain(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "the document"
    if error["type"] == "extra_forbidden":
        return f"{place}: there is no such field; `reflux policy show` lists them"
    reason = str(error["msg"]).removeprefix("Value error, ")
    given = error.get("input")
    shown = f" (given: {given!r})" if isinstance(given, str | int | float | bool) else ""
    return f"{place}: {reason}{shown}"


@cache
def default_policy() -> PolicyDocument:
    """The policy that Reflux ships with."""
    return load_policy(files("app.policy").joinpath("default.yaml").read_bytes())
