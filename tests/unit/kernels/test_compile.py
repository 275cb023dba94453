"""What machine code is kept by follows from every file it was made from."""

import ast
import importlib
from pathlib import Path

import pytest

from app.kernels.compile import _sources

PACKAGE = Path(__file__).parents[3] / "app"
MODULES = sorted(path.stem for path in (PACKAGE / "kernels").glob("[a-z]*.py"))


def imported(path: Path) -> set[Path]:
    """The files of the package that ``path`` imports, and what they import, as Python reads it."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        source = waiting.pop()
        if source in found or not source.is_file():
            continue
        found.add(source)
        for node in ast.parse(source.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
                names.append(str(node.module))
            else:
                continue
            waiting += [
                PACKAGE.parent / (name.replace(".", "/") + ".py")
                for name in names
                if name.startswith("app.")
            ]
    return found


@pytest.mark.parametrize("name", MODULES)
def test_every_import_is_a_source(name: str) -> None:
    module = importlib.import_module(f"app.kernels.{name}")
    assert _sources(module.__name__) == imported(PACKAGE / "kernels" / f"{name}.py")
