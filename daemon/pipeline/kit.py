"""The drum stem taken apart into kick, snare, toms, hi-hat and cymbals, without a separation network.

Non-negative matrix factorisation that knows where the hits are: every drum may sound only after its own hits, so what
is left to learn from the song itself is how each drum looks, and the five shares follow as soft masks that add up
to one. On the way: the beta divergence with beta = 0.5 listens to quiet, bright sounds too, and each drum gets
components for its attack and for its decay. The spectra are learnt on the most telling part of the song, then used
on all of it, a block at a time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from daemon.pipeline.records import RATE, Audio, Drum, Kit, Weights
from daemon.pipeline.spectrum import BINS, HOP, WINDOW, Complexes, Floats, istft, stft
from daemon.pipeline.wav import WavWriter

Onsets = Mapping[Drum, Sequence[float]]

BLOCK = 5 * RATE // HOP * HOP
TILE = 56  # time steps
THREADS = 2
CONTEXT = 8 * HOP
LEARN_SECONDS = 40.0
LEARN_ROUNDS = 40
USE_ROUNDS = 15
TINY = np.float32(1e-9)

DECAY = {Drum.KICK: 0.25, Drum.SNARE: 0.3, Drum.TOMS: 0.6, Drum.HIHAT: 0.25, Drum.CYMBALS: 2.5}
COMPONENTS = ("attack", "attack", "decay", "decay")
ATTACK = ((-1, 0.3), (0, 1.0), (1, 1.0), (2, 0.5))


@dataclass(frozen=True, slots=True)
class Spectra:
    """What was learnt: `basis` (2 x bands, components), left above right, and whose each component is."""

    basis: Floats
    owners: tuple[Drum, ...]


@dataclass(frozen=True, slots=True)
class Bands:
    """Frequency bands: 1 bin wide below 1.4 kHz, then growing.

    `averaging` (bands, bins) takes the mean over the bins of a band, `drawing` (bins, bands) draws a value per band
    out over the bins, linear between the `centres`; `weight` (2 x bands, 1) counts bins.
    """

    averaging: csr_array
    drawing: csr_array
    centres: Floats
    weight: Floats


def split(drums: Audio, onsets: Onsets, weights: Weights, folder: Path, report: Callable[[float], None]) -> Kit:
    """Five stereo stems in `folder` that add up to `drums` to the sample. A drum without onsets is silent."""
    bands = _bands()
    spectra = _learn(drums, onsets, bands)
    targets = {drum: folder / f"{drum}.wav" for drum in Drum}
    with ExitStack() as stack:
        writers = {drum: stack.enter_context(WavWriter(path, stage="kit")) for drum, path in targets.items()}
        for shares in _blocks(drums.frames, partial(_block, drums, onsets, spectra, bands), report):
            for drum, sound in zip(Drum, shares, strict=True):
                writers[drum].write(sound)
    report(1.0)
    stems = {drum: Audio(path, drums.frames, drums.channels) for drum, path in targets.items()}
    return Kit(stems, weights)


def _blocks(
    frames: int, work: Callable[[int], list[Floats]], report: Callable[[float], None]
) -> Iterator[list[Floats]]:
    """What `work` makes of each block, in order, a few at a time."""
    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, frames, THREADS * BLOCK):
            report(start / frames)
            yield from pool.map(work, range(start, min(start + THREADS * BLOCK, frames), BLOCK))


def _block(drums: Audio, onsets: Onsets, spectra: Spectra, bands: Bands, start: int) -> list[Floats]:
    """The five shares of one block, (channels, frames) each, in the order of Drum."""
    first = max(0, start - CONTEXT)
    sound = drums.read(first, start - first + BLOCK + CONTEXT)
    spectrum = stft(sound)
    masks = _masks(spectrum, first, onsets, spectra, bands)
    keep = slice(start - first, start - first + min(BLOCK, drums.frames - start))
    masks.pop(Drum.CYMBALS, None)
    shares = {drum: istft(_masked(spectrum, mask, bands), sound.shape[1])[:, keep] for drum, mask in masks.items()}
    shares[Drum.CYMBALS] = sound[:, keep] - sum(shares.values())
    silence = np.zeros_like(sound[:, keep])
    return [shares.get(drum, silence) for drum in Drum]


def _masks(spectrum: Complexes, first: int, onsets: Onsets, spectra: Spectra, bands: Bands) -> dict[Drum, Floats]:
    """Per drum that sounds here a soft mask (2 x bands, frames)."""
    if not spectra.owners:
        return {}
    seen = _banded(spectrum, bands)
    gains = _supports(onsets, spectra.owners, first, seen.shape[1])
    weighted = (spectra.basis * bands.weight).T
    tiles = zip(_tiles(seen), _tiles(gains), strict=True)
    shares = [_shares(sight, use, spectra.basis, weighted) for sight, use in tiles]
    masks = zip(dict.fromkeys(spectra.owners), np.concatenate(shares, axis=2), strict=True)
    return {drum: mask for drum, mask in masks if mask.any()}


def _shares(seen: Floats, gains: Floats, basis: Floats, weighted: Floats) -> Floats:
    """(drums, 2 x bands, frames): what part of the energy is whose."""
    for _ in range(USE_ROUNDS):
        gains = _improve_gains(seen, basis, gains, weighted)
    size = len(COMPONENTS)
    power = np.stack([basis[:, i : i + size] @ gains[i : i + size] for i in range(0, len(gains), size)]) ** 2
    return power / (power.sum(axis=0) + np.float32(1e-15))


def _learn(drums: Audio, onsets: Onsets, bands: Bands) -> Spectra:
    owners = tuple(drum for drum in Drum if len(onsets.get(drum, ())) for _ in COMPONENTS)
    if not owners:
        return Spectra(np.zeros((2 * len(bands.centres), 0), np.float32), ())
    pieces = [(first, _banded(stft(drums.read(first, frames)), bands)) for first, frames in _telling(drums, onsets)]
    gains = [_supports(onsets, owners, first, piece.shape[1]) for first, piece in pieces]
    return Spectra(_factorise(np.hstack([piece for _, piece in pieces]), np.hstack(gains), owners, bands), owners)


def _factorise(seen: Floats, gains: Floats, owners: Sequence[Drum], bands: Bands) -> Floats:
    basis = seen @ (gains.T**2) / ((gains**2).sum(axis=1) + TINY)
    basis *= np.random.default_rng(0).uniform(0.7, 1.3, basis.shape).astype(np.float32)
    basis *= np.stack([np.tile(_plausible(owner, bands.centres), 2) for owner in owners], axis=1)
    sights, uses = _tiles(seen), _tiles(gains)
    for _ in range(LEARN_ROUNDS):
        weighted = (basis * bands.weight).T
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


def _plausible(drum: Drum, hertz: Floats) -> Floats:
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


def _telling(drums: Audio, onsets: Onsets) -> list[tuple[int, int]]:
    """(first frame, frames) of 10-second pieces that together show every drum, the rarest first."""
    length = 10 * RATE
    starts = list(range(0, max(1, drums.frames - length // 2), length))
    wanted = int(LEARN_SECONDS * RATE / length)
    counts = np.array([[_within(onsets.get(d, ()), s / RATE, (s + length) / RATE) for d in Drum] for s in starts])
    seen = np.zeros(len(Drum))
    chosen: list[int] = []
    while len(chosen) < min(wanted, len(starts)):
        worth = (counts / (1.0 + seen) ** 2).sum(axis=1)
        worth[chosen] = -1
        chosen.append(int(np.argmax(worth)))
        seen += counts[chosen[-1]]
    return [(starts[i], min(length, drums.frames - starts[i])) for i in sorted(chosen)]


def _within(times: Sequence[float], start: float, stop: float) -> int:
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


def _bands(narrow: int = 64, growth: float = 1.06) -> Bands:
    edges = list(range(narrow + 1))
    while edges[-1] < BINS:
        edges.append(min(BINS, max(edges[-1] + 1, int(edges[-1] * growth))))
    low, high = np.array(edges[:-1]), np.array(edges[1:])
    bins = np.arange(BINS)
    inside = (bins >= low[:, None]) & (bins < high[:, None])
    averaging = (inside / (high - low)[:, None]).astype(np.float32)
    centres = (low + high - 1) / 2
    drawing = np.stack([np.interp(bins, centres, one) for one in np.eye(len(centres))], axis=1).astype(np.float32)
    weight = np.tile((high - low).astype(np.float32), 2)[:, None]
    return Bands(csr_array(averaging), csr_array(drawing), (centres * RATE / WINDOW).astype(np.float32), weight)


def _banded(spectrum: Complexes, bands: Bands) -> Floats:
    """(2 x bands, frames), the left channel above the right, so that panning tells drums apart too."""
    return np.concatenate([bands.averaging @ np.abs(channel) for channel in spectrum]) + np.float32(1e-7)


def _masked(spectrum: Complexes, mask: Floats, bands: Bands) -> Complexes:
    """`spectrum` times a mask per band."""
    sides = zip(spectrum, np.split(mask, 2), strict=True)
    return np.stack([channel * (bands.drawing @ side) for channel, side in sides])
