"""What `import facesdk` costs and gives."""

from __future__ import annotations

import subprocess
import sys

import pytest

import facesdk

HEAVY = ("numpy", "cv2", "onnxruntime", "PIL", "safetensors", "torch")


def test_import_loads_nothing_heavy() -> None:
    """The budget of 0.15 s, as a cause instead of a clock: no large package is loaded before it is used."""
    code = f"import facesdk, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", facesdk.__all__)
def test_public_names_exist(name: str) -> None:
    assert getattr(facesdk, name) is not None
    assert name in dir(facesdk)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = facesdk.nothing


def test_no_build_product_is_committed() -> None:
    root = facesdk.__path__[0] + "/.."
    try:
        listed = subprocess.run(
            ["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a clone: nothing to look at")
    products = (".so", ".o", ".a", ".pyc", ".pyd", ".pkl", ".pt")
    assert [name for name in listed.splitlines() if name.endswith(products)] == []
