"""Kernels are compiled before anything is pinned to a core: compiling is not measured."""

import subprocess
import sys


def compile_kernels() -> None:
    """Compile what an earlier run has not; raises ``CalledProcessError`` if that fails."""
    subprocess.run([sys.executable, "-m", "app.agents.warmup_halves"], check=True)
