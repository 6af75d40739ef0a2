"""Quality of a reconstruction."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Quality:
    """How far to trust a face."""

    score: float  # 0..1
    reasons: tuple[str, ...]  # of _core.quality_reasons()
