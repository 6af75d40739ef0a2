"""A face as plain numbers, for JSON, and as one line."""

from __future__ import annotations

from typing import Any

from facesdk.core.arrays import rounded


def face_record(face: Any) -> dict[str, Any]:
    """Write a face as plain numbers and names.

    Args:
        face: a facesdk.Face, of a layer above this one.

    Returns:
        Numbers, lists and dicts that JSON takes; lengths in mm, places in px.
    """
    weights = rounded(face.expression_weights, 4)
    return {
        "box_xyxy_px": rounded(face.box_xyxy_px, 2),
        "score": round(float(face.score), 4),
        "quality": face.quality.to_dict(),
        "pose": face.pose.to_dict(),
        "landmarks_px": rounded(face.landmarks_px, 3),
        "landmarks_camera_mm": rounded(face.landmarks_camera_mm, 3),
        "expression": {name: round(weight, 4) for name, weight in face.expression.items()},
        "identity": rounded(face.identity, 4),
        "expression_weights": dict(zip(face.model.exp_names, weights, strict=True)),
        "appearance": "predicted" if face.fitted_appearance is None else "fitted",
        **face.appearance.to_dict(),
        "occlusion": face.occlusion and face.occlusion.to_dict(face.visibility.expressions),
        "face_model": {"name": face.model.name, "version": face.model.version},
    }


def face_line(face: Any) -> str:
    """Write a face as one line.

    Args:
        face: a facesdk.Face.
    """
    pose = face.pose
    box = ",".join(f"{value:.0f}" for value in face.box_xyxy_px)
    track = "" if face.track is None else f", track {face.track}"
    return (
        f"Face(box {box} px, yaw {pose.yaw_deg:.0f} pitch {pose.pitch_deg:.0f} "
        f"roll {pose.roll_deg:.0f} deg, quality {face.quality.score:.2f}{track})"
    )
