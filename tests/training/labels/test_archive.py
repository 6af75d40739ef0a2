"""The labels kept in the repository give back what was fitted."""

from pathlib import Path

import numpy as np

from training.labels.archive import compact, expand

ROOT = Path(__file__).parents[3]
LABELS, FACE_MODEL = ROOT / "training/labels/fits.npz", ROOT / "facesdk/assets/face_model.safetensors"


def test_compacting_twice_changes_nothing() -> None:
    with np.load(LABELS) as z:
        small = {name: z[name][:64] if z[name].ndim and name != "sets" else z[name] for name in z.files}
    again = compact(expand(small, FACE_MODEL))
    for name in ("alpha", "beta", "delta", "row", "wrong"):
        np.testing.assert_array_equal(again[name], small[name])
    np.testing.assert_allclose(again["translation_mm"], small["translation_mm"])


def test_points_fill_the_crop_they_were_framed_by() -> None:
    with np.load(LABELS) as z:
        keep = np.flatnonzero(~z["wrong"])[:500]
        small = {name: z[name][keep] if z[name].ndim and name != "sets" else z[name] for name in z.files}
    points = expand(small, FACE_MODEL)["points"]
    # A crop is 1.45 times the longer side of the box of the 68 points.
    longer = np.ptp(points, axis=1).max(1)
    assert abs(np.median(longer) - 1 / 1.45) < 0.02
    assert np.abs(points.mean(1)).max() < 0.25
