"""`facesdk engines`: TensorRT engines are built, listed, and what they need is looked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facesdk.errors import BackendUnavailable, FaceSDKError, InvalidOptions

engines = typer.Typer(
    no_args_is_help=True, help="TensorRT engines of the networks, built on the machine that runs them."
)


@engines.command()
def build(
    graphs: Annotated[
        Path | None,
        typer.Argument(help="Folder of NAME.onnx, NAME.fp16.onnx, ...; the bundled one by default."),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Name of a network; may be repeated.")] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build those that fit, too.")] = False,
    dla: Annotated[bool, typer.Option("--dla", help="Is refused, with the reason.")] = False,
) -> None:
    """Build the engines that are missing, stale or damaged, compare each with float32, keep the fastest."""
    from facesdk import manifest
    from facesdk.engines.build import build_engine
    from facesdk.engines.graphs import graph_files, networks_of
    from facesdk.engines.jetpack import DLA_REASON
    from facesdk.engines.machine import open_library, read_machine
    from facesdk.engines.store import engine_path, store_folder, unfit_reason
    from facesdk.inference.tensorrt import onnx_reference, progress_printer

    if dla:
        raise InvalidOptions(DLA_REASON)
    machine, store = read_machine(open_library()), store_folder()
    failed: list[str] = []
    for network in networks_of(graphs or manifest.ASSETS, only or []):
        reason = unfit_reason(engine_path(store, network), machine, graph_files(network))
        if not reason and not rebuild:
            print(f"{network.stem}: up to date")
            continue
        print(f"{network.stem}: {reason or 'rebuilt'}", flush=True)
        try:
            build_engine(network, onnx_reference(network), machine, store, progress_printer())
        except FaceSDKError as error:  # the others may do
            print(f"error: {error}")
            failed.append(network.stem)
    if failed:
        raise FaceSDKError(f"no engine of {', '.join(failed)}; see above")


@engines.command("list")
def list_() -> None:
    """Print the engines of this machine: what was chosen, how fast, how exact, and whether they still fit."""
    from facesdk.engines.build import choice_of
    from facesdk.engines.machine import open_library, read_machine
    from facesdk.engines.sidecar import read_sidecar
    from facesdk.engines.store import damage, list_engines, sidecar_path, store_folder

    try:
        machine = read_machine(open_library())
    except BackendUnavailable as error:
        machine = None
        print(f"TensorRT cannot be used: {error}")
    store = store_folder()
    found = list_engines(store)
    print(f"{len(found)} engine(s) in {store}")
    for engine in found:
        sidecar = read_sidecar(sidecar_path(engine))
        if sidecar is None:
            print(f"{engine.stem}: damaged: its JSON is missing or cannot be read")
            continue
        changed = machine.differences(sidecar.machine) if machine is not None else []
        state = damage(engine, sidecar) or (f"stale: {'; '.join(changed)}" if changed else "fits")
        print(f"{engine.stem}: {state if machine is not None else state.replace('fits', 'whole')}")
        chosen, built = sidecar.chosen, sidecar.machine
        parity = ", ".join(f"{name} {value:.2g}" for name, value in chosen.parity.items())
        print(f"  choice    {choice_of(sidecar)}")
        print(f"  built     {sidecar.built}, {chosen.build_seconds:g} s, {sidecar.engine_bytes / 1e6:.2f} MB")
        print(f"  parity    {parity}")
        print(f"  machine   {built.product} {built.tensorrt}, CUDA {built.cuda}, {built.gpu}")


@engines.command()
def doctor() -> None:
    """Print what TensorRT needs, what was found of it and what to do, in one screen."""
    from facesdk.engines.doctor import diagnose
    from facesdk.engines.jetpack import JETPACKS

    rows, problem = diagnose()
    for part, state in rows:
        print(f"{part:<10}{state}")
    print(f"\n{'JetPack':<9}{'Linux':<7}{'boards':<27}{'TensorRT':<25}note")
    for one in JETPACKS:
        print(f"{one.name:<9}{f'R{one.release}':<7}{one.boards:<27}{one.tensorrt:<25}{one.note}")
    if problem:
        raise BackendUnavailable(problem)
    print("\nTensorRT can be used: facesdk engines build, then Options(backend='tensorrt')")
