"""`facesdk track`: a video to one line of numbers per frame."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facesdk.cli.settings import BACKEND_HELP, DEOCCLUDE_HELP, MESH_HELP, PRESET_HELP


def track(
    video: Annotated[Path, typer.Argument(help="A video file that OpenCV decodes.")],
    out: Annotated[Path, typer.Option(help="File to write: one JSON object per line and frame.")] = Path(
        "track.jsonl"
    ),
    max_faces: Annotated[int, typer.Option(help="Most faces per frame.")] = 1,
    detection_interval: Annotated[
        int, typer.Option(help="Frames from one search for new faces to the next; used with --max-faces > 1.")
    ] = 7,
    threads: Annotated[int, typer.Option(help="CPU threads.")] = 1,
    backend: Annotated[str, typer.Option(help=BACKEND_HELP)] = "auto",
    preset: Annotated[str, typer.Option(help=PRESET_HELP)] = "default",
    mesh: Annotated[str, typer.Option(help=MESH_HELP)] = "full",
    deocclude: Annotated[str, typer.Option(help=DEOCCLUDE_HELP)] = "off",
) -> None:
    """Track the faces of a video: pose, landmarks and expressions of every frame as JSON lines.

    Each line holds frame, time_s, and faces as `reconstruct` writes them, with the number of their track.
    """
    import json

    from facesdk.io.atomic_write import atomic_file
    from facesdk.io.path_text import path_text
    from facesdk.io.video import video_frames
    from facesdk.options import Options
    from facesdk.sdk import FaceSDK

    options = Options(
        max_faces=max_faces,
        detection_interval=detection_interval,
        threads=threads,
        backend=backend,
        preset=preset,
        mesh=mesh,
        deocclude=deocclude,
    )
    sdk = FaceSDK(options)
    count = shown = 0
    with atomic_file(out) as file:
        for count, (time_s, picture) in enumerate(video_frames(video), start=1):
            faces = [face.to_dict() | {"track": face.track} for face in sdk.track(picture)]
            line = {"frame": count - 1, "time_s": round(time_s, 4), "faces": faces}
            file.write((json.dumps(line) + "\n").encode())
            shown += bool(faces)
    print(f"{path_text(video.name)}: faces in {shown} of {count} frames; {path_text(out)}")
