"""Dependencies point one way: agents → detection, policy, state → kernels.

Read from the source with ``ast``, so that an import inside a function counts too. A new package
fails here until somebody has decided where it stands.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app"

# What code of each package may import of the others. Modules stand for themselves.
MAY_IMPORT: dict[str, set[str]] = {
    # The layouts are pure data that rows and kernels share.
    "kernels": {"state.campaign_layout", "state.layout", "state.link_layout"},
    "state": {"kernels", "metrics"},
    "events": {"kernels", "state.layout", "state.link_layout"},
    "detection": {"events", "kernels", "state"},
    "policy": {"detection", "events", "kernels", "state"},
    "settings": set(),
    "logs": set(),
    "allocator": set(),
    "metric_catalogue": set(),
    "metrics": {"metric_catalogue"},
    "health": {"metrics"},
    "health_server": {"health", "metric_catalogue", "metrics"},
    "kafka": {"events", "settings"},
    "transport": {"events", "kafka", "kernels", "metrics", "settings"},
    "broker": set(),
    "simulation": {"broker", "events", "kafka", "kernels", "settings", "state"},
    "agents": {
        "detection", "events", "health", "kafka", "kernels", "metrics", "policy", "settings",
        "state", "transport",
    },
    "reports": {"events"},
    "replay": {"agents", "detection", "events", "kernels", "policy", "simulation", "state"},
}  # fmt: skip

# Where the parts are put together: these may import anything.
ASSEMBLY = {"__main__", "cli", "commands", "demo", "topology", "worker"}
# Run by hand: it writes the schemas of all records, the policy's among them.
TOOLS = {"app.events.generate_schemas"}

KAFKA = {"aiokafka", "confluent_kafka"}
CLOCKS = {"asyncio", "datetime", "random", "secrets", "socket", "threading", "time"}

MAY_NOT: dict[str, set[str]] = {
    "kernels": {"faust", "mode", *KAFKA, "asyncio", "random", "socket", "pydantic", "structlog"},
    # Plain data: what crosses a topic knows no topic's client and no clock.
    "events": {"faust", "mode", *KAFKA, *CLOCKS, "numba"},
    # Pure: time and chance are handed in.
    "detection": {"faust", "mode", *KAFKA, *CLOCKS, "structlog"},
    "policy": {"faust", "mode", *KAFKA, *CLOCKS, "structlog"},
    "kafka": {"faust", "mode"},
    "simulation": {"faust", "mode"},
    "broker": {"faust", "mode"},
    "replay": {"faust", "mode"},
    "reports": {"faust", "mode", *KAFKA, "numba"},
    "settings": {"faust", "mode", *KAFKA},
    "logs": {"faust", "mode", *KAFKA},
    "allocator": {"faust", "mode", *KAFKA},
    "metric_catalogue": {"faust", "mode", *KAFKA},
    "metrics": {"faust", "mode", *KAFKA},
    "health": {"faust", "mode", *KAFKA},
    "health_server": {"faust", "mode", *KAFKA},
}

# Kernels are machine code; beside it they use what speaks a codec, and nothing else.
KERNEL_LIBRARIES = {"numba", "numpy", "llvmlite", "cramjam", "google_crc32c", "fastavro", "orjson"}


@cache
def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(APP.rglob("*.py")):
        parts = ["app", *path.relative_to(APP).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports(module: str, *, for_types: bool = True) -> frozenset[str]:
    """Every module that ``module`` imports, anywhere in it, by its full name."""
    tree: ast.AST = ast.parse(modules()[module].read_text())
    if not for_types:
        tree = _Running().visit(tree)
    return frozenset(_imports(tree))


class _Running(ast.NodeTransformer):
    """Leaves out what only type checkers read."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they point"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in modules() else str(node.module)


def package(module: str) -> str:
    """``kernels`` for ``app.kernels.fold``, ``settings`` for ``app.settings``."""
    return module.split(".")[1] if "." in module else ""


CHECKED = [name for name in modules() if package(name) not in ASSEMBLY | {""} and name not in TOOLS]


def test_every_package_has_its_place() -> None:
    there = {package(name) for name in modules()} - {""}
    assert there <= set(MAY_IMPORT) | ASSEMBLY
    assert set(MAY_NOT) <= set(MAY_IMPORT)


@pytest.mark.parametrize("module", CHECKED)
def test_imports_point_down(module: str) -> None:
    allowed = MAY_IMPORT[package(module)]
    for name in imports(module):
        if not name.startswith("app.") or package(name) == package(module):
            continue
        inner = name.removeprefix("app.")
        fits = any(inner == one or inner.startswith(f"{one}.") for one in allowed)
        assert fits, f"{module} must not import {name}"


@pytest.mark.parametrize("module", CHECKED)
def test_libraries_stay_where_they_belong(module: str) -> None:
    used = {name.split(".")[0] for name in imports(module)}
    forbidden = used & MAY_NOT.get(package(module), set())
    assert not forbidden, f"{module} must not import {sorted(forbidden)}"


@pytest.mark.parametrize("module", [name for name in CHECKED if package(name) == "kernels"])
def test_kernels_use_few_libraries(module: str) -> None:
    used = {name.split(".")[0] for name in imports(module)} - {"app"}
    assert used - set(sys.stdlib_module_names) <= KERNEL_LIBRARIES


def test_faust_is_known_to_agents_transport_and_state_alone() -> None:
    users = {
        package(name)
        for name in modules()
        if any(used.split(".")[0] in ("faust", "mode") for used in imports(name))
    }
    assert users <= {"agents", "state", "transport", *ASSEMBLY}


def test_the_detector_cannot_see_the_simulator() -> None:
    for name in modules():
        if package(name) in ("agents", "detection", "events", "kernels", "policy", "state"):
            assert not any(used.startswith("app.simulation") for used in imports(name)), name


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = {
        name: [used for used in imports(name, for_types=False) if used in modules()]
        for name in modules()
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path[path.index(name) :], name))
        if name not in done:
            for used in graph[name]:
                visit(used, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_commands_load_nothing_heavy_before_they_are_used() -> None:
    """An operator who suspends an account does not wait for a compiler."""
    heavy = {"faust", "numba"}
    for start in ("app.cli", "app.commands.operator", "app.commands.tail", "app.commands.topics"):
        for name in _loaded_with(start, set()):
            assert not {used.split(".")[0] for used in imports(name)} & heavy, f"{start} by {name}"


def _loaded_with(module: str, seen: set[str]) -> set[str]:
    """``module`` and what importing it imports: only imports at the top of a module count."""
    if module in seen:
        return seen
    seen.add(module)
    tree = ast.parse(modules()[module].read_text())
    top = ast.Module([node for node in tree.body if not isinstance(node, ast.FunctionDef)], [])
    for name in _imports(top):
        for prefix in _and_parents(name):
            if prefix in modules():
                _loaded_with(prefix, seen)
    return seen


def _and_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])
