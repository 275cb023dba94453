"""A specification with every kind of field and every option, for tests of the decoders."""

from app.kernels.spec import Field, Kind, RecordSpec

EVERYTHING = RecordSpec(
    name="everything",
    key="id",
    width=16,
    fields=(
        Field(name="id", kind=Kind.TEXT, column=0, min_chars=1, max_chars=8),
        Field(name="when", kind=Kind.INT, column=1, minimum=0, avro="long"),
        Field(name="count", kind=Kind.INT, column=2, minimum=-5, maximum=10_000, avro="int"),
        Field(name="anything", kind=Kind.INT, column=3, nullable=True, avro="long"),
        Field(name="score", kind=Kind.FLOAT, column=4, minimum=0, maximum=1, avro="float"),
        Field(name="real", kind=Kind.FLOAT, column=5, nullable=True, avro="double"),
        Field(
            name="colour",
            kind=Kind.ENUM,
            column=6,
            symbols=("red", "green", "blueish", "ultraviolet", "ultramarine", "unknown"),
            unknown="unknown",
            aliases=("color",),
        ),
        Field(name="size", kind=Kind.ENUM, column=7, symbols=("s", "m", "l"), nullable=True),
        Field(name="digest", kind=Kind.HEX16, column=8),
        Field(name="parent", kind=Kind.HEX16, column=9, nullable=True),
        Field(name="label", kind=Kind.HASH, column=10, max_chars=20, nullable=True),
        Field(name="model_name_of_29_bytes_at_all", kind=Kind.HASH, column=11, text_column=12),
        Field(name="country", kind=Kind.COUNTRY, column=13, nullable=True),
        Field(name="attempts", kind=Kind.INT, column=14, default=1, avro="int"),
        Field(name="grade", kind=Kind.ENUM, column=15, symbols=("a", "b"), default="b"),
    ),
)
