"""`facesdk track`: a video to one line of numbers per frame."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facesdk.cli.settings import BACKEND_HELP, PRESET_HELP


def track(
    video: Annotated[Path, typer.Argument(help="A video file that OpenCV decodes.")],
    out: Annotated[Path, typer.Option(help="File to write: one JSON object per line and frame.")] = Path(
        "track.jsonl"
    ),
    max_faces: Annotated[int, typer.Option(help="Most faces per frame.")] = 1,
    threads: Annotated[int, typer.Option(help="CPU threads.")] = 1,
    backend: Annotated[str, typer.Option(help=BACKEND_HELP)] = "auto",
    preset: Annotated[str, typer.Option(help=PRESET_HELP)] = "default",
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

    sdk = FaceSDK(Options(max_faces=max_faces, threads=threads, backend=backend, preset=preset))
    count = shown = 0
    with atomic_file(out) as file:
        for count, (time_s, picture) in enumerate(video_frames(video), start=1):
            faces = [face.to_dict() | {"track": face.track} for face in sdk.track(picture)]
            line = {"frame": count - 1, "time_s": round(time_s, 4), "faces": faces}
            file.write((json.dumps(line) + "\n").encode())
            shown += bool(faces)
    print(f"{path_text(video.name)}: faces in {shown} of {count} frames; {path_text(out)}")
