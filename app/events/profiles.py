"""``profiles.v1``: what billing and sign-up know of an account; a tombstone forgets it."""

from typing import ClassVar

from pydantic import Field

from app.events.fields import Country, Hex16, Id, Millis, Text, Total
from app.events.record import Record
from app.events.vocabulary import Tier, Verification


class Profile(Record):
    """An account's profile, whole: it replaces the last one."""

    schema_name: ClassVar[str] = "profile"

    account_id: Id = Field(description="Equals the record key.")
    created_at: Millis = Field(description="When the account was created, ms since 1970 UTC.")
    org_id: Text | None = Field(default=None, description="Organisation, if any.")
    tier: Tier
    verification: Verification
    payment_hash: Hex16 | None = Field(default=None, description="Keyed hash: a link key.")
    email_domain_hash: Hex16 | None = Field(default=None, description="Keyed hash: a link key.")
    device_hash: Hex16 | None = Field(default=None, description="Keyed hash: a link key.")
    referral_hash: Hex16 | None = Field(default=None, description="Keyed hash: a link key.")
    billing_country: Country | None = Field(
        default=None,
        description="ISO 3166-1 alpha-2; carried for mismatch only, a country is never a risk.",
    )
    access_country: Country | None = Field(default=None, description="As `billing_country`.")
    exempt_until: Total | None = Field(
        default=None,
        description="Contractually permitted use: observed, never enforced, until then. However far"
        " off: that is how some say for ever.",
    )

    def record_key(self) -> str:
        return self.account_id
