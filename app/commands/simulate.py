"""``reflux simulate``: a simulated population and campaign, to topics or files."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from app.commands.exits import FAILED, REFUSED, USAGE, fail
from app.commands.files import files_reported
from app.commands.options import CONNECTION, with_settings
from app.commands.times import parse_time, show_time
from app.events.profiles import Profile
from app.events.requests import Request
from app.events.topics import PROFILES, REQUESTS
from app.kafka.admin import Cluster
from app.kafka.clients import QUIET, producer_config
from app.kafka.registry import schema_source
from app.settings import Settings
from app.simulation import streams
from app.simulation.arrivals import DAY_MS, TICK_MS
from app.simulation.campaigns import FULL_LENGTH_MS, LADDER, Campaign, ShareMode
from app.simulation.pace import Pace
from app.simulation.population import START_MS, Population
from app.simulation.to_files import label_lines, lines_to, profiles_to, requests_to
from app.simulation.to_topic import TopicWriter, UndeliveredError

HOUR_MS = 3_600_000


class CampaignName(StrEnum):
    """The rungs of the ladder that can be asked for."""

    NONE = "none"
    NAIVE = "naive"
    SEED = "seed"
    PARAPHRASE = "paraphrase"
    UNLINKED = "unlinked"
    DIURNAL = "diurnal"
    SLOW = "slow"
    PIVOT = "pivot"
    HYDRA = "hydra"
    SLEEPER = "sleeper"
    COMBINED = "combined"


class Encoding(StrEnum):
    """Framings of a record."""

    JSON = "json"
    AVRO = "avro"


@with_settings(*CONNECTION, "schema_registry_url", "schema_registry_username")
def command(
    settings: Settings,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same records.")] = 1,
    accounts: Annotated[int, typer.Option(min=0, help="Benign accounts.")] = 2_000,
    days: Annotated[float, typer.Option(min=0.01, help="Length in event time.")] = 1.0,
    start: Annotated[
        str, typer.Option(help="First hour in event time. The end should lie in the past.")
    ] = show_time(START_MS).replace(" ", "T"),
    heaviest: Annotated[
        float, typer.Option(min=100, help="Requests a day of the heaviest benign account.")
    ] = 5_000.0,
    campaign: Annotated[
        CampaignName, typer.Option(help="Rung of the attack ladder among them.")
    ] = CampaignName.NAIVE,
    campaign_accounts: Annotated[
        int | None, typer.Option(min=1, help="Its accounts; by default the rung's.")
    ] = None,
    campaign_rate: Annotated[
        float | None, typer.Option(min=0.1, help="Requests a day of each; by default the rung's.")
    ] = None,
    scale: Annotated[
        float | None,
        typer.Option(min=0.0001, max=10.0, help="Its accounts, as a part of the full campaign's."),
    ] = None,
    share: Annotated[
        float | None,
        typer.Option(min=1.0, max=100.0, help="Percentage of their requests that attacks."),
    ] = None,
    attack_share: Annotated[
        float | None, typer.Option(min=0.01, max=1.0, help="The same as a fraction: 1 by default.")
    ] = None,
    share_mode: Annotated[
        ShareMode,
        typer.Option(help="The rate is that of all their requests, or of the attack in them."),
    ] = ShareMode.FIXED_TOTAL,
    campaign_start: Annotated[
        float, typer.Option(min=0.0, help="Hours of event time before it starts.")
    ] = 0.0,
    campaign_days: Annotated[
        float, typer.Option(min=0.01, help="Days that it lasts, if the simulation does.")
    ] = FULL_LENGTH_MS / DAY_MS,
    requests_file: Annotated[
        Path | None,
        typer.Option(
            "--requests", help="File instead of the topics: NDJSON (.gz, .zst) or .parquet."
        ),
    ] = None,
    profiles_file: Annotated[
        Path | None, typer.Option("--profiles", help="Likewise, with --requests.")
    ] = None,
    labels_file: Annotated[
        Path | None, typer.Option("--labels", help="Who is who, for an evaluator alone.")
    ] = None,
    encoding: Annotated[Encoding, typer.Option(help="Of records on topics.")] = Encoding.JSON,
    rate: Annotated[
        float | None, typer.Option(min=1.0, help="Requests a second of real time at most.")
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(min=0.001, help="Event time per real time at most: 3600 is 1 h/s."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="The summary as one JSON object.")
    ] = False,
) -> None:
    """Send a simulated population, with a campaign in it, to the input topics or to files.

    Attack traffic is simulated; benign traffic is fitted to public traces. Records carry no label.
    Nobody refuses anything here, so no account is replaced: hydra and combined do that in reflux
    evaluate alone.

    Exit codes: 0 done, 1 records were lost or a file could not be written, 2 wrong usage, 3 no
    broker answered, 5 topics are missing.

    Example: reflux simulate --accounts 5000 --campaign unlinked --scale 0.02 --share 25
    --share-mode fixed_extraction --requests week.ndjson.zst --labels labels.ndjson --days 7
    """
    if profiles_file is not None and requests_file is None:
        fail("--profiles goes with --requests", USAGE)
    if requests_file is not None and encoding is Encoding.AVRO:
        fail("files are NDJSON or Parquet: --encoding avro goes with topics", USAGE)
    if scale is not None and campaign_accounts is not None:
        fail("--scale and --campaign-accounts both say how many accounts there are", USAGE)
    if share is not None and attack_share is not None:
        fail("--share and --attack-share both say how much attacks", USAGE)
    part = share / 100.0 if share is not None else 1.0 if attack_share is None else attack_share
    try:
        population = Population(
            seed,
            accounts,
            _campaign(
                campaign,
                scale,
                accounts=campaign_accounts,
                requests_per_day=campaign_rate,
                attack_share=part,
                share_mode=share_mode,
                start_after_ms=round(campaign_start * HOUR_MS),
                length_ms=round(campaign_days * DAY_MS),
            ),
            parse_time(start),
            days,
            heaviest_per_day=heaviest,
        )
    except ValueError as exc:
        fail(str(exc), USAGE)
    begun = time.monotonic()
    outputs = (requests_file, profiles_file, labels_file)
    try:
        with files_reported(FAILED, outputs), ExitStack() as stack:
            labels = stack.enter_context(lines_to(labels_file)) if labels_file else None
            if requests_file is not None:
                profiles = profiles_to(profiles_file, population) if profiles_file else None
                target: streams.Target = streams.Files(
                    stack.enter_context(requests_to(requests_file, population)),
                    stack.enter_context(profiles) if profiles is not None else None,
                )
                writer = None
            else:
                writer = TopicWriter(producer_config(settings, **QUIET))
                target = _topics(settings, population, writer, encoding)
            done = _show(
                streams.stream(population, target, Pace(rate, speed), _slice_ms(speed)), population
            )
            if writer is not None:
                writer.flush()
            if labels is not None:
                labels.write(label_lines(population.labels))
    except UndeliveredError as exc:
        fail(str(exc), FAILED)
    _summarise(population, done, time.monotonic() - begun, as_json=as_json)


def _campaign(name: CampaignName, scale: float | None, **given: Any) -> Campaign | None:
    if name is CampaignName.NONE:
        return None
    values = {key: value for key, value in given.items() if value is not None}
    rung = LADDER[name]
    return rung(**values) if scale is None else rung.at_scale(scale, **values)


def _topics(
    settings: Settings, population: Population, writer: TopicWriter, encoding: Encoding
) -> streams.Topics:
    names = [topic.full_name(settings.topic_prefix) for topic in (REQUESTS, PROFILES)]
    found = Cluster(settings).topics(names)
    if missing := [name for name in names if name not in found]:
        fail(
            f"topics are missing: {', '.join(missing)}. Create them with: reflux topics apply",
            REFUSED,
        )
    avro = encoding is Encoding.AVRO
    source = schema_source(settings) if avro else None
    ids = (
        (source.identify(names[0], Request), source.identify(names[1], Profile))
        if source is not None
        else (0, 0)
    )
    return streams.Topics(
        population,
        writer,
        requests_topic=names[0],
        profiles_topic=names[1],
        encoding="avro" if avro else "json",
        schema_ids=ids,
    )


def _slice_ms(speed: float | None) -> int:
    """Slices short enough that accelerated time passes smoothly: five a second."""
    return TICK_MS if speed is None else max(1_000, min(TICK_MS, round(speed * 200)))


def _show(progress: Iterator[streams.Progress], population: Population) -> streams.Progress:
    last = streams.Progress(0, 0, population.start_ms)
    bar = Progress(
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[text]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=population.end_ms - population.start_ms, text="")
        for last in progress:
            bar.update(
                task,
                completed=last.reached_ms - population.start_ms,
                text=f"{show_time(last.reached_ms)}  {last.requests:,} requests",
            )
    return last


def _summarise(
    population: Population, done: streams.Progress, seconds: float, *, as_json: bool
) -> None:
    labels = population.labels
    summary = {
        "requests": done.requests,
        "attack_requests": int(labels.attacks.sum()),
        "profiles": done.profiles,
        "accounts": len(labels.account_ids),
        "fraudulent_accounts": int(labels.fraudulent.sum()),
        "seconds": round(seconds, 3),
    }
    if as_json:
        typer.echo(orjson.dumps(summary))
        return
    typer.echo(
        f"{done.requests:,} requests of {summary['accounts']:,} accounts"
        f" ({summary['fraudulent_accounts']:,} fraudulent) in {seconds:.1f} s,"
        f" event time {show_time(population.start_ms)} to {show_time(population.end_ms)}"
    )
