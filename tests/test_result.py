"""Results as values: they pickle, copy, print in one line and iterate."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from facesdk import Face, FaceModel, FaceSDK, Options, Result
from facesdk.core.appearance import Appearance

ARRAYS = (
    "identity", "expression_weights", "verts_face_mm", "landmarks_px", "box_xyxy_px", "verts_camera_mm",
    "albedo", "sh", "image",
)  # fmt: skip
COPIES = [lambda given: pickle.loads(pickle.dumps(given)), copy.copy, copy.deepcopy]


@pytest.fixture
def result(tiny_sdk: FaceSDK, picture: Any) -> Result:
    return tiny_sdk.reconstruct(picture, boxes=[[10, 10, 90, 110], [200, 100, 300, 220]])


def assert_same(face: Face, other: Face) -> None:
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(face, name), getattr(other, name), err_msg=name)
    assert (face.score, face.quality, face.track) == (other.score, other.quality, other.track)
    np.testing.assert_array_equal(face.pose.matrix, other.pose.matrix)
    np.testing.assert_array_equal(face.render(), other.render())


@pytest.mark.parametrize("again", COPIES, ids=["pickle", "copy", "deepcopy"])
def test_results_and_faces_survive(result: Result, again: Any) -> None:
    result.faces[0].fit_appearance()
    other = again(result)
    assert (len(other), other.timings_ms, other.image_size) == (2, result.timings_ms, result.image_size)
    for one, two in zip(result, other, strict=True):
        assert_same(one, two)
    assert (other.faces[0].fitted_appearance is None, other.faces[1].fitted_appearance is None) == (
        False,
        True,
    )
    assert_same(result.faces[1], again(result.faces[1]))


def test_a_pickle_holds_the_model_by_its_file_and_no_views(result: Result) -> None:
    """Faces of one process share one model; a bundled model does not travel with each result."""
    face = result.faces[0]
    before = len(pickle.dumps(face))
    face.render(), face.texture, face.visible, face.depth_mm()
    assert len(pickle.dumps(face)) == before < face.image.nbytes + 200_000
    one, two = (pickle.loads(pickle.dumps(result)) for _ in range(2))
    assert one.faces[0].model is one.faces[1].model is two.faces[0].model


def test_a_model_without_a_file_travels_whole(tiny_model: FaceModel) -> None:
    other = pickle.loads(pickle.dumps(tiny_model))
    identity, expression = np.ones(tiny_model.n_id), np.full(tiny_model.n_exp, 0.5)
    np.testing.assert_array_equal(other.decode(identity, expression), tiny_model.decode(identity, expression))
    assert copy.deepcopy(tiny_model) is tiny_model


@pytest.mark.parametrize("again", COPIES, ids=["pickle", "copy", "deepcopy"])
def test_the_sdk_survives(tiny_sdk: FaceSDK, picture: Any, again: Any) -> None:
    other = again(tiny_sdk)
    assert other.options == tiny_sdk.options
    assert_same(tiny_sdk.reconstruct(picture).faces[0], other.reconstruct(picture).faces[0])


def test_a_pickled_result_opens_in_another_process(result: Result, tmp_path: Any) -> None:
    (tmp_path / "result.pickle").write_bytes(pickle.dumps(result))
    code = (
        "import pickle; r = pickle.load(open('result.pickle', 'rb')); "
        "print(len(r), r.faces[0].verts_camera_mm.shape)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert run.stdout.split(maxsplit=1)[0] == "2"


def test_everything_prints_in_one_short_line(result: Result) -> None:
    face = result.faces[0]
    printed = [
        result, face, face.pose, face.quality, face.appearance, face.model, face.posed_mesh, face.rendering,
        face.texture, face.export_mesh, FaceSDK(Options(max_faces=1, threads=2)),
    ]  # fmt: skip
    for thing in printed:
        text = repr(thing)
        assert len(text) < 160, text
        assert "\n" not in text
        assert "array(" not in text
        assert text.startswith(type(thing).__name__)
    assert "2 faces" in repr(result)
    assert repr(Options(max_faces=1, threads=2)) == "Options(max_faces=1, threads=2)"


def test_a_result_is_a_collection_of_its_faces(result: Result, tiny_sdk: FaceSDK, picture: Any) -> None:
    assert len(result) == 2
    assert list(result) == result.faces
    assert len(tiny_sdk.reconstruct(picture, boxes=np.zeros((0, 4)))) == 0


def test_the_dict_is_plain_numbers(result: Result) -> None:
    content = json.loads(json.dumps(result.to_dict()))
    assert content["image_size"] == list(result.image_size)
    assert [face["score"] for face in content["faces"]] == [1.0, 1.0]


def test_a_face_is_made_of_plain_arrays(result: Result) -> None:
    """The keyword arguments that the engine's binding fills, and no others, are required."""
    face = result.faces[0]
    made = Face(
        pose=face.pose,
        identity=face.identity,
        expression_weights=face.expression_weights,
        predicted_appearance=Appearance(*face.appearance),
        verts_face_mm=face.verts_face_mm,
        landmarks_px=face.landmarks_px,
        box_xyxy_px=face.box_xyxy_px,
        score=face.score,
        quality=face.quality,
        model=face.model,
        image=face.image,
    )
    assert_same(face, made)


def test_fit_appearance_is_true_or_false() -> None:
    from facesdk import InvalidOptions

    with pytest.raises(InvalidOptions, match="fit_appearance"):
        Options(fit_appearance="yes")  # type: ignore[arg-type]
