"""No op uses the C library's elementary functions: their last bits differ between libraries and CPUs."""

from __future__ import annotations

import re
from pathlib import Path

CSRC = Path(__file__).parents[2] / "csrc"
NAMES = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "pow",
    "cbrt",
    "hypot",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "atan2",
    "sinh",
    "cosh",
    "tanh",
]
CALL = re.compile(rf"(?:\bstd::|(?<![\w:.>])::|(?<![\w:.>]))(?:{'|'.join(NAMES)})[fl]?\(")
OWN = CSRC / "common/math_functions.h"


def test_elementary_functions_are_our_own() -> None:
    sources = sorted(path for path in CSRC.rglob("*") if path.suffix in {".h", ".cpp", ".cu"} and path != OWN)
    assert len(sources) > 50
    found = [
        f"{path.relative_to(CSRC)}: {line.strip()}"
        for path in sources
        for line in path.read_text().splitlines()
        if CALL.search(line.split("//")[0])
        and not line.endswith(" override;")  # TensorRT's logger has a log()
    ]
    assert found == [], "use facesdk::math of common/math_functions.h"


def test_a_call_of_the_c_library_is_found() -> None:
    for call in ("std::exp(x)", "expf(x)", "::sin(x)", "y = atan2(a, b)", "std::hypot(x, y)"):
        assert CALL.search(call), call
    for call in ("math::exp(x)", "facesdk::math::sin_cos(x)", "exp_negative(x)", "p.log(x)", "std::sqrt(x)"):
        assert not CALL.search(call), call
