"""Settings as flags of a command."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from app.settings import PREFIX, Settings, flag_name, is_secret, load_settings

CONNECTION = (
    "bootstrap_servers",
    "topic_prefix",
    "security_protocol",
    "sasl_mechanism",
    "sasl_username",
    "tls_ca",
    "tls_cert",
    "tls_key",
    "embedded_broker",
)
"""What any command needs to reach a cluster."""

EVERYTHING = tuple(name for name in Settings.model_fields if not is_secret(name))
"""Every setting that may be a flag: secrets may not, a process list shows flags."""


def with_settings(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command a flag for each setting in ``names``, and pass it the ``settings``.

    The decorated function takes ``settings`` first; environment and flags are put together before
    it is called.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def command(**arguments: Any) -> Any:
            flags = {name: arguments.pop(name) for name in names}
            return function(load_settings(**flags), **arguments)

        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        parameters = [*own, *map(_flag, names)]
        parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
        # Typer reads both, and would find the wrapped function's behind them.
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {one.name: one.annotation for one in parameters}
        del command.__wrapped__
        return command

    return decorate


def _flag(name: str) -> inspect.Parameter:
    field = Settings.model_fields[name]
    extra = field.json_schema_extra
    group = extra["group"] if isinstance(extra, dict) else "Other"
    switch = field.annotation is bool
    option = typer.Option(
        # A switch that the environment sets can be unset.
        f"{flag_name(name)}/--no-{name.replace('_', '-')}" if switch else flag_name(name),
        help=field.description,
        rich_help_panel=f"{group} settings (--some-name, or {PREFIX}SOME_NAME in the environment)",
        metavar=None if switch else "VALUE",
        show_default=False,
    )
    kind: Any = bool | None if switch else str | None
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind, option],
    )
