"""The forward pass of HTDemucs on a CPU: the sums of demucs in another order, nearly twice as fast.

Equal to demucs to 100 dB on music. `fits` says for which networks; all others run as demucs has them.
"""

import math
from collections.abc import Callable
from inspect import signature
from typing import Any

import torch
from demucs.hdemucs import pad1d
from demucs.htdemucs import HTDemucs
from demucs.transformer import create_2d_sin_embedding, create_sin_embedding
from torch import Tensor
from torch.nn import functional

from daemon.backends.cpu_layers import DecoderLayer, EncoderLayer, Product, TransformerLayer

NFFT, HOP = 4096, 1024
EDGE = HOP // 2 * 3  # demucs reflects so much at both ends, so that frames and hops agree in number
TINY = 1e-5  # demucs adds it to deviations

# Options of HTDemucs that may have any value here: they are handled, or mean nothing once the weights are trained.
FREE = {
    "sources", "channels", "growth", "wiener_iters", "end_iters", "wiener_residual", "freq_emb", "emb_scale",
    "emb_smooth", "multi_freqs_depth", "time_stride", "depth", "norm_groups", "dconv_mode", "dconv_depth",
    "dconv_comp", "dconv_init", "bottom_channels", "rescale", "samplerate", "segment", "use_train_segment",
    "t_layers", "t_hidden_scale", "t_heads", "t_dropout", "t_max_positions", "t_norm_out", "t_max_period",
    "t_weight_decay", "t_lr", "t_layer_scale", "t_weight_pos_embed", "t_cape_mean_normalize", "t_cape_augment",
    "t_cape_glob_loc_scale", "t_mask_type", "t_mask_random_seed", "t_sparse_attn_window", "t_global_window",
    "t_sparsity", "t_auto_sparsity", "t_cross_first",
}  # fmt: skip


def fits(network: Any) -> bool:
    """Whether this is an HTDemucs of the published kind, told by the options it was made with."""
    if type(network) is not HTDemucs or getattr(network, "_init_args_kwargs", None) is None:
        return False
    arguments, options = network._init_args_kwargs
    known = signature(HTDemucs.__init__).parameters
    options = {**dict(zip(list(known)[1:], arguments, strict=False)), **options}
    unusual = [name for name, value in options.items() if name not in FREE and value != known[name].default]
    plain = set(unusual) <= {"multi_freqs"} and not options.get("multi_freqs")
    return bool(plain and network.depth <= 4 and network.freq_emb is not None and network.crosstransformer)


def has_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 itself. Where it does not, torch makes do, several times slower."""
    return _has("_is_avx512_bf16_supported") or _has("_is_amx_tile_supported")


def multiplies_faster_in_onednn() -> bool:
    """Whether float32 products are to go to oneDNN, by the precision "medium".

    With AVX-512 it packs them better than MKL, which runs AVX2 kernels on AMD. With AMX and on Arm "medium" would
    round to bfloat16.
    """
    return _has("_is_avx512_supported") and not _has("_is_amx_tile_supported")


def _has(name: str) -> bool:
    return bool(getattr(torch.cpu, name, lambda: False)())


class CpuHTDemucs:
    """Made from an HTDemucs that `fits`, after `networks.narrow`. (1, 2, length) -> (1, stems, 2, length), any length.

    `precision`: of the factors of the matrix products. Sums, norms and attention are float32 always.
    """

    def __init__(self, network: Any, precision: torch.dtype = torch.float32) -> None:
        self.sources, self.samplerate, self.segment = list(network.sources), network.samplerate, network.segment
        self._tick: Callable[[str], None] = lambda _: None
        self._down = [EncoderLayer(each, precision, wave=False) for each in network.encoder]
        self._wave_down = [EncoderLayer(each, precision, wave=True) for each in network.tencoder]
        self._up = [DecoderLayer(each, precision, wave=False) for each in network.decoder]
        self._wave_up = [DecoderLayer(each, precision, wave=True) for each in network.tdecoder]
        embedding = network.freq_emb(torch.arange(network.freq_emb.embedding.num_embeddings))
        self._embedding = (network.freq_emb_scale * embedding).contiguous()
        ends = ("channel_upsampler", "channel_upsampler_t", "channel_downsampler", "channel_downsampler_t")
        self._ends = [_product(getattr(network, end), precision) if network.bottom_channels else None for end in ends]
        transformer = network.crosstransformer
        self._layers = [TransformerLayer(each, precision) for each in transformer.layers]
        self._wave_layers = [TransformerLayer(each, precision) for each in transformer.layers_t]
        self._norms = transformer.norm_in, transformer.norm_in_t
        self._period, self._position_weight = transformer.max_period, transformer.weight_pos_embed
        self._window = torch.hann_window(NFFT)

    def watch(self, tick: Callable[[str], None]) -> int:
        """Call `tick` before each layer of a forward pass; returns how often that is. What it raises ends the pass."""
        self._tick = tick
        return len(self.layer_names)

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Demucs' own names, in the order of a pass."""
        pairs = (
            ("tencoder", "encoder", self._down),
            ("layers", "layers_t", self._layers),
            ("decoder", "tdecoder", self._up),
        )
        return tuple(f"{name}.{index}" for *names, layers in pairs for index in range(len(layers)) for name in names)

    def __call__(self, mix: Tensor) -> Tensor:
        length = mix.shape[-1]
        x, scale = self._spectrogram(mix[0], length)
        mean, deviation = mix.mean(), mix.std()
        wave = ((mix[0] - mean) / (TINY + deviation)).t().contiguous()[None]
        skips: list[tuple[Tensor, Tensor, int, int]] = []
        for index, (down, wave_down) in enumerate(zip(self._down, self._wave_down, strict=True)):
            sizes = x.shape[1], wave.shape[1]
            self._tick(f"tencoder.{index}")
            wave = wave_down(wave)
            self._tick(f"encoder.{index}")
            x = down(x, None if index else self._embedding)
            skips.append((x, wave, *sizes))
        x, wave = self._transform(x, wave)
        resynthesis = Resynthesis(scale, len(x), 2 * len(self.sources), self._window)
        for index, (up, wave_up) in enumerate(zip(self._up, self._wave_up, strict=True)):
            skip, wave_skip, size, wave_size = skips.pop()
            self._tick(f"decoder.{index}")
            x = up(x, skip, size, resynthesis.add if up.last else None)
            self._tick(f"tdecoder.{index}")
            wave = wave_up(wave, wave_skip, wave_size)
        found = resynthesis.waveform(length).addcmul_(wave[0], deviation).add_(mean)
        return found.t().reshape(1, len(self.sources), 2, length)

    def _spectrogram(self, mix: Tensor, length: int) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """(frames, bins, 2 channels * 2), normalised, and its (mean, deviation)."""
        frames = math.ceil(length / HOP)
        padded = pad1d(mix[None], (EDGE, EDGE + frames * HOP - length), mode="reflect")[0]
        spectra = torch.fft.rfft(padded.unfold(-1, NFFT, HOP) * self._window, norm="ortho")[..., :-1]
        x = torch.view_as_real(spectra).permute(1, 2, 0, 3).reshape(frames, NFFT // 2, 4)
        mean, deviation = x.mean(), x.std()
        return x.sub_(mean).div_(TINY + deviation), (mean, deviation)

    def _transform(self, x: Tensor, wave: Tensor) -> tuple[Tensor, Tensor]:
        frames, bins, channels = x.shape
        up, wave_up, down, wave_down = self._ends
        tokens, wave_tokens = (
            each.flatten(0, 1) if product is None else product(each) for product, each in ((up, x), (wave_up, wave))
        )
        width, weight = tokens.shape[1], self._position_weight
        place = create_2d_sin_embedding(width, bins, frames, "cpu", self._period)[0].permute(2, 1, 0).flatten(0, 1)
        wave_place = create_sin_embedding(len(wave_tokens), width, 0, "cpu", self._period)[:, 0]
        tokens = self._norms[0](tokens) + weight * place
        wave_tokens = self._norms[1](wave_tokens) + weight * wave_place
        for index, (layer, wave_layer) in enumerate(zip(self._layers, self._wave_layers, strict=True)):
            self._tick(f"layers.{index}")
            next_ = layer(tokens, wave_tokens)
            self._tick(f"layers_t.{index}")
            tokens, wave_tokens = next_, wave_layer(wave_tokens, tokens)
        tokens = tokens if down is None else down(tokens)
        wave_tokens = wave_tokens if wave_down is None else wave_down(wave_tokens)
        return tokens.view(frames, bins, channels), wave_tokens[None]


def _product(convolution: Any, precision: torch.dtype) -> Product:
    return Product(convolution.weight[..., 0], convolution.bias, precision)


class Resynthesis:
    """Takes slices (time, bins, stems * channels * 2) of a spectrogram and adds their frames to a waveform."""

    def __init__(self, scale: tuple[Tensor, Tensor], frames: int, voices: int, window: Tensor) -> None:
        self._mean, self._deviation = scale
        self._window = (window / 1.5)[:, None].expand(NFFT, voices).contiguous()  # Hann^2 at a quarter adds up to 1.5
        self._sum = torch.zeros(frames + 3, HOP, voices)

    def add(self, x: Tensor, rows: slice) -> None:
        spectrum = torch.addcmul(self._mean, x.unflatten(2, (-1, 2)), self._deviation)
        spectrum = torch.view_as_complex(functional.pad(spectrum, (0, 0, 0, 0, 0, 1)))
        frames = torch.fft.irfft(spectrum, n=NFFT, dim=1, norm="ortho").mul_(self._window)
        for index, part in enumerate(frames.split(HOP, 1)):
            self._sum[rows.start + index : rows.stop + index] += part

    def waveform(self, length: int) -> Tensor:
        """(length, stems * channels)"""
        return self._sum.flatten(0, 1)[EDGE : EDGE + length]
