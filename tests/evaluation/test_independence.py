"""Populations must owe nothing to what they judge."""

import ast
import json
from pathlib import Path

import pytest

from tests.evaluation.second.pools import Pools
from tests.evaluation.second.population import Population
from tests.evaluation.second.profiles import profile_table
from tests.evaluation.second.table import ARRIVED, ATTACK, Tables

HERE = Path(__file__).parent
SCHEMAS = HERE.parents[1] / "schemas"
ALLOWED = {
    "second": ("tests.evaluation.second",),
    "third": ("tests.evaluation.second", "tests.evaluation.third"),
    "fourth": ("tests.evaluation.second", "tests.evaluation.third", "tests.evaluation.fourth"),
}
"""What of the project the modules of a population may import."""

MODULES = [
    pytest.param(path, allowed, id=f"{name}-{path.stem}")
    for name, allowed in ALLOWED.items()
    for path in sorted((HERE / name).glob("*.py"))
    if not path.name.startswith("test_")
]


def imported(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add(node.module or "")
    return found


@pytest.mark.parametrize(("path", "allowed"), MODULES)
def test_nothing_of_the_project_is_imported(path: Path, allowed: tuple[str, ...]) -> None:
    for name in imported(path.read_text(encoding="utf-8")):
        assert name.split(".")[0] != "app"
        if name.startswith("tests"):
            assert name.startswith(allowed)


def test_the_check_would_see_an_import() -> None:
    assert imported("if True:\n    from app.simulation import world") == {"app.simulation"}
    assert imported("import app.detection as d") == {"app.detection"}


def test_columns_are_those_of_the_published_schemas(population: Population) -> None:
    world = population.attack_world(next(iter(population.attacks)), 1, Pools(), 0.02)
    requests = set(Tables(world, population.engine).day(5).column_names)
    assert requests - {ARRIVED, ATTACK} == published("request")
    assert set(profile_table(world).column_names) - {"recorded_at"} == published("profile")


def published(record: str) -> set[str]:
    (path,) = SCHEMAS.rglob(f"{record}*.json")
    return set(json.loads(path.read_text(encoding="utf-8"))["properties"])
