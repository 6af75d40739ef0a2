"""From a training checkpoint to the bundled networks; the steps in order."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import onnx
import typer

from benchmarks.data_folder import DATA
from export import manifest as manifests
from export.int8_engine.compile_plan import compile_plan
from export.int8_engine.plan_file import write_plan

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
REGRESSOR = manifests.ASSETS / "mobile_facernet.onnx"
MASK = manifests.ASSETS / "mask_net.onnx"
EYES = manifests.ASSETS / "eyes.safetensors"
CONTOUR = manifests.ASSETS / "contour_net.onnx"
COMPLETION = manifests.ASSETS / "completion_net.onnx"

Network = Annotated[Path, typer.Option(help="float32 ONNX file")]
Shards = Annotated[Path, typer.Option(help="folder of shard_*.npz, made by the training")]
Occluders = Annotated[Path, typer.Option(help="what `pack-occluders` of the training wrote")]


@app.command("all")
def all_graphs(
    out: Annotated[Path, typer.Option(help="folder of the graphs")] = Path("build") / "graphs",
    data: Annotated[
        Path, typer.Option(help="folder with train/ and eval/; default FACESDK_DATA")
    ] = DATA.parent,
    photos: Annotated[int, typer.Option(help="half of them give int8 ranges")] = 200,
    labelled: Annotated[int, typer.Option(help="faces of eval/aflw2000_aligned for NME")] = 100,
) -> None:
    """0. Every shipped network as float32, float16 and int8 graphs for TensorRT, compared with torch."""
    from export.all_graphs import export_all
    from export.networks import shipped_networks

    export_all(shipped_networks(), out, data, photos, labelled)


@app.command("engine-table")
def engine_table(
    graphs: Annotated[Path, typer.Option(help="folder that `all` wrote")] = Path("build") / "graphs",
    json: Annotated[Path | None, typer.Option(help="also write the table here")] = None,
) -> None:
    """9. Build every graph by TensorRT-RTX ahead of time, without a GPU, and print time and size."""
    from export.networks import shipped_networks
    from export.tensorrt import rtx_engines

    try:
        rows = rtx_engines.engine_table(graphs, [network.name for network in shipped_networks()])
    except ImportError as error:
        raise SystemExit(str(error)) from error
    rtx_engines.print_engines(rows)
    if json is not None:
        rtx_engines.write_engines(rows, json)


@app.command("to-onnx")
def to_onnx(
    checkpoint: Annotated[Path, typer.Option(help="of the training; its averaged weights are taken")],
    out: Annotated[Path, typer.Option()] = REGRESSOR,
    version: Annotated[str, typer.Option()] = "0.1.0",
    tolerance: Annotated[float, typer.Option(help="largest difference from torch")] = 1e-3,
) -> None:
    """1. Export the regressor of a checkpoint to ONNX; refused where ONNX Runtime and torch differ."""
    import torch

    from export.onnx.to_onnx import export_network, largest_difference
    from training.reconstruction.checkpoints import load_average

    torch.set_num_threads(1)
    network = load_average(checkpoint)
    candidate = out.with_suffix(".new")
    export_network(network, candidate, version)
    difference = largest_difference(network, candidate)
    print(f"largest difference from torch: {difference:.2e} (bound {tolerance:.0e})")
    if difference > tolerance:
        candidate.unlink()
        raise SystemExit("not exported: ONNX Runtime and torch disagree")
    candidate.replace(out)
    print(f"{out.name}: {out.stat().st_size / 1e6:.2f} MB")


@app.command()
def quantize(
    network: Network,
    shards: Shards,
    out: Annotated[Path, typer.Option(help="QDQ ONNX file; the .plan is written beside it")],
    crops: Annotated[int, typer.Option(help="training crops that give the ranges")] = 384,
    tolerance: Annotated[float, typer.Option(help="largest loss of NME, in points")] = 0.05,
) -> None:
    """2. Quantise the regressor: QDQ ONNX for other runtimes, .plan for our int8 engine; measure the loss."""
    from export.parity import HeldOut, print_parity
    from export.quantization.bias_correction import correct_biases
    from export.quantization.calibration import training_crops
    from export.quantization.static_quantization import quantize_regressor

    model = onnx.load(str(network))
    size = model.graph.input[0].type.tensor_type.shape.dim[2].dim_value
    calibration = training_crops(shards, size, crops)
    prepared, quantised = quantize_regressor(model, calibration)
    out.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(quantised, str(out))
    plan, plan_path = compile_plan(prepared, quantised), out.with_suffix(".plan")
    write_plan(plan, plan_path)
    correct_biases(plan, plan_path, network, calibration)
    write_plan(plan, plan_path)
    lost = print_parity(HeldOut(shards, size), network, [out, plan_path])
    _ship(max(lost.values()) <= tolerance)


@app.command("quantize-detector")
def quantize_detector(
    network: Network,
    pack: Annotated[Path, typer.Option(help="folder of the detector's packed training pictures")],
    out: Annotated[Path, typer.Option(help=".plan file")],
    scenes: Annotated[int, typer.Option(help="training scenes that give the ranges, and as many faces")] = 48,
) -> None:
    """3. Quantise the detector: .plan for our int8 engine."""
    from export.quantization import static_quantization
    from export.quantization.calibration import training_scenes

    pictures = training_scenes(pack, scenes)
    write_plan(compile_plan(*static_quantization.quantize_detector(onnx.load(str(network)), pictures)), out)
    print(f"{out.name}: {out.stat().st_size / 1e3:.0f} kB")


@app.command("eyes-to-onnx")
def eyes_to_onnx(
    layers: Annotated[Path, typer.Option(help="dense layers, by python -m training eyes")] = EYES,
    version: Annotated[str, typer.Option()] = "0.5.0",
) -> None:
    """4. Write the eye-closure network as ONNX beside its dense layers, for other runtimes."""
    from export.onnx.eyes_to_onnx import TOLERANCE
    from export.onnx.eyes_to_onnx import eyes_to_onnx as write

    candidate = layers.with_suffix(".new")
    difference = write(layers, candidate, version)
    print(f"largest difference from NumPy: {difference:.2e} (bound {TOLERANCE:.0e})")
    if not difference <= TOLERANCE:
        candidate.unlink()
        raise SystemExit("not exported: ONNX Runtime and NumPy disagree")
    candidate.replace(layers.with_suffix(".onnx"))


@app.command()
def mask(
    weights: Annotated[Path, typer.Option(help="mask_net.safetensors or a checkpoint of `train-mask`")],
    shards: Shards,
    occluders: Occluders,
    out: Annotated[Path, typer.Option(help="ONNX file; the .plan is written beside it")] = MASK,
    version: Annotated[str, typer.Option()] = "0.1.0",
    crops: Annotated[int, typer.Option(help="training crops that give the ranges")] = 384,
    tolerance: Annotated[float, typer.Option(help="largest loss of IoU")] = 0.01,
) -> None:
    """4. Export N_mask: ONNX compared with torch, .plan for our int8 engine; measure the loss."""
    from export.mask import export_mask

    _ship(export_mask(weights, shards, occluders, out, version, crops) <= tolerance)


@app.command()
def contour(
    weights: Annotated[Path, typer.Option(help="contour_net.safetensors or a checkpoint of `train-contour`")],
    shards: Shards,
    occluders: Occluders,
    out: Annotated[Path, typer.Option(help="ONNX file; the .plan is written beside it")] = CONTOUR,
    version: Annotated[str, typer.Option()] = "0.1.0",
    crops: Annotated[int, typer.Option(help="training crops that give the ranges")] = 384,
    tolerance: Annotated[float, typer.Option(help="largest loss of precision or recall")] = 0.02,
) -> None:
    """5. Export N_cont: ONNX compared with torch, .plan for our int8 engine; measure the loss."""
    from export.completion import export_contour

    _ship(export_contour(weights, shards, occluders, out, version, crops) <= tolerance)


@app.command()
def completion(
    weights: Annotated[
        Path, typer.Option(help="completion_net.safetensors or a checkpoint of `train-completion`")
    ],
    contours: Annotated[Path, typer.Option(help="weights of N_cont, as for `contour`")],
    shards: Shards,
    occluders: Occluders,
    out: Annotated[Path, typer.Option(help="ONNX file; the .plan is written beside it")] = COMPLETION,
    version: Annotated[str, typer.Option()] = "0.1.0",
    crops: Annotated[int, typer.Option(help="training crops that give the ranges")] = 384,
    tolerance: Annotated[float, typer.Option(help="largest loss of PSNR, dB")] = 0.3,
) -> None:
    """6. Export N_syn: ONNX compared with torch, .plan for our int8 engine; measure the loss."""
    from export.completion import export_completion

    _ship(export_completion(weights, contours, shards, occluders, out, version, crops) <= tolerance)


def _ship(good: bool) -> None:
    if not good:
        raise SystemExit("quantization loses too much; the files are written but should not be shipped")


@app.command()
def parity(
    network: Network,
    shards: Shards,
    quantised: Annotated[list[Path], typer.Argument(help="QDQ ONNX or .plan files")],
) -> None:
    """7. Measure what quantised files lose against float32, on held-out training crops."""
    from export.parity import HeldOut, print_parity

    size = onnx.load(str(network)).graph.input[0].type.tensor_type.shape.dim[2].dim_value
    print_parity(HeldOut(shards, size), network, quantised)


@app.command()
def manifest(
    assets: Annotated[Path, typer.Option()] = manifests.ASSETS,
    check: Annotated[bool, typer.Option("--check", help="write nothing; exit 1 where it is stale")] = False,
) -> None:
    """8. Write manifest.json of the bundled assets: sizes, hashes, words of export/provenance.toml."""
    if check:
        current = manifests.is_current(assets)
        print(f"manifest.json is {'up to date' if current else 'out of date: python -m export manifest'}")
        raise typer.Exit(0 if current else 1)
    manifests.write_manifest(assets)
    print(manifests.manifest_text(assets), end="")


if __name__ == "__main__":
    app()
