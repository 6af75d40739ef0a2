"""Refresh facesdk/assets/manifest.json: sizes and hashes of what is there, words from export/provenance.toml.

python -m export.manifest [--check]
"""

from __future__ import annotations

import argparse
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
    """The manifest of the files in `assets`; a file without provenance is an error."""
    with provenance.open("rb") as file:
        words: dict[str, Any] = tomllib.load(file)
    entries = {}
    for path in sorted(assets.iterdir()):
        if path.name in NOT_ASSETS:
            continue
        if path.name not in words:
            raise SystemExit(f"{path.name}: no entry in {provenance.name}; say where it comes from")
        content = path.read_bytes()
        own = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        entries[path.name] = own | words[path.name]
    return {"assets": entries}


def main() -> None:
    """Command line; --check writes nothing and exits 1 where the manifest is out of date."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--assets", type=Path, default=ASSETS)
    args = parser.parse_args()
    text = json.dumps(build_manifest(args.assets), indent=2) + "\n"
    path = args.assets / "manifest.json"
    if args.check:
        current = path.exists() and path.read_text(encoding="utf-8") == text
        print(
            "manifest.json is up to date"
            if current
            else "manifest.json is out of date: python -m export.manifest"
        )
        raise SystemExit(0 if current else 1)
    temporary = path.with_suffix(".part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
    for name, entry in json.loads(text)["assets"].items():
        print(f"{name:26s} {entry['bytes']:10d} {entry['sha256'][:12]} {entry['version']}")


if __name__ == "__main__":
    main()
