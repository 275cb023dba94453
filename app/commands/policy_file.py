"""Policy files as the commands take them."""

from pathlib import Path

from app.commands.exits import INVALID, USAGE, fail
from app.commands.files import files_reported
from app.policy.document import PolicyDocument
from app.policy.load import InvalidPolicy, load_policy


def read_policy(path: Path) -> PolicyDocument:
    """The policy in the file at ``path``.

    Ends the command where it cannot be read, or is invalid, with a line for each error.
    """
    try:
        with files_reported(USAGE):
            return load_policy(path)
    except InvalidPolicy as exc:
        # Each line by itself names the file: that is what editors and searches take hold of.
        fail("\n".join(f"{path}: {line}" for line in str(exc).splitlines()), INVALID)
