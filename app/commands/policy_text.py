"""A policy as text for people: every field with its meaning, its unit and the reason for its
default, so that whoever edits one in the night need not look anything up."""

import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

WIDTH = 98


def explained(document: BaseModel) -> str:
    """``document`` as YAML with comments; reading it back gives the same document."""
    return "\n".join(_section(document, "")) + "\n"


def _section(section: BaseModel, indent: str) -> Iterator[str]:
    plain = section.model_dump(mode="json")
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield ""
            yield from _comment(inspect.cleandoc(field.description or ""), indent)
            yield f"{indent}{name}:"
            yield from _section(value, indent + "  ")
        else:
            yield from _comment(_meaning(field), indent)
            text = yaml.safe_dump({name: plain[name]}, sort_keys=False, width=WIDTH - len(indent))
            yield from textwrap.indent(text.rstrip(), indent).splitlines()


def _meaning(field: FieldInfo) -> str:
    extra: Any = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    parts = [field.description or ""]
    if "unit" in extra:
        parts.append(f"Unit: {extra['unit']}.")
    if "why" in extra:
        parts.append(f"Why: {extra['why']}.")
    return " ".join(parts)


def _comment(text: str, indent: str) -> Iterator[str]:
    for paragraph in text.splitlines():
        lines = textwrap.wrap(paragraph, WIDTH - len(indent) - 2) or [""]
        yield from (f"{indent}# {line}".rstrip() for line in lines)
