"""Writes defaults.h: for each interface of TensorRT that the fake has, a class whose functions all end the
process with their name. The fake overrides those that the plugin calls, whatever else a version declares."""

from __future__ import annotations

import re
from pathlib import Path

IMPLEMENTATIONS = [
    "VHostMemory",
    "VTimingCache",
    "VOptimizationProfile",
    "VTensor",
    "VNetworkDefinition",
    "VBuilderConfig",
    "VBuilder",
    "VRuntime",
    "VCudaEngine",
    "VExecutionContext",
]
PARSER = ("IParser", "IParserError")
_MARKS = re.compile(r"\b(?:TRT_DEPRECATED|TRT_NODISCARD|TRT_DEPRECATED_API)\b")
_PURE = re.compile(r"virtual\s+([^;{}]*?)\s*=\s*0\s*;")


def write_defaults(headers: Path, out: Path) -> None:
    """Write the classes for the headers of one version.

    Args:
        headers: folder of NvInferImpl.h and NvOnnxParser.h.
        out: the file, which the fake includes after them.
    """
    infer, parser = (_code(headers / name) for name in ("NvInferImpl.h", "NvOnnxParser.h"))
    parts = ["#pragma once\n#include <cstdio>\n#include <cstdlib>\n", _UNEXPECTED]
    parts += ["namespace nvinfer1 { namespace apiv {\n"]
    parts += [_class(name, _body(infer, name)) for name in IMPLEMENTATIONS]
    parts += ["} }\nnamespace nvonnxparser {\n"]
    parts += [_class(name, _body(parser, name)) for name in PARSER]
    out.write_text("".join([*parts, "}\n"]), encoding="utf-8")


_UNEXPECTED = """[[noreturn]] inline void unexpected(const char* name) {
  std::fprintf(stderr, "fake TensorRT: %s was called\\n", name);
  std::abort();
}
"""


def _code(path: Path) -> str:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return _MARKS.sub("", re.sub(r"//[^\n]*", "", text))


def _body(code: str, name: str) -> str:
    start = re.search(rf"^class {name}\b[^;{{]*\{{", code, re.MULTILINE)
    assert start is not None, name
    return code[start.end() : code.index("\n};", start.end())]


def _class(name: str, body: str) -> str:
    lines = [f"class Default{name} : public {name} {{\n public:\n"]
    for declaration in _PURE.findall(body):
        plain = re.sub(r"\s*=\s*[\w:]+(?=\s*[,)])", "", " ".join(declaration.split()))
        function = re.search(r"(\w+)\s*\(", plain)
        assert function is not None, plain
        lines.append(f'  {plain} override {{ unexpected("{name}::{function[1]}"); }}\n')
    return "".join([*lines, "};\n"])
