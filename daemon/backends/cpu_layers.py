"""Layers of HTDemucs laid out for a CPU: the sums of demucs, in an order that suits caches.

- Channels lie last, (time, frequency, channel) and (time, 1, channel): every 1x1, strided and transposed convolution is
  a matrix product on memory as it lies, without a permuted copy.
- Wide tensors exist only for a slice of time that stays in the cache.
- The two halves of a GLU are two products, because a sigmoid over strided rows takes four times as long.
- DConv's second GroupNorm is worked out on the narrow tensor, and goes into the weights.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

STRIDE = 4
EPSILON = 1e-5  # that of torch's norms
SLICE_BYTES = 2 << 20  # of one wide tensor; CPUs have caches of 1 to 2 MB a core and some 32 MB for all


def slices(rows: int, width: int) -> Iterator[slice]:
    """Of `rows`, so that `width` floats a row stay in the cache."""
    step = max(1, SLICE_BYTES // (4 * width))
    return (slice(first, min(rows, first + step)) for first in range(0, rows, step))


class Product:
    """x (..., k) times a matrix (n, k), and a bias: (rows, n) float32, summed from factors in `precision`."""

    def __init__(self, weight: Tensor, bias: Tensor | None, precision: torch.dtype) -> None:
        self._precision = precision
        self._weight = weight.to(precision).contiguous()
        self._bias = None if bias is None else bias.to(precision).contiguous()

    def __call__(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, self._weight.shape[1]).to(self._precision)
        return functional.linear(rows, self._weight, self._bias).float()


class Convolution:
    """(A, B, channels) along A and B."""

    def __init__(self, weight: Tensor, bias: Tensor, precision: torch.dtype, **shape: tuple[int, int]) -> None:
        self._precision, self._shape = precision, shape
        self._weight = weight.to(precision).contiguous(memory_format=torch.channels_last)
        self._bias = bias.to(precision).contiguous()

    def __call__(self, x: Tensor) -> Tensor:
        image = x.permute(2, 0, 1)[None].to(self._precision)
        return functional.conv2d(image, self._weight, self._bias, **self._shape)[0].permute(1, 2, 0).float()


Linear = Product | Convolution


def multiply_gated(halves: tuple[Linear, Linear], x: Tensor, out: Tensor) -> None:
    """GLU into `out`: the first half times the sigmoid of the second."""
    value, gate = halves
    torch.mul(value(x).view(out.shape), gate(x).sigmoid_().view(out.shape), out=out)


class ResidualBranch:
    """One branch of demucs' DConv on (A, B, C), convolved along A, normalised over A and C for each B.

    narrow convolution, GroupNorm, GELU, 1x1 to 2C, GroupNorm, GLU, LayerScale. Mean and square of the wide tensor
    w = My + b follow from the narrow one: sum |w|^2 = <M'M, sum yy'> + 2 b'M sum y + n |b|^2. So the second norm is
    known before w is, and goes with the LayerScale into M: w r - m r = [gM, gb, -g] [y r, r, m r]', two columns more.
    """

    def __init__(self, layer: Any, precision: torch.dtype) -> None:
        conv, first, _, wide, norm, _, scale = layer
        self.hidden, channels, _ = conv.weight.shape
        self.width = -(-(self.hidden + 2) // 8) * 8  # whole vectors
        self.reach = conv.dilation[0]
        spare = self.width - self.hidden
        taps = functional.pad(conv.weight, (0, 0, 0, 0, 0, spare)).unbind(2)
        biases = None, functional.pad(conv.bias, (0, spare)), None
        self._taps = [Product(tap, bias, precision) for tap, bias in zip(taps, biases, strict=True)]
        self._gain, self._offset = (functional.pad(each, (0, spare)) for each in (first.weight, first.bias))
        matrix, bias = wide.weight[:, :, 0], wide.bias
        factor = torch.cat([scale.scale, torch.ones_like(scale.scale)])  # of the value, not of the gate
        gain, shift = norm.weight * factor, norm.bias * factor
        columns = [gain[:, None] * matrix, (gain * bias)[:, None], -gain[:, None]]
        full = functional.pad(torch.cat(columns, 1), (0, spare - 2))
        self.halves = (
            Product(full[:channels], shift[:channels], precision),
            Product(full[channels:], shift[channels:], precision),
        )
        exact, self._bias = functional.pad(matrix, (0, spare)).double(), bias.double()
        self._gram, self._cross, self._average = exact.T @ exact, self._bias @ exact, exact.mean(0)
        self._wide = 2 * channels

    def narrow(self, x: Tensor) -> Tensor:
        """(A, B, width): what `halves` are to be multiplied with."""
        A, B, C = x.shape
        before, y, after = (x.new_empty(A, B, self.width) for _ in range(3))
        for rows in slices(A, B * C):
            for target, tap in zip((before, y, after), self._taps, strict=True):
                target[rows] = tap(x[rows]).view(-1, B, self.width)
        y[self.reach :] += before[: -self.reach]
        y[: -self.reach] += after[self.reach :]
        count = A * self.hidden
        mean = y.sum(0).double().sum(1) / count
        square = torch.mul(y, y, out=before).sum(0).double().sum(1) / count
        rate = reciprocal_deviation(mean, square)[:, None] * self._gain
        y = functional.gelu(scale_and_shift(y, rate, self._offset - mean.float()[:, None] * rate, before))
        columns = y.permute(1, 2, 0).contiguous()
        gram = torch.bmm(columns, columns.transpose(1, 2)).double()
        total = y.sum(0).double()
        mean = total @ self._average / A + self._bias.mean()
        square = (gram * self._gram).sum((1, 2)) + 2 * (total @ self._cross)
        square = (square / A + self._bias @ self._bias) / self._wide
        rate = reciprocal_deviation(mean, square)
        add = torch.zeros(B, self.width)
        add[:, self.hidden], add[:, self.hidden + 1] = rate, mean.float() * rate
        return scale_and_shift(y, rate[:, None].expand(B, self.width), add, after)


def reciprocal_deviation(mean: Tensor, square: Tensor) -> Tensor:
    return ((square - mean * mean).clamp_min(0) + EPSILON).rsqrt().float()


def scale_and_shift(x: Tensor, scale: Tensor, add: Tensor, out: Tensor) -> Tensor:
    """x (A, B, h) * scale (B, h) + add (B, h) into `out`. If B is 1, many rows at a time, as short rows are slow."""
    A, B, width = x.shape
    if B > 1:
        return torch.addcmul(add, x, scale, out=out)
    many = 512
    whole = A // many * many
    scales, adds = scale.reshape(-1).repeat(many), add.reshape(-1).repeat(many)
    torch.addcmul(adds, x[:whole].view(-1, many * width), scales, out=out[:whole].view(-1, many * width))
    rest = (A - whole) * width
    torch.addcmul(adds[:rest], x[whole:].view(-1), scales[:rest], out=out[whole:].view(-1))
    return out


def add_branches(branches: list[ResidualBranch], x: Tensor, then: Callable[[Tensor, slice], None]) -> None:
    """DConv in place on x (A, B, C); `then(x[rows], rows)` follows for each slice while it is in the cache."""
    A, B, C = x.shape
    for branch in branches:
        narrow = branch.narrow(x)
        for rows in slices(A, 2 * B * C):
            value, gate = (half(narrow[rows]).view(-1, B, C) for half in branch.halves)
            x[rows].addcmul_(value, gate.sigmoid_())
            if branch is branches[-1]:
                then(x[rows], rows)
    if not branches:
        for rows in slices(A, 2 * B * C):
            then(x[rows], rows)


class EncoderLayer:
    """(A, B, C) strided along B; then DConv and GLU, the spectrogram along A, the waveform (1, length, C) along B."""

    def __init__(self, layer: Any, precision: torch.dtype, *, wave: bool) -> None:
        self._wave, self._channels = wave, layer.conv.out_channels
        kernel = layer.conv.weight.reshape(self._channels, -1, 1, 2 * STRIDE)
        self._conv = Convolution(kernel, layer.conv.bias, precision, stride=(1, STRIDE), padding=(0, STRIDE // 2))
        self._branches = [ResidualBranch(each, precision) for each in layer.dconv.layers] if layer.dconv else []
        halves = zip(layer.rewrite.weight.flatten(1).chunk(2), layer.rewrite.bias.chunk(2), strict=True)
        first, second = (Product(weight, bias, precision) for weight, bias in halves)
        self._rewrite = first, second

    def __call__(self, x: Tensor, embedding: Tensor | None = None) -> Tensor:
        y = functional.gelu(self._conv(functional.pad(x, (0, 0, 0, -x.shape[1] % STRIDE))))
        y = y.reshape(-1, 1, self._channels) if self._wave else y.contiguous()
        out = torch.empty_like(y)

        def gate(part: Tensor, rows: slice) -> None:
            multiply_gated(self._rewrite, part, out[rows])
            if embedding is not None:
                out[rows] += embedding

        add_branches(self._branches, y, gate)
        return out.view(1, -1, self._channels) if self._wave else out


class DecoderLayer:
    """Sum with the skip, convolution 3x3 (3 on the waveform), GLU, DConv, transposed convolution along B."""

    def __init__(self, layer: Any, precision: torch.dtype, *, wave: bool) -> None:
        self._wave, self.last = wave, layer.last
        self._channels, self._out = layer.chin, layer.conv_tr.out_channels
        kernel = layer.rewrite.weight
        kernel = kernel[..., None] if wave else kernel.transpose(2, 3)
        parts = zip(kernel.chunk(2), layer.rewrite.bias.chunk(2), strict=True)
        first, second = (Convolution(w, b, precision, padding=(0, 0 if wave else 1)) for w, b in parts)
        self._rewrite = first, second
        self._branches = [ResidualBranch(each, precision) for each in layer.dconv.layers] if layer.dconv else []
        # Kernel 8, stride 4: each input gives four outputs, and four that add to those of the input after it.
        taps = layer.conv_tr.weight.reshape(self._channels, self._out, 2 * STRIDE).permute(2, 1, 0).flatten(0, 1)
        here, next_ = taps.chunk(2)
        self._bias = layer.conv_tr.bias.repeat(STRIDE)
        self._here, self._next = Product(here, self._bias, precision), Product(next_, None, precision)

    def __call__(
        self, x: Tensor, skip: Tensor, length: int, sink: Callable[[Tensor, slice], None] | None = None
    ) -> Tensor:
        """(A, length, out). With a `sink` each slice goes there and nothing is kept."""
        if self._wave:
            x, skip = x.view(-1, 1, self._channels), skip.view(-1, 1, self._channels)
        y = self._rewrite_sum(x, skip)
        return self._transpose_wave(y, length) if self._wave else self._transpose_spectrum(y, length, sink)

    def _rewrite_sum(self, x: Tensor, skip: Tensor) -> Tensor:
        A, B, C = x.shape
        y = torch.empty_like(x)
        for rows in slices(A, 2 * B * C):
            first, end = max(0, rows.start - 1), min(A, rows.stop + 1)
            edges = (first == rows.start, end == rows.stop)
            both = functional.pad(x[first:end] + skip[first:end], (0, 0, 0, 0, *map(int, edges)))
            multiply_gated(self._rewrite, both, y[rows])
        return y

    def _transpose_wave(self, y: Tensor, length: int) -> Tensor:
        out = y.new_zeros(len(y) + 1, STRIDE * self._out)
        out[-1] = self._bias

        def transpose(part: Tensor, rows: slice) -> None:
            out[rows] += self._here(part)
            out[rows.start + 1 : rows.stop + 1] += self._next(part)

        add_branches(self._branches, y, transpose)
        whole = out.view(1, -1, self._out)[:, STRIDE // 2 :][:, :length]
        return whole if self.last else functional.gelu(whole)

    def _transpose_spectrum(self, y: Tensor, length: int, sink: Callable[[Tensor, slice], None] | None) -> Tensor:
        A, B, _ = y.shape
        out = y.new_empty(0 if sink else A, length, self._out)

        def transpose(part: Tensor, rows: slice) -> None:
            wide = y.new_empty(len(part), B + 1, STRIDE * self._out)
            wide[:, :B] = self._here(part).view(-1, B, STRIDE * self._out)
            wide[:, B] = self._bias
            wide[:, 1:] += self._next(part).view(-1, B, STRIDE * self._out)
            bins = wide.view(len(part), -1, self._out)[:, STRIDE // 2 :][:, :length]
            if sink:
                sink(bins, rows)
            else:
                out[rows] = bins if self.last else functional.gelu(bins)

        add_branches(self._branches, y, transpose)
        return out


class TransformerLayer:
    """Self or cross attention on tokens (n, d); LayerScale goes into the weights."""

    def __init__(self, layer: Any, precision: torch.dtype) -> None:
        self.cross = hasattr(layer, "cross_attn")
        attention = layer.cross_attn if self.cross else layer.self_attn
        weight, bias, width = attention.in_proj_weight, attention.in_proj_bias, attention.embed_dim
        self._heads, self._width = attention.num_heads, width
        first = width if self.cross else 3 * width
        self._query = Product(weight[:first], bias[:first], precision)
        self._key_value = Product(weight[width:], bias[width:], precision)
        gains = (getattr(each, "scale", torch.ones(width)) for each in (layer.gamma_1, layer.gamma_2))
        lasts = (attention.out_proj, layer.linear2)
        pairs = zip(gains, lasts, strict=True)
        self._out, self._down = (Product(g[:, None] * m.weight, g * m.bias, precision) for g, m in pairs)
        self._up = Product(layer.linear1.weight, layer.linear1.bias, precision)
        self._norms = [layer.norm1, layer.norm2, *([layer.norm3] if self.cross else [])]
        self._norm_out = layer.norm_out

    def __call__(self, x: Tensor, other: Tensor) -> Tensor:
        if self.cross:
            query = self._query(self._norms[0](x)).view(1, len(x), self._heads, -1)
            key, value = self._key_value(self._norms[1](other)).view(1, len(other), 2, self._heads, -1).unbind(2)
        else:
            query, key, value = self._query(self._norms[0](x)).view(1, len(x), 3, self._heads, -1).unbind(2)
        found = functional.scaled_dot_product_attention(*(each.transpose(1, 2) for each in (query, key, value)))
        x = x + self._out(found.transpose(1, 2).reshape(-1, self._width))
        x += self._down(functional.gelu(self._up(self._norms[-1](x))))
        return normalise_all(x, self._norm_out) if self._norm_out else x


def normalise_all(x: Tensor, norm: Any) -> Tensor:
    """A GroupNorm of one group over all of x (n, d)."""
    variance, mean = torch.var_mean(x, correction=0)
    scale = norm.weight * (variance + EPSILON).rsqrt()
    return torch.addcmul(norm.bias - mean * scale, x, scale)
