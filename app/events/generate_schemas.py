"""Writes ``schemas/`` from the models: ``python -m app.events.generate_schemas [--check] [DIR]``.

With ``--check`` nothing is written: the exit code is 1 if a file differs from its model.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel

from app.events.asyncapi import asyncapi_document
from app.events.policies import PolicyRecord
from app.events.record import Record
from app.events.schemas import avro_schema, json_schema
from app.events.topics import records
from app.policy.document import PolicyDocument

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"

# Records whose content another package describes.
_WHOLE: Mapping[type[Record], type[BaseModel]] = {PolicyRecord: PolicyDocument}


def generate() -> dict[str, str]:
    """The content of every file of ``schemas/``, by file name."""
    files = {"asyncapi.yaml": yaml.safe_dump(asyncapi_document(), sort_keys=False, width=100)}
    for record in records():
        model = _WHOLE.get(record, record)
        files[f"{record.schema_name}.avsc"] = _json(avro_schema(model))
        files[f"{record.schema_name}.schema.json"] = _json(json_schema(model, record.schema_name))
    return files


def _json(schema: Mapping[str, object]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def differences(directory: Path) -> list[str]:
    """What is wrong with the files in ``directory``, one line each; empty if nothing is."""
    expected = generate()
    found = {path.name: path.read_text() for path in directory.iterdir()}
    return [
        *(f"{name} is missing" for name in sorted(expected.keys() - found.keys())),
        *(f"{name} belongs to no record" for name in sorted(found.keys() - expected.keys())),
        *(
            f"{name} differs from its model"
            for name in sorted(expected.keys() & found.keys())
            if expected[name] != found[name]
        ),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Write or check the files; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("directory", type=Path, nargs="?", default=SCHEMAS)
    parser.add_argument("--check", action="store_true", help="write nothing, report differences")
    options = parser.parse_args(arguments)
    if options.check:
        problems = differences(options.directory)
        if problems:
            advice = "run: python -m app.events.generate_schemas"
            sys.stderr.write("\n".join([*problems, advice, ""]))
        return 1 if problems else 0
    options.directory.mkdir(parents=True, exist_ok=True)
    for name, content in generate().items():
        (options.directory / name).write_text(content)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
