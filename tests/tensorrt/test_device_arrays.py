"""Pictures on a GPU, by __cuda_array_interface__ and DLPack: the same result as from the host."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facesdk import BackendUnavailable, InvalidImage, _core
from facesdk.io.image import load_image
from tests.tensorrt.double import Double

# Of the driver's double, device memory is the host's.
ARRAYS = """
import numpy as np
from facesdk import FaceSDK, manifest
from facesdk.io.image import load_image
class OnDevice:
    def __init__(self, array, **more):
        self._array = array
        self.__cuda_array_interface__ = {"shape": array.shape, "typestr": array.dtype.str, "version": 3,
            "data": (array.ctypes.data, False), "strides": array.strides} | more
class ByDlpack:
    def __init__(self, array):
        self._array = array.copy()  # NumPy exports no array that may not be written
    def __dlpack_device__(self):
        return 2, 0
    def __dlpack__(self, *, stream=None, dl_device=None, **_):
        assert dl_device == (1, 0)
        return self._array.__dlpack__()
photo = load_image(manifest.asset_path(manifest.SAMPLE))
"""


def test_a_photo_on_the_device_gives_the_same_faces(stand_in: Double) -> None:
    done = stand_in.run(ARRAYS + """
sdk = FaceSDK()
host = sdk.reconstruct(photo).faces[0]
for given in (OnDevice(photo), OnDevice(photo, strides=None), ByDlpack(photo)):
    face = sdk.reconstruct(given).faces[0]
    assert np.array_equal(face.landmarks_px, host.landmarks_px)
    assert len(sdk.track(given).faces) == 1
print("same")
""")  # fmt: skip
    assert done.stdout.strip() == "same", done.stderr


def test_layouts_types_and_streams(stand_in: Double, tmp_path: Any) -> None:
    done = stand_in.run(ARRAYS + """
views = [photo[3:90, 5:70], photo[::2, ::3], np.asfortranarray(photo), photo[:, :, :1], photo[:, :, 0],
         photo.astype(np.float32) / 255]
for view in views:
    assert np.array_equal(load_image(OnDevice(view)), load_image(view)), view.shape
assert np.array_equal(load_image(OnDevice(photo, stream=1)), photo)
print("same")
""", FAKE_CUDA_TRACE=tmp_path / "trace")  # fmt: skip
    assert done.stdout.strip() == "same", done.stderr
    # What its owner put on the stream must be done before the copy.
    assert (tmp_path / "trace").read_text().split("\n")[0] == "cuStreamSynchronize of a default stream"


class Described:
    """An object with the interface and whatever it states."""

    def __init__(self, **stated: Any) -> None:
        self.__cuda_array_interface__ = {"shape": (4, 4, 3), "typestr": "|u1", "data": (16, False)} | stated


@pytest.mark.parametrize(("stated", "reason"), [
    ({"shape": "abc"}, "cannot be read as an array"),
    ({"typestr": "no type"}, "cannot be read as an array"),
    ({"mask": object()}, "it has a mask"),
    ({"strides": (12, 3)}, "strides"),
    ({"strides": (-12, 3, 1)}, "strides"),
    ({"data": ()}, "cannot be read as an array"),
    ({"shape": (0, 4, 3)}, "empty picture"),
])  # fmt: skip
def test_what_describes_no_array_is_refused(stated: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidImage, match=reason):
        load_image(Described(**stated))  # type: ignore[arg-type]


def test_without_a_driver_the_reason_is_named() -> None:
    try:
        _core.cuda_device_facts()
    except BackendUnavailable:
        with pytest.raises(BackendUnavailable, match="no NVIDIA driver"):
            load_image(Described())  # type: ignore[arg-type]
    else:
        pytest.skip("this machine has an NVIDIA driver")


def test_an_array_of_the_host_is_not_copied_by_the_driver() -> None:
    class Both:
        def __init__(self) -> None:
            self.array = np.full((4, 4, 3), 7, np.uint8)

        def __dlpack_device__(self) -> tuple[int, int]:
            return self.array.__dlpack_device__()

        def __dlpack__(self, **how: Any) -> Any:
            return self.array.__dlpack__(**how)

    assert (load_image(Both()) == 7).all()  # type: ignore[arg-type]
