"""The demo itself: what happens in which order, and when it is over."""

import contextlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from app.commands.times import show_time
from app.demo import cluster
from app.demo.kernels import Kernels
from app.demo.observer import Observer
from app.demo.outcome import Outcome
from app.demo.report import Report
from app.demo.spoilt import SPOILT
from app.demo.worker import DemoFailedError, DemoWorker
from app.events.topics import PROFILES, REQUESTS
from app.kafka.clients import QUIET, producer_config
from app.settings import Settings
from app.simulation.campaigns import Naive
from app.simulation.pace import Pace
from app.simulation.population import Population
from app.simulation.streams import Topics, stream
from app.simulation.to_topic import TopicWriter

HOUR_MS = 3_600_000
SPEED = 7_200.0
"""Event time runs two hours in a second: the population snapshot of an hour is published with the
next checkpoint, a second later, and judges from then on."""

AHEAD_MS = 6 * HOUR_MS
"""How far the stream may be ahead of what the worker has made durable: on a slow machine the
stream waits, rather than turning the live decisions into those of a backlog."""

STALLED_SECONDS = 90.0
"""A first chunk may still have kernels to compile."""

HEAVIEST_PER_DAY = 1_500.0
BUSY = 2.5
"""Two days must show what takes weeks: benign accounts send so many times as much as in truth. With
three times as much again, honest niches that ask for grades would look like what is looked for."""

ATTACK_PER_DAY = 600.0
QUIET_HOURS = 6
"""Event time before the campaign starts, in which the population's own habits become known."""


@dataclass(frozen=True)
class Options:
    """What can be chosen about a demo. ``bootstrap``: a Kafka to use instead of the embedded one;
    ``keep``: leave everything running at the end until interrupted."""

    seed: int
    accounts: int
    days: float
    bootstrap: str | None
    keep: bool


def population(options: Options) -> Population:
    """The simulated accounts: nine in ten benign, and a naive campaign."""
    fraudulent = max(1, options.accounts // 10)
    campaign = Naive(
        accounts=fraudulent,
        requests_per_day=ATTACK_PER_DAY,
        start_after_ms=min(QUIET_HOURS * HOUR_MS, int(options.days * 24 * HOUR_MS) // 3),
    )
    return Population(
        options.seed,
        max(1, options.accounts - fraudulent),
        campaign,
        days=options.days,
        heaviest_per_day=HEAVIEST_PER_DAY,
        busy=BUSY,
    )


def run(options: Options, report: Report) -> Outcome:
    """Run the demo to its end, and leave nothing behind.

    Raises:
        DemoFailedError: the worker ended or stopped making progress.
        BrokerUnavailableError, BrokerUnreachable: there is no broker to run on.
    """
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reflux-demo-")))
        kernels = Kernels(directory)
        stack.callback(kernels.stop)
        settings = stack.enter_context(
            cluster.embedded(directory, report)
            if options.bootstrap is None
            else cluster.existing(options.bootstrap, directory, report, keep=options.keep)
        )
        report.say(f"created {cluster.create_topics(settings)} topics")
        people = population(options)
        kernels.wait_until_compiled(report)
        report.stage("starting a worker")
        worker = DemoWorker(settings, directory)
        stack.callback(worker.stop)
        worker.wait_until_ready()
        report.say(f"a worker is ready; its metrics are at {worker.address}/metrics")
        outcome = _watch(people, settings, worker, report)
        if options.keep:
            report.outcome(outcome)
            _wait_for_interrupt(settings, worker, report)
        return outcome


def _watch(people: Population, settings: Settings, worker: DemoWorker, report: Report) -> Outcome:
    labels = people.labels
    about = dict(zip(labels.account_ids, labels.archetype, strict=True))
    guilty = dict(zip(labels.account_ids, labels.fraudulent.tolist(), strict=True))
    observer = Observer(
        settings,
        on_action=lambda action: report.action(
            action,
            "campaign" if guilty[action.account_id] else f"benign ({about[action.account_id]})",
        ),
        on_letter=report.letter,
    )
    writer = TopicWriter(producer_config(settings, **QUIET))
    requests_topic = REQUESTS.full_name(settings.topic_prefix)
    target = Topics(
        people,
        writer,
        requests_topic=requests_topic,
        profiles_topic=PROFILES.full_name(settings.topic_prefix),
    )
    with observer:
        length = people.end_ms - people.start_ms
        report.say(
            f"streaming {length // HOUR_MS} h of event time, at most {SPEED / 3_600:g} h a second"
        )
        report.stage("streaming", total=length)
        pace = Pace(speed=SPEED, sleep=observer.watch)
        begun = time.monotonic()
        sent = 0
        spoilt = [
            (people.start_ms + length * (number + 1) // (len(SPOILT) + 1), make)
            for number, make in enumerate(SPOILT)
        ]
        for progress in stream(people, target, pace):
            while spoilt and spoilt[0][0] <= progress.reached_ms:
                key, value = spoilt.pop(0)[1](people, progress.reached_ms)
                writer.send(requests_topic, [key], [value])
            sent = progress.requests + len(SPOILT) - len(spoilt)
            report.reached(
                progress.reached_ms - people.start_ms,
                f"{show_time(progress.reached_ms)}  {progress.requests:,} requests",
            )
            _keep_up(people.start_ms, progress.reached_ms, observer, worker)
        writer.flush()
        report.stage("waiting until every request is accounted for", total=sent)
        _settle(sent, observer, worker, report)
        seconds = time.monotonic() - begun
        observer.read_to_end()
        return Outcome(
            sent, observer.ledger, observer.actions, observer.letters, people.labels, seconds
        )


def _keep_up(start_ms: int, reached_ms: int, observer: Observer, worker: DemoWorker) -> None:
    """Wait while the stream, at ``reached_ms``, is too far ahead of the worker."""
    worker.check()
    observer.watch(0.001)
    # Until every partition has written a header, the worker stands at the start.
    mark = observer.watermark_ms or start_ms
    stalled = time.monotonic() + STALLED_SECONDS
    while reached_ms - mark > AHEAD_MS:
        observer.watch(0.1)
        worker.check()
        seen = observer.watermark_ms or start_ms
        if seen != mark:
            mark, stalled = seen, time.monotonic() + STALLED_SECONDS
        elif time.monotonic() > stalled:
            raise DemoFailedError(
                f"the worker has made no progress for {STALLED_SECONDS:g} s{worker.last_words()}"
            )


def _settle(sent: int, observer: Observer, worker: DemoWorker, report: Report) -> None:
    """Wait until the worker's durable counters sum to what was sent."""
    stalled = time.monotonic() + STALLED_SECONDS
    taken = -1
    while taken < sent:
        observer.watch(0.1)
        worker.check()
        if observer.ledger.taken != taken:
            taken, stalled = observer.ledger.taken, time.monotonic() + STALLED_SECONDS
            report.reached(taken, f"{taken:,} of {sent:,}")
        elif time.monotonic() > stalled:
            raise DemoFailedError(
                f"only {taken:,} of {sent:,} requests are accounted for, and none more in"
                f" {STALLED_SECONDS:g} s{worker.last_words()}"
            )
    ledger = observer.ledger
    total = ledger.folded + ledger.duplicates + ledger.dead
    if (taken, total) != (sent, sent):
        raise DemoFailedError(
            f"the accounting is wrong: {sent:,} sent, {taken:,} taken in, {ledger.folded:,} folded,"
            f" {ledger.duplicates:,} duplicates, {ledger.dead:,} dead letters"
        )


def _wait_for_interrupt(settings: Settings, worker: DemoWorker, report: Report) -> None:
    report.say(f"left running: broker {settings.bootstrap_servers}, worker {worker.address}")
    report.say(
        f"try: reflux tail --from-beginning --bootstrap-servers {settings.bootstrap_servers}"
        f" --topic-prefix {settings.topic_prefix}"
    )
    report.stage("Ctrl-C ends it")
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            worker.check()
            time.sleep(0.5)
