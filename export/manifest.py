"""The manifest of the bundled assets: sizes and hashes of the files, words from export/provenance.toml."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ASSETS = Path(__file__).parent.parent / "facesdk" / "assets"
PROVENANCE = Path(__file__).parent / "provenance.toml"
NOT_ASSETS = (".gitkeep", "manifest.json")


def build_manifest(assets: Path = ASSETS, provenance: Path = PROVENANCE) -> dict[str, Any]:
    """Build the manifest of the files in `assets`; a file without provenance is an error."""
    with provenance.open("rb") as file:
        words: dict[str, Any] = tomllib.load(file)
    entries = {}
    for path in sorted(assets.iterdir()):
        if path.name in NOT_ASSETS:
            continue
        if path.name not in words:
            raise SystemExit(f"{path.name}: no entry in {provenance.name}; add where it comes from")
        content = path.read_bytes()
        own = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        entries[path.name] = own | words[path.name]
    return {"assets": entries}


def manifest_text(assets: Path = ASSETS) -> str:
    """The manifest of `assets` as its file holds it."""
    return json.dumps(build_manifest(assets), indent=2) + "\n"


def is_current(assets: Path = ASSETS) -> bool:
    """Whether manifest.json describes the files beside it."""
    path = assets / "manifest.json"
    return path.exists() and path.read_text(encoding="utf-8") == manifest_text(assets)


def write_manifest(assets: Path = ASSETS) -> None:
    """Write manifest.json by way of a temporary name."""
    path = assets / "manifest.json"
    temporary = path.with_suffix(".part")
    temporary.write_text(manifest_text(assets), encoding="utf-8")
    temporary.replace(path)
