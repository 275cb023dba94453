"""``reflux worker``: the stream processor."""

import errno

from app import logs
from app.commands.exits import REFUSED, fail
from app.commands.options import EVERYTHING, with_settings
from app.kafka.admin import Cluster
from app.kafka.manifest import wanted_topics
from app.kafka.plan import plan
from app.settings import Settings

_PORT = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)


@with_settings(*EVERYTHING)
def command(settings: Settings) -> None:
    """Consume requests, keep state, and emit enforcement actions, until stopped.

    Stop it with SIGTERM: it writes its last checkpoint and leaves the group. Passwords come from
    the environment or secret files only.

    Exit codes: 0 stopped, 1 failed (let the supervisor start it again), 2 invalid settings,
    3 no broker answered, 5 topics are missing or do not fit, 70 hung: it no longer got anywhere,
    or could not be stopped in time (start it again, too).

    Example: reflux worker --bootstrap-servers kafka:9092 --web-port 8080
    """
    logs.configure(format=settings.log_format, level=settings.log_level, secrets=settings.secrets())
    check_topics(settings)
    # Compilers and Faust load only when there is a cluster to work on.
    from app.worker import run_worker

    try:
        run_worker(settings)
    except OSError as exc:
        # Nothing has started: what fails later is the worker's own affair.
        advice = "choose another with --web-port" if exc.errno in _PORT else "see the settings"
        fail(f"{exc}; {advice}")


def check_topics(settings: Settings) -> None:
    """End the command unless every topic is there with the partitions that the settings say.

    A topic created by accident with another count would scatter an account over workers.
    """
    wanted = wanted_topics(settings)
    found = Cluster(settings).topics([topic.name for topic in wanted], configs=False)
    steps = plan(wanted, found)
    if missing := [step.topic.name for step in steps if step.kind == "create"]:
        fail(
            f"topics are missing: {', '.join(missing)}. Create them with: reflux topics apply",
            REFUSED,
        )
    if refused := [step for step in steps if step.kind == "refuse"]:
        fail("\n".join(f"{step.topic.name} {step.notes[0]}" for step in refused), REFUSED)
