"""``requests.v1``: one record per API request, from the gateways."""

from typing import ClassVar

from pydantic import Field

from app.events.fields import (
    Asn,
    Count,
    Hex16,
    HttpStatus,
    Id,
    Millis,
    Number,
    Positive,
    Text,
    Unit,
)
from app.events.record import Record


class Request(Record):
    """One API request, as metadata: no prompt, no completion, no raw address."""

    schema_name: ClassVar[str] = "request"

    event_id: Id = Field(description="Unique; a record seen twice counts once.")
    ts: Millis = Field(description="When the gateway accepted the request, ms since 1970 UTC.")
    account_id: Id = Field(description="The billed account; equals the record key.")
    org_id: Text | None = Field(default=None, description="Organisation, if any.")
    model: Text = Field(description="Model id.")
    surface: Text = Field(description="`api`, `console`, or the name of a partner cloud.")
    status: HttpStatus = Field(
        description="HTTP status sent to the client; 0 if it left before there was one."
    )
    input_tokens: Count
    output_tokens: Count
    reasoning_tokens: Count
    latency_ms: Count
    task: Text = Field(
        description="The gateway classifier's label; an unknown label counts as `other`."
    )
    task_confidence: Unit
    elicitation: Unit = Field(
        description="Classifier score: the prompt asks for step-by-step reasoning, rubric grading"
        " or a rewrite of an answer's reasoning."
    )
    prompt_simhash: Hex16 = Field(
        description="64-bit SimHash of the prompt: near-duplicate prompts differ in few bits."
    )
    template_hash: Hex16 = Field(
        description="Hash of system prompt and tool schema: equal for one client program."
    )
    turn: Positive = Field(description="Turn in the conversation; 1 opens it.")
    tools: Count = Field(description="Tools declared.")
    temperature: Number | None = Field(default=None)
    language: Text | None = Field(
        default=None, description="BCP-47 primary language of the prompt."
    )
    ip_hash: Hex16 = Field(description="Keyed hash of the client address.")
    net_hash: Hex16 = Field(description="Keyed hash of the address's /24 or /48.")
    asn: Asn = Field(description="Origin autonomous system; 0 unknown.")
    proxy: Unit = Field(description="Likelihood that the address is a proxy, VPN or hosting exit.")
    client_hash: Hex16 = Field(description="Keyed hash of TLS fingerprint and user agent.")

    def record_key(self) -> str:
        return self.account_id
