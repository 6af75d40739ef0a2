"""Quality of a reconstruction."""

from __future__ import annotations

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Quality:
    """How far to trust a face."""

    score: float  # 0..1
    reasons: tuple[str, ...]  # of _core.quality_reasons()

    def to_dict(self) -> dict[str, Any]:
        """The quality as plain numbers and names, for JSON."""
        return {"score": round(float(self.score), 4), "reasons": list(self.reasons)}
