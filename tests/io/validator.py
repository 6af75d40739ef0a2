"""Khronos' gltf-validator, where node and its npm package are installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

VALIDATE = """
const validator = require('gltf-validator');
const data = require('fs').readFileSync(process.argv[1]);
validator.validateBytes(new Uint8Array(data)).then(report => console.log(JSON.stringify(report)));
"""


def gltf_issues(path: Path) -> dict[str, Any]:
    """What the validator finds in a GLB file; the test is skipped, and says so, where there is none."""
    node = shutil.which("node")
    found = node and subprocess.run(
        [node, "-e", "require('gltf-validator')"], capture_output=True, check=False
    )
    if not found or found.returncode:
        pytest.skip("no gltf-validator: npm install gltf-validator, and its node_modules in NODE_PATH")
    run = subprocess.run([str(node), "-e", VALIDATE, str(path)], capture_output=True, text=True, check=True)
    issues: dict[str, Any] = json.loads(run.stdout)["issues"]
    return issues
