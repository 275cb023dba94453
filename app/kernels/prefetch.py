"""Asking for a cache line before it is needed.

At a million accounts every row is a miss in the processor's caches, and a fold that meets them one
by one waits for each. A kernel that names the row of an event several events ahead lets the misses
overlap. ``prefetch`` has no effect but on time, so plain Python does without.
"""

from typing import Any

import numba
import numpy.typing as npt
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

from app.kernels.decode_types import Int

LINE_BYTES = 64


def _prefetch_source(typing_context: Any, array: Any, byte: Any) -> Any:  # noqa: ARG001
    """Typing and code of the intrinsic: ``llvm.prefetch`` of ``array``'s data plus ``byte``."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer = builder.bitcast(view.data, cgutils.voidptr_t)
        address = builder.gep(pointer, [arguments[1]])
        i32 = ir.IntType(32)
        declared = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, i32, i32, i32]),
            "llvm.prefetch.p0",
        )
        # for writing, to be kept in all levels of the cache, data rather than instructions
        builder.call(declared, [address, i32(1), i32(3), i32(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


if numba.config.DISABLE_JIT:

    def prefetch(array: npt.NDArray[Any], byte: Int) -> None:
        """Without the compiler there is nothing to hurry."""

else:
    prefetch = intrinsic(_prefetch_source)
    """``prefetch(array, byte)``: bring the line at ``byte`` bytes into ``array``'s data closer.

    The address is never read by the program: one outside of the array is harmless.
    """
