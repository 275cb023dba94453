"""The settings' security, in Faust's words."""

from faust.auth import SASLCredentials, SSLCredentials
from faust.types.auth import CredentialsT

from app.kafka.clients import ssl_context
from app.settings import Settings


def faust_credentials(settings: Settings) -> CredentialsT | None:
    """What ``faust.App(broker_credentials=...)`` takes; None for an open cluster.

    Raises:
        OSError: a TLS file cannot be read.
    """
    tls = ssl_context(settings) if settings.uses_tls else None
    if settings.uses_sasl:
        return SASLCredentials(
            username=settings.sasl_username,
            password=settings.sasl_password.get_secret_value(),
            ssl_context=tls,
            mechanism=settings.sasl_mechanism,
        )
    return SSLCredentials(tls) if tls is not None else None
