"""What the README says is what the code does."""

import ast
import re
from pathlib import Path

from app.cli import COMMANDS
from app.settings import settings_table

README = (Path(__file__).parents[2] / "README.md").read_text()


def between(name: str) -> str:
    match = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", README, re.DOTALL)
    assert match is not None
    return match[1]


def test_the_settings_table_is_the_settings() -> None:
    """Mended by ``python -m app.settings`` between the two marks."""
    assert between("settings") == settings_table()


def test_the_consumer_is_python_of_about_ten_lines() -> None:
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code is not None
    ast.parse(code[1])
    assert len([line for line in code[1].splitlines() if line.strip()]) <= 11


def test_every_command_it_names_exists() -> None:
    named = set(re.findall(r"^reflux (\w+)", README, re.MULTILINE))
    assert named
    assert named <= COMMANDS.keys()


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (Path(__file__).parents[2] / target).exists(), target


def test_the_layout_names_every_folder_once() -> None:
    block = re.search(r"```\napp/\n(.*?)```", README, re.DOTALL)
    assert block is not None
    named = [word for line in block[1].splitlines() for word in re.findall(r"(\w+)/", line[:22])]
    folders = [path.name for path in (Path(__file__).parents[2] / "app").iterdir() if path.is_dir()]
    assert sorted(named) == sorted(name for name in folders if not name.startswith("_"))
