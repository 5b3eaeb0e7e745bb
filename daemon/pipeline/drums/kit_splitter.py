"""The drum stem taken apart into kick, snare, toms, hi-hat and cymbals, by two opinions that know different things.

Non-negative matrix factorisation knows where the hits of this song are: every drum may sound only after its own hits,
so what is left to learn is how each drum of this kit looks. A small network knows how drums sound in general. Both
give five soft masks that add up to one; their weighted geometric mean is better than either.
On the way: the beta divergence with beta = 0.5 listens to quiet, bright sounds too, and each drum gets components
for its attack and for its decay. The spectra are learnt on the most telling part of the song, then used on all of
it, a block at a time.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from daemon.pipeline.audio.bands import bands
from daemon.pipeline.audio.stft import HOP, Complexes, Floats, istft, stft
from daemon.pipeline.audio.wav import WavWriter
from daemon.pipeline.drums.velocity import decibels, powers
from daemon.pipeline.records import RATE, Audio, Drum, Kit, Weights

Onsets = Mapping[Drum, Sequence[float]]
Network = Callable[[Floats], Floats]
"""Band powers (channels, bands, frames) to shares (5, bands, frames) in the order of Drum that add up to one."""

BLOCK = 8 * RATE // HOP * HOP  # frames, 8 s: longer blocks take more memory
TILE = 56  # time steps: what stays in a processor's cache
THREADS = 2  # blocks worked on while one is written
CONTEXT = 8 * HOP  # frames, 93 ms: twice the window of the STFT, so that blocks join without a seam
NETWORK_CONTEXT = 140 * HOP  # frames, 1.6 s: what the network sees on each side
NETWORK_WEIGHT = 0.7  # the rest is the song's own; chosen by SDR on 14 rendered songs (weights/MODEL_CARD.md)
LEARN_SECONDS = 40.0  # seconds of the song that spectra are learnt on; this and the two below by hand
LEARN_ROUNDS = 40  # updates of spectra and gains
USE_ROUNDS = 15  # updates of the gains alone
TINY = np.float32(1e-9)  # keeps divisions from zero
ENVELOPES = "envelopes.npy"

*TAKERS, REST = Drum  # the cymbals have what no other drum takes
DECAY = {Drum.KICK: 0.25, Drum.SNARE: 0.3, Drum.TOMS: 0.6, Drum.HIHAT: 0.25, Drum.CYMBALS: 2.5}  # seconds; by hand
COMPONENTS = ("attack", "attack", "decay", "decay")  # spectra of each drum; by hand
ATTACK = ((-1, 0.3), (0, 1.0), (1, 1.0), (2, 0.5))  # steps of the STFT from the onset, and gain: what its window smears


@dataclass(frozen=True, slots=True)
class Spectra:
    """What was learnt: `basis` (2 x bands, components), left above right, and whose each component is."""

    basis: Floats
    owners: tuple[Drum, ...]


@dataclass(frozen=True, slots=True)
class SplitBlock:
    """A piece of the song taken apart: `stems` (channels, frames) in the order of Drum, `power` (5, steps).

    The power is that of the song's own opinion alone: the network's changes with what else sounds, and so would the
    velocities.
    """

    stems: list[Floats]
    power: Floats


def split(
    drums: Audio,
    onsets: Onsets,
    weights: Weights,
    folder: Path,
    report: Callable[[float], None],
    network: Network | None = None,
) -> Kit:
    """Five stereo stems in `folder` that add up to `drums` to the sample.

    A drum without onsets is silent. Where no drum has any, the network decides alone; without one, all is cymbals.
    """
    learnt = _learn(drums, onsets)
    targets, power = {drum: folder / f"{drum}.wav" for drum in Drum}, []
    with ExitStack() as stack:
        writers = {
            drum: stack.enter_context(WavWriter(path, stage="kit", gain=drums.gain)) for drum, path in targets.items()
        }
        for block in _map_blocks(drums.frames, partial(_split_block, drums, onsets, learnt, network), report):
            power.append(block.power)
            for drum, sound in zip(Drum, block.stems, strict=True):
                writers[drum].write(sound)
    np.save(folder / ENVELOPES, [decibels(row) for row in np.concatenate(power, axis=1)])
    report(1.0)
    stems = {drum: Audio(path, drums.frames, drums.channels, gain=drums.gain) for drum, path in targets.items()}
    return Kit(stems, weights, envelopes=folder / ENVELOPES)


def _map_blocks(
    frames: int, work: Callable[[int], SplitBlock], report: Callable[[float], None]
) -> Iterator[SplitBlock]:
    """What `work` makes of each block, in order; while one is written the next are worked on."""
    waiting: deque[Future[SplitBlock]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, frames, BLOCK):
            report(start / frames)
            waiting.append(pool.submit(work, start))
            if len(waiting) > THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _split_block(drums: Audio, onsets: Onsets, learnt: Spectra, network: Network | None, start: int) -> SplitBlock:
    first = max(0, start - CONTEXT)
    early = max(0, first - NETWORK_CONTEXT) if network else first
    around = drums.read(early, first - early + BLOCK + 2 * CONTEXT + (NETWORK_CONTEXT if network else 0))
    sound = around[:, first - early :][:, : start - first + BLOCK + CONTEXT]
    keep = slice(start - first, start - first + min(BLOCK, drums.frames - start))
    wide = stft(around * np.float32(drums.gain))
    inner = slice((first - early) // HOP, (first - early + sound.shape[1]) // HOP + 2)
    spectrum = wide[:, :, inner]
    masks = _masks(spectrum, first, onsets, learnt)
    quiet = spectrum / np.float32(drums.gain)
    told = blend_masks(_network_shares(network, wide)[:, :, inner], masks) if network else masks
    stems = _stems(sound, quiet, told, keep)
    loud = _stems(sound, quiet, masks, keep) if network and masks else stems
    return SplitBlock(stems, np.stack([powers(stem) for stem in loud]))


def _stems(sound: Floats, spectrum: Complexes, masks: Mapping[Drum, Floats], keep: slice) -> list[Floats]:
    """(channels, frames) per drum, in the order of Drum."""
    told = [drum for drum in TAKERS if drum in masks and masks[drum].any()]
    shares = {drum: istft(_apply_mask(spectrum, masks[drum]), sound.shape[1])[:, keep] for drum in told}
    shares[REST] = sound[:, keep] - sum(shares.values())
    silence = np.zeros_like(sound[:, keep])
    return [shares.get(drum, silence) for drum in Drum]


def _network_shares(network: Network, spectrum: Complexes) -> Floats:
    """The network's shares (5, bands, frames)."""
    return network(np.stack([bands().power(channel) for channel in spectrum]))


def blend_masks(heard: Floats, masks: Mapping[Drum, Floats]) -> dict[Drum, Floats]:
    """Masks (2 x bands, frames) between the network's shares (5, bands, frames) and what the song tells.

    What the song rules out stays ruled out: a drum does not sound before its first hit or long after its last one.
    """
    both = dict(zip(Drum, np.concatenate([heard, heard], axis=1), strict=True))
    if not masks:
        return both
    blend = {drum: (both[drum] + TINY) ** NETWORK_WEIGHT * mask ** (1 - NETWORK_WEIGHT) for drum, mask in masks.items()}
    total = np.sum(list(blend.values()), axis=0) + TINY
    return {drum: mask / total for drum, mask in blend.items()}


def _masks(spectrum: Complexes, first: int, onsets: Onsets, learnt: Spectra) -> dict[Drum, Floats]:
    """Per drum of the song a soft mask (2 x bands, frames)."""
    if not learnt.owners:
        return {}
    seen = _band_magnitudes(spectrum)
    gains = _supports(onsets, learnt.owners, first, seen.shape[1])
    weighted = (learnt.basis * _stack_channels(bands().weight)).T
    tiles = zip(_tiles(seen), _tiles(gains), strict=True)
    shares = [_shares(sight, use, learnt.basis, weighted) for sight, use in tiles]
    return dict(zip(dict.fromkeys(learnt.owners), np.concatenate(shares, axis=2), strict=True))


def _stack_channels(band: Floats) -> Floats:
    """One value per band, (bands, 1), for the left channel and the right."""
    return np.concatenate([band, band])


def _shares(seen: Floats, gains: Floats, basis: Floats, weighted: Floats) -> Floats:
    """(drums, 2 x bands, frames): what part of the energy is whose."""
    for _ in range(USE_ROUNDS):
        gains = _improve_gains(seen, basis, gains, weighted)
    size = len(COMPONENTS)
    power = np.stack([basis[:, i : i + size] @ gains[i : i + size] for i in range(0, len(gains), size)]) ** 2
    return power / (power.sum(axis=0) + np.float32(1e-15))


def _learn(drums: Audio, onsets: Onsets) -> Spectra:
    owners = tuple(drum for drum in Drum if len(onsets.get(drum, ())) for _ in COMPONENTS)
    if not owners:
        return Spectra(np.zeros((2 * len(bands().centres), 0), np.float32), ())
    pieces = [
        (first, _band_magnitudes(stft(drums.read(first, frames) * np.float32(drums.gain))))
        for first, frames in _choose_segments(drums, onsets)
    ]
    gains = [_supports(onsets, owners, first, piece.shape[1]) for first, piece in pieces]
    return Spectra(_factorise(np.hstack([piece for _, piece in pieces]), np.hstack(gains), owners), owners)


def _factorise(seen: Floats, gains: Floats, owners: Sequence[Drum]) -> Floats:
    basis = seen @ (gains.T**2) / ((gains**2).sum(axis=1) + TINY)
    basis *= np.random.default_rng(0).uniform(0.7, 1.3, basis.shape).astype(np.float32)
    basis *= np.stack([np.tile(_spectral_prior(owner, bands().centres), 2) for owner in owners], axis=1)
    sights, uses = _tiles(seen), _tiles(gains)
    for _ in range(LEARN_ROUNDS):
        weighted = (basis * _stack_channels(bands().weight)).T
        uses = [_improve_gains(sight, basis, use, weighted) for sight, use in zip(sights, uses, strict=True)]
        basis = _improve_basis(sights, basis, uses)
    return basis


def _tiles(curve: Floats) -> list[Floats]:
    """Short pieces in time. They stay in the processor's cache, and products so small are not worth threads to BLAS,
    which wait for each other badly on a busy machine.
    """
    return [np.ascontiguousarray(curve[:, i : i + TILE]) for i in range(0, curve.shape[1], TILE)]


def _improve_gains(seen: Floats, basis: Floats, gains: Floats, weighted: Floats) -> Floats:
    """One multiplicative update; `weighted` is the basis times the bins of each band, transposed."""
    slope, pull = _slopes(seen, basis @ gains)
    return gains * ((weighted @ pull) / (weighted @ slope + TINY))


def _improve_basis(sights: Sequence[Floats], basis: Floats, uses: Sequence[Floats]) -> Floats:
    up, down = np.zeros_like(basis), np.full_like(basis, TINY)
    for seen, gains in zip(sights, uses, strict=True):
        slope, pull = _slopes(seen, basis @ gains)
        up += pull @ gains.T
        down += slope @ gains.T
    return basis * (up / down)


def _slopes(seen: Floats, model: Floats) -> tuple[Floats, Floats]:
    """1 / sqrt(model) and seen / sqrt(model)**3, the two sides of the gradient for beta = 0.5; `model` is used up."""
    model += TINY
    slope = np.reciprocal(np.sqrt(model))
    np.divide(slope, model, out=model)
    model *= seen
    return slope, model


def _spectral_prior(drum: Drum, hertz: Floats) -> Floats:
    """How much of a drum may lie at a frequency: a kick has no air, a cymbal no sub-bass."""
    with np.errstate(divide="ignore"):
        curve = {
            Drum.KICK: 1 / (1 + (hertz / 2500) ** 2),
            Drum.SNARE: 1 / (1 + (80 / hertz) ** 4),
            Drum.TOMS: 1 / (1 + (hertz / 3000) ** 2),
            Drum.HIHAT: 1 / (1 + (400 / hertz) ** 4),
            Drum.CYMBALS: 1 / (1 + (250 / hertz) ** 4),
        }
    return curve[drum].astype(np.float32)


def _choose_segments(drums: Audio, onsets: Onsets) -> list[tuple[int, int]]:
    """(first frame, frames) of 10-second pieces that together show every drum, the rarest first."""
    length = 10 * RATE
    starts = list(range(0, max(1, drums.frames - length // 2), length))
    wanted = int(LEARN_SECONDS * RATE / length)
    counts = np.array([[_count_within(onsets.get(d, ()), s / RATE, (s + length) / RATE) for d in Drum] for s in starts])
    seen = np.zeros(len(Drum))
    chosen: list[int] = []
    while len(chosen) < min(wanted, len(starts)):
        worth = (counts / (1.0 + seen) ** 2).sum(axis=1)
        worth[chosen] = -1
        chosen.append(int(np.argmax(worth)))
        seen += counts[chosen[-1]]
    return [(starts[i], min(length, drums.frames - starts[i])) for i in sorted(chosen)]


def _count_within(times: Sequence[float], start: float, stop: float) -> int:
    return int(np.searchsorted(times, stop) - np.searchsorted(times, start))


def _supports(onsets: Onsets, owners: Sequence[Drum], first: int, frames: int) -> Floats:
    """(components, frames): where each component may sound, as the start of its gains."""
    kinds = COMPONENTS * (len(owners) // len(COMPONENTS))
    rows = {(d, k): _support(onsets[d], d, k, first / HOP, frames) for d, k in set(zip(owners, kinds, strict=True))}
    return np.stack([rows[pair] for pair in zip(owners, kinds, strict=True)])


def _support(times: Sequence[float], drum: Drum, kind: str, first: float, frames: int) -> Floats:
    row = np.zeros(frames, np.float32)
    positions = np.floor(np.asarray(times, dtype=float) * RATE / HOP - first).astype(int)
    shape = _attack_shape() if kind == "attack" else _decay_shape(DECAY[drum])
    lead = 1 if kind == "attack" else 0
    for position in positions[(positions > -len(shape)) & (positions < frames + lead)]:
        start = max(0, position - lead)
        piece = shape[start - (position - lead) :][: frames - start]
        row[start : start + len(piece)] = np.maximum(row[start : start + len(piece)], piece)
    return row


def _attack_shape() -> Floats:
    return np.array([height for _, height in ATTACK], np.float32)


def _decay_shape(seconds: float) -> Floats:
    time = np.arange(int(3 * seconds * RATE / HOP)) * HOP / RATE
    return np.exp(-2 * time / seconds).astype(np.float32)


def _band_magnitudes(spectrum: Complexes) -> Floats:
    """(2 x bands, frames), the left channel above the right, so that panning tells drums apart too."""
    return np.concatenate([bands().averaging @ np.abs(channel) for channel in spectrum]) + np.float32(1e-7)


def _apply_mask(spectrum: Complexes, mask: Floats) -> Complexes:
    """`spectrum` times a mask per band."""
    out = np.empty_like(spectrum)
    for target, channel, side in zip(out, spectrum, np.split(mask, 2), strict=True):
        np.multiply(channel, bands().expand(side), out=target)
    return out
