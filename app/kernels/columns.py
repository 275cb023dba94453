"""The columns that a decoded input record becomes.

A decoder turns every record into one row of an ``int64[n, width]`` matrix. The constants below
name its columns, so that the decoders that write it and the folds that read it share one page.

Value of a column by the kind of its field:

========  =============================================================================
INT       the integer
FLOAT     the bits of the IEEE 754 double (``matrix.view(float64)`` reads them)
ENUM      the index of the symbol in the field's list
HEX16     the 64 bits, as a signed integer
HASH      SipHash-1-3 of the string's UTF-8 bytes under a fixed key (same in every process)
TEXT      position << 16 | length in bytes of the UTF-8 text: a position >= 0 is in the record
          bytes, a position < 0 is ``~position`` in the decoder's scratch (unescaped text)
========  =============================================================================

A null or absent field holds 0 and its bit (1 << field index in the spec) is clear in ``present``.
"""

# reflux.requests.v1
REQ_EVENT_ID = 0  # HASH
REQ_TS = 1  # INT, ms
REQ_ACCOUNT_ID = 2  # TEXT
REQ_ORG_ID = 3  # HASH
REQ_MODEL = 4  # HASH
REQ_MODEL_TEXT = 5  # TEXT
REQ_SURFACE = 6  # HASH
REQ_STATUS = 7  # INT
REQ_INPUT_TOKENS = 8  # INT
REQ_OUTPUT_TOKENS = 9  # INT
REQ_REASONING_TOKENS = 10  # INT
REQ_LATENCY_MS = 11  # INT
REQ_TASK = 12  # ENUM, unknown label = "other"
REQ_TASK_CONFIDENCE = 13  # FLOAT
REQ_ELICITATION = 14  # FLOAT
REQ_PROMPT_SIMHASH = 15  # HEX16
REQ_TEMPLATE_HASH = 16  # HEX16
REQ_TURN = 17  # INT
REQ_TOOLS = 18  # INT
REQ_TEMPERATURE = 19  # FLOAT, nullable
REQ_LANGUAGE = 20  # HASH, nullable
REQ_IP_HASH = 21  # HEX16
REQ_NET_HASH = 22  # HEX16
REQ_ASN = 23  # INT
REQ_PROXY = 24  # FLOAT
REQ_CLIENT_HASH = 25  # HEX16
REQ_WIDTH = 26

# reflux.profiles.v1
PRO_ACCOUNT_ID = 0  # TEXT
PRO_CREATED_AT = 1  # INT, ms
PRO_ORG_ID = 2  # HASH, nullable
PRO_TIER = 3  # ENUM
PRO_VERIFICATION = 4  # ENUM
PRO_PAYMENT_HASH = 5  # HEX16, nullable
PRO_EMAIL_DOMAIN_HASH = 6  # HEX16, nullable
PRO_DEVICE_HASH = 7  # HEX16, nullable
PRO_REFERRAL_HASH = 8  # HEX16, nullable
PRO_BILLING_COUNTRY = 9  # COUNTRY (two ASCII letters as c0 << 8 | c1), nullable
PRO_ACCESS_COUNTRY = 10  # COUNTRY, nullable
PRO_EXEMPT_UNTIL = 11  # INT, ms, nullable
PRO_WIDTH = 12

# Kafka record coordinates, one int64[n, FRAME_WIDTH] row for each framed record.
FRAME_OFFSET = 0
FRAME_TIMESTAMP = 1  # ms, the record's Kafka timestamp (log append or create time)
FRAME_KEY_START = 2  # byte position of the key in the record bytes; -1: null key
FRAME_KEY_LENGTH = 3
FRAME_VALUE_START = 4  # -1: null value (a tombstone)
FRAME_VALUE_LENGTH = 5
FRAME_WIDTH = 6
