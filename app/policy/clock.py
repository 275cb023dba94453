"""Settings of event time: lateness, retention, and which snapshots may judge."""

from app.policy.setting import Section, setting


class Clock(Section):
    """Event time."""

    allowed_lateness_hours: float = setting(
        24.0,
        "A request older than the partition's clock by more is a dead letter.",
        unit="hours",
        why="the wire contract",
        ge=0,
        le=720,
    )
    retention_days: float = setting(
        35.0,
        "An account idle for longer starts afresh, and its row is dropped.",
        unit="days",
        why="five time constants of the longest window: less than 1 % of it is left",
        ge=1,
        le=3_660,
    )


class Population(Section):
    """Which snapshots may judge."""

    minimum_accounts: int = setting(
        100,
        "Accounts in it, the older half of the active ones, below which a snapshot is not used.",
        unit="accounts",
        why="the median of 100 has a standard error of 0.13 deviations, their spread one of 20 %",
        ge=10,
        le=1_000_000_000,
    )
    usable_for_hours: float = setting(
        168.0,
        "How long a snapshot judges while no newer one is usable.",
        unit="hours",
        why="a week-old population still has the right weekdays in it; without any, nobody is"
        " judged",
        ge=2,
        le=8_784,
    )
