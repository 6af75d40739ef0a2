"""`facesdk info`: versions, backends and bundled assets."""

from __future__ import annotations

from typing import Annotated

import typer

from facesdk.errors import AssetError

TERMS = (
    "code Apache-2.0, third-party parts in NOTICE; the use of each asset stands below and in LICENSE-WEIGHTS"
)
# Names and modules of the libraries.
LIBRARIES = {"numpy": "numpy", "opencv": "cv2", "pillow": "PIL", "safetensors": "safetensors"}


def info(
    verify: Annotated[bool, typer.Option("--verify", help="Check every asset against its sha256.")] = False,
    measure: Annotated[
        bool, typer.Option("--measure", help="Time every backend on the networks, check kernels on the GPU.")
    ] = False,
) -> None:
    """Print versions, backends, and the bundled assets with their hashes, provenance, licences and uses."""
    import platform

    from facesdk import __version__, manifest
    from facesdk.inference.backends import backend_states, library_version
    from facesdk.inference.device import checked_kernels, cuda_state
    from facesdk.inference.engine import networks
    from facesdk.inference.measure import network_times, verdict
    from facesdk.options import PRESETS, Options

    print(
        f"facesdk {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    for name, module in LIBRARIES.items():
        print(f"  library     {name} {library_version(module) or 'does not import'}")
    for backend in backend_states():
        state = "available" if backend.available else "not available"
        print(f"  backend     {backend.name}: {state} ({backend.details})")
    cuda = cuda_state()
    kernels = "kernels run here" if cuda.runs else "not available"
    print(f"  device      cuda: {kernels} ({cuda.details})")
    if measure and cuda.runs:
        print(f"  measured    cuda: {checked_kernels()}")
    print(f"  terms       {TERMS}")
    damaged: AssetError | None = None
    for preset in PRESETS:
        try:
            for use in networks(Options(preset=preset)):
                print(f"  network     {preset} {use.role}: {use.file} by {use.backend} ({use.reason})")
            if measure:
                times = network_times(preset)
                print(
                    f"  measured    {preset}: {verdict(times, networks(Options(preset=preset))[1].backend)}"
                )
        except AssetError as error:
            print(f"  network     {preset}: {error}")
    for name, entry in manifest.manifest().items():
        try:
            manifest.verify(name) if verify else manifest.asset_path(name)
            state = "sha256 verified" if verify else "size checked"
        except AssetError as error:
            damaged, state = damaged or error, "DAMAGED"
        print(f"{name}  version {entry.get('version', '?')}  {entry['bytes'] / 1e6:.2f} MB  {state}")
        print(f"  sha256      {entry['sha256']}")
        print(f"  licence     {entry.get('licence', '?')}")
        print(f"  use         {entry.get('use', '?')}")
        print(f"  provenance  {entry.get('provenance', '?')}")
        if entry.get("trained_on"):
            print(f"  trained on  {', '.join(entry['trained_on'])}")
    if damaged is not None:
        raise damaged  # after the list, so that the sound ones are seen too
