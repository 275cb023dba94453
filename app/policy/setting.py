"""How a setting of the policy is declared: with its unit and the reason for its default."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A part of the policy: nothing unknown, nothing converted, nothing changed afterwards."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False
    )


def setting(default: Any, description: str, *, unit: str, why: str, **bounds: Any) -> Any:
    """A field with ``default``, what it means, its unit, and why the default is what it is.

    ``bounds`` are those of ``pydantic.Field``. Unit and reason appear in the shipped policy file,
    in the schema, and wherever the setting is explained.
    """
    return Field(
        default=default,
        description=description,
        json_schema_extra={"unit": unit, "why": why},
        **bounds,
    )
