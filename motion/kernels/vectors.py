"""The sum that reading between pixels is, on vectors: what LLVM does not find by itself in a loop over taps."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_FLOAT, _INDEX = ir.FloatType(), ir.IntType(32)
LANES = 4


def _blend(
    context: Any, out: Any, to: Any, image: Any, at: Any, step: Any, across: Any, down: Any, channels: Any
) -> Any:
    """blend(out, to, image, at, step, across, down, channels): read one pixel between pixels.

    out[to : to + channels] becomes the sum of down[j] * across[i] * pixel (i, j) over a square of pixels, whose first
    value is image[at] and whose rows are `step` values apart. Two or four taps each way, as the tuples `across` and
    `down` have; four are bicubic, and cut to [0, 1]. `channels` is written out as a number where it is called. Rows are
    summed first, then columns, with all channels and taps of a row in one vector; nothing is checked.
    """
    taps, count = across.count, channels.literal_value
    signature = types.void(out, to, image, at, step, across, down, channels)

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, given: Any) -> Any:
        target, to, source, at, step, across, down, _ = given
        first, last = (
            cgutils.create_struct_proxy(signature.args[n])(context, builder, array).data
            for n, array in ((2, source), (0, target))
        )
        lanes = -(-taps * count // LANES) * LANES
        column = _zeros(lanes)
        for tap in range(taps):
            place = builder.add(at, builder.mul(step, step.type(tap)))
            row = _load(builder, first, place, lanes)
            weight = _splat(builder, builder.extract_value(down, tap), lanes)
            part = builder.fmul(row, weight)
            column = builder.fadd(column, part) if tap else part
        total = _zeros(LANES)
        for tap in range(taps):
            weight = _splat(builder, builder.extract_value(across, tap), LANES)
            part = builder.fmul(_window(builder, column, tap * count, LANES), weight)
            total = builder.fadd(total, part) if tap else part
        if taps == 4:
            total = _cut(builder, total)
        pointer = builder.bitcast(builder.gep(last, [to]), _vector(count).as_pointer())
        builder.store(_window(builder, total, 0, count), pointer, align=4)
        return context.get_dummy_value()

    return signature, generate


blend: Any = intrinsic(prefer_literal=True)(_blend)


def _vector(lanes: int) -> ir.VectorType:
    return ir.VectorType(_FLOAT, lanes)


def _zeros(lanes: int) -> ir.Constant:
    return ir.Constant(_vector(lanes), [0.0] * lanes)


def _load(builder: ir.IRBuilder, first: Any, place: Any, lanes: int) -> Any:
    pointer = builder.bitcast(builder.gep(first, [place]), _vector(lanes).as_pointer())
    return builder.load(pointer, align=4)


def _splat(builder: ir.IRBuilder, value: Any, lanes: int) -> Any:
    single = builder.insert_element(_zeros(lanes), value, _INDEX(0))
    return builder.shuffle_vector(single, single, ir.Constant(ir.VectorType(_INDEX, lanes), [0] * lanes))


def _window(builder: ir.IRBuilder, vector: Any, start: int, lanes: int) -> Any:
    """Lanes `start` and on; what lies beyond the vector's end is of no use, and is the first."""
    size = vector.type.count
    chosen = [start + lane if start + lane < size else start for lane in range(lanes)]
    return builder.shuffle_vector(vector, vector, ir.Constant(ir.VectorType(_INDEX, lanes), chosen))


def _cut(builder: ir.IRBuilder, vector: Any) -> Any:
    """To [0, 1]; NaN stays NaN."""
    low, high = _zeros(LANES), ir.Constant(_vector(LANES), [1.0] * LANES)
    vector = builder.select(builder.fcmp_ordered("<", vector, low), low, vector)
    return builder.select(builder.fcmp_ordered(">", vector, high), high, vector)
