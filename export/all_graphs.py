"""Every shipped network as graphs for TensorRT, each compared with torch on photos; the manifest last."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import onnx
import torch
from tqdm import tqdm

from benchmarks.evaluation_sets import Case, cases, thinned
from export.activations import Headroom, scan_activations
from export.chain import Chain, network_inputs
from export.compare import Comparison, chain_nme, compare_chains, compare_outputs
from export.graph_manifest import NAME, print_parity, write_graph_manifest
from export.manifest import ASSETS
from export.networks import ShippedNetwork
from export.onnx.device_graph import describe, device_graph, fix_sizes
from export.photos import read_photos, sample_variants, training_photos
from export.quantization.symmetric_qdq import quantize_variants
from export.tensorrt.operators import check_operators, dla_fallbacks
from facesdk.core.arrays import FloatArray, Picture

SUFFIXES = {
    "fp32": ".onnx",
    "fp16": ".fp16.onnx",
    "int8": ".int8.onnx",
    "int8_depthwise_fp16": ".int8_depthwise_fp16.onnx",
    "fp32_fixed": ".fixed.onnx",
}
CHAIN_PHOTOS = 30  # of the comparison that go through the whole chain, for each graph
MOVES_LANDMARKS = ("regressor", "detector")  # networks whose NME is measured
Graphs = dict[str, onnx.ModelProto]


class Photos:
    """Photos in three parts: the ranges come from one, the comparison from the other, the scan from both."""

    def __init__(self, data: Path, count: int, labelled: int) -> None:
        train, evaluation = data / "train", data / "eval"
        self.paths = training_photos(train, count) if train.is_dir() else []
        self.labelled: list[Case] = []
        if (evaluation / "aflw2000_aligned").is_dir():
            self.labelled = list(thinned(cases(evaluation, ("aflw2000_aligned",)), labelled))
        self.count = len(self.paths) or count
        source = (
            "training photos" if self.paths else "variants of the bundled photo, no training photos found"
        )
        self.origin = {"photos": self.count, "source": source, "labelled_faces": len(self.labelled)}

    def ranges(self) -> Iterator[Picture]:
        """Those that give ranges."""
        return read_photos(self.paths[0::2]) if self.paths else sample_variants(self.count // 2, 0)

    def comparison(self) -> Iterator[Picture]:
        """Those that graphs are compared on."""
        return read_photos(self.paths[1::2]) if self.paths else sample_variants(self.count // 2, 1)


def export_all(networks: list[ShippedNetwork], out: Path, data: Path, count: int, labelled: int) -> None:
    """Write the graphs of networks, compare them, write graphs.json.

    Args:
        networks: shipped ones.
        out: folder; its graphs.json is removed first and written last.
        data: folder with train/ and eval/; without it variants of the bundled photo are taken.
        count: photos, half of them for ranges.
        labelled: faces of the labelled set for NME.

    Raises:
        SystemExit: a graph is outside its limits; graphs.json is not written.
    """
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    (out / NAME).unlink(missing_ok=True)
    photos = Photos(data, count, labelled)
    print(", ".join(f"{name} {value}" for name, value in photos.origin.items()))
    ranges, compared = network_inputs(photos.ranges()), network_inputs(photos.comparison())
    files: dict[str, tuple[str, str]] = {}
    rows: list[Comparison] = []
    headroom: dict[str, Headroom] = {}
    for network in tqdm(networks, desc="networks"):
        given, seen = ranges[network.role], compared[network.role]
        graphs = network_graphs(network, given)
        headroom[network.name] = scan_activations(graphs["fp32"], graphs["fp16"], given + seen)
        for precision, model in graphs.items():
            check_operators(model)
            name = f"{network.name}{SUFFIXES[precision]}"
            onnx.save(model, str(out / name))
            files[name] = (network.name, precision)
        fallbacks = sum(dla_fallbacks(graphs["fp32_fixed"]).values())
        tqdm.write(f"{network.name}: {len(graphs['fp32'].graph.node)} nodes, {fallbacks} of them not for DLA")
        rows += compare_network(network, out, seen, photos)
    print_parity(rows, headroom)
    try:
        path = write_graph_manifest(out, files, rows, headroom, photos.origin)
    except ValueError as error:
        raise SystemExit(f"not exported: {error}") from error
    print(f"{path.name}: {len(files)} graphs")


def network_graphs(network: ShippedNetwork, given: list[FloatArray]) -> Graphs:
    """Make all graphs of a network; `given` are the batches that give ranges."""
    graphs: Graphs = {}
    for precision, half in (("fp32", False), ("fp16", True)):
        form, example = network.make(ASSETS, half), torch.zeros(1, *network.shape)
        model = device_graph(form, example, network.input, network.outputs, dict(network.free))
        describe(model, ASSETS / network.asset)
        graphs[precision] = model
    graphs["fp32_fixed"] = fix_sizes(graphs["fp32"], (1, *network.shape))
    graphs["int8"], graphs["int8_depthwise_fp16"] = quantize_variants(graphs["fp32"], given, network.precise)
    return graphs


def compare_network(
    network: ShippedNetwork, folder: Path, seen: list[FloatArray], photos: Photos
) -> list[Comparison]:
    """Compare the graphs of a network in `folder`; `seen` are batches of other photos than the ranges'."""
    single, half = network.make(ASSETS, False), network.make(ASSETS, True)
    rows = [compare_outputs(network, "fp16", None, half, single, seen)]
    pictures = list(islice(photos.comparison(), CHAIN_PHOTOS))
    shipped = Chain({network.role: ASSETS / network.asset})
    exact = [shipped.faces(picture) for picture in pictures]
    for precision, suffix in SUFFIXES.items():
        path = folder / f"{network.name}{suffix}"
        if precision == "fp32_fixed":  # the chain gives other batches and sizes
            fixed = [fit_shape(batch[:1], network.shape) for batch in seen]
            rows.append(compare_outputs(network, precision, path, half, single, fixed))
            continue
        row = compare_outputs(network, precision, path, half, single, seen)
        chain = Chain({network.role: path})
        row.chain = compare_chains(chain, exact, pictures)
        if network.role in MOVES_LANDMARKS and photos.labelled:
            row.nme = chain_nme(chain, photos.labelled)
        rows.append(row)
    return rows


def fit_shape(batch: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Cut or pad inputs (N, ...) with zeros at their ends to (N, *shape)."""
    kept = batch[tuple(slice(0, side) for side in (len(batch), *shape))]
    missing = [(0, side - have) for side, have in zip((len(batch), *shape), kept.shape, strict=True)]
    return np.ascontiguousarray(np.pad(kept, missing))
