from pathlib import Path

import pytest
import typer

from app.commands.exits import USAGE
from app.commands.files import files_reported
from app.kafka.admin import BrokerUnreachable
from app.kafka.registry import RegistryUnavailable


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(2, "No such file or directory", "a.yaml"), "a.yaml: No such file or directory"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("it went wrong"), "it went wrong"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_an_error_is_told_as_far_as_it_tells_itself(
    error: OSError, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as caught, files_reported(USAGE):
        raise error
    assert caught.value.exit_code == USAGE
    assert capsys.readouterr().err == f"reflux: {says}\n"


@pytest.mark.parametrize("error", [BrokerUnreachable("away"), RegistryUnavailable("away")])
def test_what_the_network_does_is_no_matter_of_files(error: OSError) -> None:
    with pytest.raises(type(error)), files_reported(USAGE):
        raise error


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(2, "No such file", "no/out.zst.partial"), "no/out.zst: No such file"),
        # As Arrow puts it.
        (OSError(2, "Failed to open 'no/out.zst.partial'"), "Failed to open 'no/out.zst'"),
        (OSError(2, "No such file", "in.partial"), "in.partial: No such file"),
    ],
)
def test_files_are_named_as_they_were_typed(
    error: OSError, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit), files_reported(USAGE, (None, Path("no/out.zst"))):
        raise error
    assert capsys.readouterr().err == f"reflux: {says}\n"
