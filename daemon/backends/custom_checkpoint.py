"""The user's own separation weights: a .th or .safetensors file, or a .yaml that names several beside it."""

from dataclasses import dataclass
from pathlib import Path


class BagError(ValueError):
    """The file cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Bag:
    """Which networks count how much for which stem, as in Checkpoint.mixing; `segment` in seconds."""

    files: tuple[Path, ...]
    mixing: tuple[tuple[float, ...], ...] = ()
    segment: float | None = None


def read_bag(path: Path) -> Bag:
    """A .yaml in the format of the Demucs package (models, weights, segment), or a bag of the one file."""
    if path.suffix not in (".yaml", ".yml"):
        return Bag((path,))
    import yaml  # type: ignore[import-untyped]

    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
        files = tuple(_find_member(path, str(signature)) for signature in read["models"])
        mixing = tuple(tuple(map(float, row)) for row in read.get("weights") or ())
        segment = float(read["segment"]) if read.get("segment") else None
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise BagError(f"{path} is not a list of models ({error})") from error
    if not files or (mixing and len(mixing) != len(files)):
        raise BagError(f"{path} needs at least one model and one row of weights for each")
    return Bag(files, mixing, segment)


def _find_member(path: Path, signature: str) -> Path:
    for pattern in (f"{signature}.safetensors", f"{signature}.th", f"{signature}-*.th"):
        if found := sorted(path.parent.glob(pattern)):
            return found[0]
    raise BagError(f"{path} names the model {signature}, which is not beside it")
