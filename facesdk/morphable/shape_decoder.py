"""Identity and expression shapes of one face model, added up and subdivided."""

from __future__ import annotations

import functools

import numpy as np

from facesdk import ops
from facesdk.core.arrays import FloatArray
from facesdk.morphable.shape_rows import ByteRows, FloatRows
from facesdk.morphable.subdivision import Subdivision


class ShapeDecoder:
    """Coefficients in, meshes out; the mesh of the last identity is kept.

    Over a track, whose identity is constant, decoding is expressions and subdivision alone.

    Args:
        mean_control_mm: (C, 3), face frame.
        identity: n_id shapes; if stored as floats, the packed shapes have them before the expressions.
        shapes: packed shapes.
        subdivision: control mesh to dense mesh; None where they are the same.

    Raises:
        InvalidArray: the packed shapes or the subdivision do not fit.
    """

    def __init__(
        self,
        mean_control_mm: FloatArray,
        identity: ByteRows | FloatRows,
        shapes: ops.ShapeBlocks,
        subdivision: Subdivision | None,
    ) -> None:
        self._mean, self._identity = mean_control_mm, identity
        self._dense = ops.Decoder(len(mean_control_mm), shapes, subdivision)
        self._last: tuple[FloatArray, FloatArray | None] | None = None  # identity, its control mesh

    def decode(self, identity: FloatArray, expression: FloatArray, threads: int) -> FloatArray:
        """(V, 3) mm, face frame, from (n_id,) and (n_exp,)."""
        last = self._last
        if isinstance(self._identity, FloatRows) and (last is None or not np.array_equal(last[0], identity)):
            # One sum over all shapes is faster; the identity's own mesh pays once an identity comes again.
            self._last = (identity.copy(), None)
            return self._dense(self._mean, np.concatenate([identity, expression]), threads=threads)
        control = self.identity_mesh(identity, len(expression), threads)
        return self._dense(control, self._local(len(identity), expression), threads=threads)

    def identity_mesh(self, identity: FloatArray, n_exp: int, threads: int) -> FloatArray:
        """(C, 3) mm, face frame, without expression; read-only."""
        last = self._last  # read once: another thread may replace it
        if last is not None and last[1] is not None and np.array_equal(last[0], identity):
            return last[1]
        if isinstance(self._identity, FloatRows):
            without = np.concatenate([identity, np.zeros(n_exp, np.float32)])
            mesh = self._control(self._mean, without, threads=threads)
        else:
            mesh = self._identity.added_to(self._mean, identity, threads)
        mesh.flags.writeable = False
        self._last = (identity.copy(), mesh)
        return mesh

    def control_mesh(self, identity: FloatArray, expression: FloatArray, threads: int) -> FloatArray:
        """(C, 3) mm, face frame: the mesh before subdivision."""
        control = self.identity_mesh(identity, len(expression), threads)
        return self._control(control, self._local(len(identity), expression), threads=threads)

    def subdivide(self, control: FloatArray) -> FloatArray:
        """Subdivide values (C, 3) on the control mesh, any unit, to (V, 3)."""
        return control if self._dense.subdivision is None else self._dense.subdivide(control)

    @functools.cached_property
    def _control(self) -> ops.Decoder:
        """The same shapes without subdivision."""
        return ops.Decoder(len(self._mean), self._dense.shapes)

    def _local(self, n_id: int, expression: FloatArray) -> FloatArray:
        """Coefficients of the packed shapes where the identity is in the base mesh already."""
        if isinstance(self._identity, FloatRows):
            return np.concatenate([np.zeros(n_id, np.float32), expression])
        return expression
