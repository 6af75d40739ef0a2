"""The same result in every process: forked, spawned, and whatever libraries were imported before."""

from __future__ import annotations

import hashlib
import importlib.util
import multiprocessing
import subprocess
import sys

import pytest

from facesdk import FaceSDK, manifest

CODE = (
    "import hashlib; from facesdk import FaceSDK, manifest; "
    "face = FaceSDK().reconstruct(manifest.asset_path(manifest.SAMPLE)).faces[0]; "
    "print(hashlib.sha256(face.verts_camera_mm.tobytes()).hexdigest())"
)


def digest(sdk: FaceSDK) -> str:
    face = sdk.reconstruct(manifest.asset_path(manifest.SAMPLE)).faces[0]
    return hashlib.sha256(face.verts_camera_mm.tobytes()).hexdigest()


def digest_of_a_new_one() -> str:
    return digest(FaceSDK())


@pytest.fixture(scope="module")
def used_sdk() -> FaceSDK:
    """One that has worked before a process begins."""
    sdk = FaceSDK()
    digest(sdk)
    return sdk


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # fork of a process with threads
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_give_the_same_bits(used_sdk: FaceSDK, method: str) -> None:
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        waiting = [pool.apply_async(digest, (used_sdk,)), pool.apply_async(digest_of_a_new_one)]
        assert [found.get(timeout=120) for found in waiting] == [digest(used_sdk)] * 2


@pytest.mark.parametrize("first", ["PIL.Image", "cv2", "onnxruntime", "openvino", "torch"])
@pytest.mark.parametrize("order", ["before", "after"])
def test_imports_before_and_after_change_nothing(used_sdk: FaceSDK, first: str, order: str) -> None:
    if importlib.util.find_spec(first.split(".")[0]) is None:
        pytest.skip(f"{first} is not installed")
    code = f"import {first}; {CODE}" if order == "before" else f"import facesdk.sdk; import {first}; {CODE}"
    run = subprocess.run(
        [sys.executable, "-W", "error::UserWarning:facesdk", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == digest(used_sdk)
