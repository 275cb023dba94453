"""Many evaluations: in several processes, resumable, and none of them forgotten."""

import hashlib
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from typing import Any

import orjson

import app
from app.policy.document import PolicyDocument
from app.replay.evaluation import Experiment, Report, evaluate
from app.replay.evaluation_ablation import without

DETECTOR_PACKAGES = ("agents", "detection", "kernels", "policy", "replay", "state")
WORLD_PACKAGES = ("simulation",)
FIRST_REPORT_SEED = 101
"""Seeds below it are for tuning, and no figure from them is reported."""
NOT_A_VERSION = ("evaluation", "figures", "report_page")
"""Beginnings of the names of files that measure and decide nothing."""

Result = dict[str, Any]


def _silent(_experiment: Experiment, _text: str, _share: float) -> None:
    """Nobody wants to know."""


@cache
def code_digest(*packages: str) -> str:
    """Twelve hex digits that change with the source of ``packages``, and with nothing else."""
    root = Path(app.__file__).parent
    digest = hashlib.sha256()
    for package in packages:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in (".py", ".yaml") and not path.name.startswith(NOT_A_VERSION):
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def versions(policy: PolicyDocument) -> dict[str, str]:
    """What made a result: digests of the detector's code, the policy and the simulator."""
    return {
        "detector": code_digest(*DETECTOR_PACKAGES),
        "policy": _digest(policy.model_dump()),
        "simulator": code_digest(*WORLD_PACKAGES),
    }


class Results:
    """One JSON file for each evaluation: one that is there is not run again.

    A file is valid for the code and policy that made it; another version has files of its own. With
    ``any_version`` the newest of any version is taken as it is, and says itself which it is.
    """

    def __init__(self, directory: Path, *, any_version: bool = False) -> None:
        self._directory = directory
        self._any_version = any_version

    def find(self, experiment: Experiment, policy: PolicyDocument) -> Result | None:
        """The result of ``experiment``, if it is there and whole."""
        paths = [self._path(experiment, policy)]
        if self._any_version:
            older = self._directory.glob(f"{_name(experiment)}-*.json")
            paths += sorted(older, key=lambda path: path.stat().st_mtime, reverse=True)
        for path in paths:
            try:
                found: Result = orjson.loads(path.read_bytes())
            except (FileNotFoundError, orjson.JSONDecodeError):
                continue
            return found
        return None

    def keep(self, experiment: Experiment, policy: PolicyDocument, result: Result) -> None:
        """Write ``result``; raises OSError."""
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._path(experiment, policy)
        unfinished = path.with_name(path.name + ".partial")
        unfinished.write_bytes(orjson.dumps(result))
        unfinished.replace(path)

    def _path(self, experiment: Experiment, policy: PolicyDocument) -> Path:
        made_by = {**versions(policy), "measures": _measures_digest()}
        return self._directory / f"{_name(experiment)}-{_digest(made_by)}.json"


def _name(experiment: Experiment) -> str:
    mode = experiment.share_mode.removeprefix("fixed_")
    about = _digest(asdict(experiment))
    return f"{experiment.scenario}-{experiment.share:g}-{mode}-seed{experiment.seed}-{about}"


def _digest(value: Any) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]


@cache
def _measures_digest() -> str:
    """Of what turns a run into figures."""
    here = Path(__file__).parent
    names = ("", "_leaks", "_outcome", "_scores")
    files = [here / "figures.py", *(here / f"evaluation{name}.py" for name in names)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def run(
    experiment: Experiment, policy: PolicyDocument, report: Report = lambda _text, _share: None
) -> Result:
    """``evaluate`` without the evidence that ``experiment`` leaves out, and with ``versions``."""
    result = evaluate(experiment, without(policy, experiment.without), report)
    return {**result, "versions": versions(policy)}


def run_all(
    experiments: Sequence[Experiment],
    policy: PolicyDocument,
    *,
    jobs: int = 1,
    results: Results | None = None,
    report: Callable[[Experiment, str, float], None] = lambda _trial, _text, _share: None,
) -> Iterator[tuple[Experiment, Result]]:
    """The results of ``experiments``, those first that are there, then as they are done.

    ``jobs`` of them run at a time, each in a process of its own if there are several. ``report`` is
    told how far each is; with several jobs only when one is done.
    """
    left = []
    for experiment in experiments:
        found = results.find(experiment, policy) if results is not None else None
        if found is None:
            left.append(experiment)
        else:
            report(experiment, "was there", 1.0)
            yield experiment, found
    for experiment, result in _run(left, policy, jobs, report):
        if results is not None:
            results.keep(experiment, policy, result)
        report(experiment, f"{result['seconds']:.0f} s", 1.0)
        yield experiment, result


def _run(
    experiments: Sequence[Experiment],
    policy: PolicyDocument,
    jobs: int,
    report: Callable[[Experiment, str, float], None],
) -> Iterator[tuple[Experiment, Result]]:
    if jobs == 1 or len(experiments) <= 1:
        for experiment in experiments:
            yield experiment, run(experiment, policy, partial(report, experiment))
        return
    # A fresh process each, so that the memory of one world is given back before the next.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, max_tasks_per_child=1) as pool:
        waiting = {pool.submit(run, experiment, policy): experiment for experiment in experiments}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def note_report_seeds(path: Path, results: Sequence[Result], date: str) -> int:
    """Append to ``path`` (NDJSON) every detector version that was run on a report seed, once each;
    how many lines are new. Raises OSError."""
    known = set()
    if path.exists():
        for line in path.read_bytes().splitlines():
            entry = orjson.loads(line)
            entry.pop("date")
            known.add(orjson.dumps(entry, option=orjson.OPT_SORT_KEYS))
    lines = []
    for result in results:
        if result["seed"] < FIRST_REPORT_SEED:
            continue
        names = ("scenario", "share", "share_mode", "seed", "scale", "fraudulent", "accounts")
        entry = {name: result[name] for name in (*names, "days", "without", "versions")}
        key = orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)
        if key not in known:
            known.add(key)
            lines.append(orjson.dumps({"date": date, **entry}) + b"\n")
    if lines:
        with path.open("ab") as file:
            file.write(b"".join(lines))
    return len(lines)
