"""Two processes compile the kernels: together all of them, and each what ``warm_up`` asks for."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.agents import warmup_halves

# In a process of its own: the kernels of this one have met arguments of other types.
COMPARE = """
import gc

from numba.core.dispatcher import Dispatcher

from app.agents.warmup import compile_accounts, compile_decoders_and_links, warm_up

def signatures():
    kernels = [one for one in gc.get_objects() if isinstance(one, Dispatcher)]
    return {(k.__module__, k.__name__, str(s)) for k in kernels for s in k.signatures}

{halves}
before = signatures()
warm_up()
print(*sorted({name for _, name, _ in signatures() - before}))
"""


def missing_after(*halves: str) -> list[str]:
    code = COMPARE.replace("{halves}", "\n".join(f"{half}()" for half in halves))
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NUMBA_DISABLE_JIT": "0"},
    )
    return done.stdout.split()


def test_the_halves_compile_everything_that_the_warm_up_runs() -> None:
    assert missing_after("compile_accounts", "compile_decoders_and_links") == []


def test_each_half_has_its_own() -> None:
    decoders_and_links = missing_after("compile_accounts")
    accounts = missing_after("compile_decoders_and_links")
    assert {"decode_rows", "decode_sightings", "fold_sightings"} <= set(decoders_and_links)
    assert {"fold_requests", "fold_profiles", "encode_sightings"} <= set(accounts)
    assert not {"decode_rows", "decode_sightings"} & set(accounts)
    assert not {"fold_requests", "encode_sightings"} & set(decoders_and_links)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is compiled here, and by what helper, in order."""
    ran: list[str] = []

    class Helper:
        def __init__(self, command: list[str], **_: object) -> None:
            ran.append(command[-1])

        def __enter__(self) -> "Helper":
            return self

        def __exit__(self, *_: object) -> None:
            ran.append("helper ended")

        def kill(self) -> None:
            ran.append("helper killed")

    monkeypatch.setattr(warmup_halves.subprocess, "Popen", Helper)
    monkeypatch.setattr(warmup_halves, "warm_up", lambda: ran.append("all"))
    monkeypatch.setattr(
        warmup_halves, "compile_decoders_and_links", lambda: ran.append("decoders and links")
    )
    monkeypatch.setattr(warmup_halves, "processors", lambda: 2)
    monkeypatch.setattr(warmup_halves, "compiled", lambda _kernel: False)
    return ran


def test_a_helper_compiles_the_other_half(ran: list[str]) -> None:
    warmup_halves.warm_up_quickly()
    assert ran == ["accounts", "decoders and links", "helper ended", "all"]


def test_none_helps_with_one_processor_or_nothing_to_compile(
    ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warmup_halves, "compiled", lambda _kernel: True)
    warmup_halves.warm_up_quickly()
    monkeypatch.setattr(warmup_halves, "compiled", lambda _kernel: False)
    monkeypatch.setattr(warmup_halves, "processors", lambda: 1)
    warmup_halves.warm_up_quickly()
    assert ran == ["all", "all"]


def test_a_failure_leaves_no_helper(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("no compiler")

    monkeypatch.setattr(warmup_halves, "compile_decoders_and_links", fail)
    with pytest.raises(RuntimeError, match="no compiler"):
        warmup_halves.warm_up_quickly()
    assert ran == ["accounts", "helper killed", "helper ended"]


def test_what_was_compiled_is_known_by_its_file(tmp_path: Path) -> None:
    class Kernel:
        py_func = test_what_was_compiled_is_known_by_its_file
        stats = SimpleNamespace(cache_path=str(tmp_path))

    assert not warmup_halves.compiled(Kernel())
    (tmp_path / f"test_warmup_halves.{Kernel.py_func.__name__}-9.py311.nbi").touch()
    assert warmup_halves.compiled(Kernel())
    assert warmup_halves.compiled(len)  # no compiler, nothing to compile
