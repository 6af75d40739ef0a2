"""The ops' threads are started once and wait: that must survive a fork, an exit and several callers."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from facesdk import ops
from tests.ops.meshes import camera, sphere

VERTS, TRIANGLES = sphere(30, 60)
POINTS = ops.project(VERTS + np.array([0, 0, 900], np.float32), camera(200, 700))


def draw(threads: int) -> bytes:
    drawn = ops.rasterize(POINTS, TRIANGLES, 200, 200, colors=np.abs(VERTS), cull=False, threads=threads)
    return b"".join(part.tobytes() for part in drawn if part is not None)


def test_callers_at_once_get_what_one_gets() -> None:
    alone = draw(1)
    with ThreadPoolExecutor(4) as pool:
        assert all(drawn == alone for drawn in pool.map(draw, [1, 2, 3, 4] * 10))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_has_threads_of_its_own() -> None:
    alone = draw(2)
    program = f"""
import hashlib, os, signal
from tests.ops.test_threads import draw
draw(2)
child = os.fork()
if child == 0:
    signal.alarm(60)
    os._exit(0 if draw(1) == draw(2) == draw(3) else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert len(draw(2)) == {len(alone)}
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_a_program_ends_while_the_threads_wait() -> None:
    program = "from tests.ops.test_threads import draw; draw(4); print('drawn')"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, timeout=120, capture_output=True, text=True
    )
    assert done.stdout == "drawn\n"
