"""The schemas of what is seen of a network while it works."""

from pydantic import Field

from daemon.inlets.http.machine_schemas import Schema


class SegmentWorkView(Schema):
    """A network works on the frames from `start` to `end` of the song, and there in `layer`."""

    start: int
    end: int
    layer: str


class SeparationView(Schema):
    """How each stem sounds so far. `levels` is base64: a byte for each column, part and band, the lowest band first."""

    parts: list[str]
    bands: int
    columns: int = Field(description="of the whole song")
    column_seconds: float
    frames: int
    first: int = Field(description="the column that levels begin with")
    levels: str


class NetworkView(Schema):
    """The network that works now, '' if none does. Its layers are named `group.index`, in the order of a pass.

    `working` is empty where a network is asked as a whole; then all of its layers work.
    """

    step: str = Field(description="as in the job", examples=["separate"])
    network: str = Field(examples=["htdemucs"])
    layers: list[str] = Field(
        examples=[["tencoder.0", "encoder.0", "layers.0", "layers_t.0", "decoder.0", "tdecoder.0"]]
    )
    working: list[SegmentWorkView]
    finished: int = Field(description="segments that are done")
    count: int = Field(description="segments in all")
    separation: SeparationView | None = Field(description="while the song is taken apart")
