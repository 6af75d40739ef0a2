"""Many photos on all cores: one FaceSDK, a photo on each thread."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from facesdk.core.numbers import whole_number
from facesdk.errors import FaceSDKError
from facesdk.io.image import ImageLike
from facesdk.options import Options
from facesdk.result import Result
from facesdk.sdk import FaceSDK

AHEAD = 2  # photos per worker begun before their results are taken: bounds memory


def reconstruct_many(
    images: Iterable[ImageLike], options: Options | None = None, *, workers: int | None = None
) -> Iterator[Result | FaceSDKError]:
    """Reconstruct many photos at a time.

    Args:
        images: as FaceSDK.reconstruct takes them; read as the results are taken, a few ahead.
        options: settings; with threads=1, the default, each photo stays on one core: the fastest for many.
        workers: photos at a time, 1..256; None: one per core.

    Returns:
        The result of each image, in their order; an unusable image gives its error in its place.

    Raises:
        InvalidOptions: options or workers are out of range.
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers is not None:
        count = whole_number("workers", workers, 1, 256)
    return _results(images, FaceSDK(options), count)


def _results(images: Iterable[ImageLike], sdk: FaceSDK, workers: int) -> Iterator[Result | FaceSDKError]:
    def one(image: ImageLike) -> Result | FaceSDKError:
        try:
            return sdk.reconstruct(image)
        except FaceSDKError as error:
            return error

    waiting: deque[Future[Result | FaceSDKError]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for image in images:
                waiting.append(pool.submit(one, image))
                if len(waiting) > AHEAD * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
