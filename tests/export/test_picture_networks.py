# ruff: noqa: E402 (torch is optional: the file is skipped before its imports where torch is absent)
"""N_mask, N_cont, N_syn as ONNX and as plans: depthwise convolutions before a join, upsampling, maps out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxslim")

from safetensors.torch import save_file

from export.int8_engine.compile_plan import compile_plan
from export.int8_engine.network_graph import attributes
from export.int8_engine.plan_file import write_plan
from export.mask import Quarters
from export.onnx.pictures_to_onnx import export_picture_network
from export.onnx.simplify import simplify
from export.onnx.split_depthwise import split_depthwise
from export.onnx.to_onnx import smooth_crops
from export.picture_networks import SessionNetwork, export_plan
from export.quantization.static_quantization import quantize_maps
from facesdk.errors import InvalidArray
from facesdk.inference import open_session
from facesdk.inference.engine import PixelSession
from facesdk.inference.int8_engine import NativeSession, load_network
from tests.nn.graph_file import KERNELS
from training.loop.checkpoint import load_weights, write
from training.networks.blocks import ConvNorm
from training.networks.completion_net import CompletionNet
from training.networks.contour_net import ContourNet
from training.networks.mask_net import MaskNet, Separable

torch.set_num_threads(1)
SIDE = 64


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.manual_seed(3)
    made = MaskNet((16, 32, 48), (1, 1, 1), (16, 32))
    for seed in range(3):
        made(torch.from_numpy(smooth_crops(8, SIDE, seed)))  # norms take in statistics
    return made.eval()


@pytest.fixture(scope="module")
def files(network: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """ONNX and plan."""
    path = tmp_path_factory.mktemp("mask") / "net.onnx"
    assert export_picture_network(Quarters(network), path, SIDE, 3, "mask", {"version": "1.2"}) < 1e-4
    plan = path.with_suffix(".plan")
    write_plan(compile_plan(*quantize_maps(onnx.load(str(path)), smooth_crops(32, SIDE, 2))), plan)
    return path, plan


def test_both_files_give_the_network_s_maps_pixel_by_pixel(
    network: torch.nn.Module, files: tuple[Path, Path]
) -> None:
    crops = np.round(smooth_crops(4, SIDE, 7) * 255) / np.float32(255)
    with torch.no_grad():
        expected = network.quarters(torch.from_numpy(crops)).permute(0, 2, 3, 1).numpy()
    exact = open_session(files[0]).run(crops)["mask"]
    eight = open_session(files[1], "native").run(crops)["mask"]
    assert exact.shape == eight.shape == (4, SIDE // 2, SIDE // 2, 4)
    np.testing.assert_allclose(exact, expected, atol=1e-4)
    assert np.abs(eight - expected).mean() < 0.05 * expected.std()
    again = SessionNetwork(files[1], "mask")(torch.from_numpy(crops)).permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(again, eight)


@pytest.mark.parametrize("kernels", KERNELS)
def test_every_kernel_family_gives_the_bits_of_the_reference(files: tuple[Path, Path], kernels: str) -> None:
    crops = smooth_crops(2, SIDE, 8)
    exact, given = (NativeSession(files[1], kernels=name).run(crops) for name in ("reference", kernels))
    np.testing.assert_array_equal(given["mask"], exact["mask"])


@pytest.mark.parametrize(("kind", "channels", "outputs"), [(ContourNet, 3, 1), (CompletionNet, 4, 3)])
def test_generators_survive_eight_bits(
    kind: type[torch.nn.Module], channels: int, outputs: int, tmp_path: Path
) -> None:
    torch.manual_seed(5)
    network = kind()

    def pictures(count: int, seed: int) -> np.ndarray:
        colours = smooth_crops(2 * count, SIDE, seed)
        joined = np.concatenate([colours[:count], colours[count:]], 1)[:, :channels]
        return np.ascontiguousarray(np.round(joined * 255) / np.float32(255))

    for seed in range(3):
        network(torch.from_numpy(pictures(8, seed)))
    network.eval()
    given = pictures(4, 9)
    with torch.no_grad():
        expected = network(torch.from_numpy(given)).permute(0, 2, 3, 1).numpy()
    path = tmp_path / "net.onnx"
    assert export_picture_network(network, path, SIDE, channels, "picture", {"version": "1"}) < 1e-4
    plan = export_plan(path, pictures(32, 4))
    eight = open_session(plan, "native").run(given)["picture"]
    assert eight.shape == (4, SIDE, SIDE, outputs)
    assert np.abs(eight - expected).mean() < 0.05 * expected.std()
    for kernels in KERNELS:
        other = NativeSession(plan, kernels=kernels).run(given)["picture"]
        np.testing.assert_array_equal(other, eight)
    # The engine hands other runtimes bytes: the fourth is read where the network has four channels.
    session = PixelSession(open_session(path), "net.onnx", "onnxruntime")
    bytes_ = np.zeros((4, SIDE, SIDE, 4), np.uint8)
    bytes_[..., :channels] = np.rint(given.transpose(0, 2, 3, 1) * 255)
    np.testing.assert_allclose(session.run(bytes_)[0], expected, atol=1e-4)


@pytest.mark.parametrize(("kind", "channels", "outputs"), [(ContourNet, 3, 1), (CompletionNet, 4, 3)])
def test_the_paper_s_presets_export(
    kind: type[torch.nn.Module], channels: int, outputs: int, tmp_path: Path
) -> None:
    path = tmp_path / "net.onnx"
    assert export_picture_network(kind("paper"), path, SIDE, channels, "picture", {"version": "1"}) < 1e-3
    given = np.concatenate([smooth_crops(1, SIDE, 1), smooth_crops(1, SIDE, 2)], 1)[:, :channels]
    assert open_session(path).run(np.ascontiguousarray(given))["picture"].shape == (1, SIDE, SIDE, outputs)


def test_pictures_of_two_channels_are_refused(files: tuple[Path, Path]) -> None:
    network, _ = load_network(files[1])
    with pytest.raises(InvalidArray, match="3 or 4 channels"):
        network.prepare(SIDE, SIDE).predict(np.zeros((1, SIDE, SIDE, 2), np.uint8))


def test_files_describe_themselves(files: tuple[Path, Path]) -> None:
    for path, backend in zip(files, ("onnxruntime", "native"), strict=True):
        session = open_session(path, backend)
        assert json.loads(session.metadata["facesdk"]) == {
            "input_size": SIDE,
            "channels": 3,
            "version": "1.2",
        }
        assert session.side == SIDE


class Joined(torch.nn.Module):
    """A decoder's step that joins an upsampled map with a finer one before a depthwise convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.fine, self.coarse = ConvNorm(3, 16, 3, stride=2), ConvNorm(16, 32, 3, stride=2)
        self.joined, self.last = Separable(48, 16), torch.nn.Conv2d(16, 1, 1)

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        fine = self.fine(crops)
        coarse = torch.nn.functional.interpolate(self.coarse(fine), scale_factor=2.0, mode="nearest")
        return self.last(self.joined(torch.cat([coarse, fine], 1)))


def test_a_depthwise_convolution_of_joined_maps_becomes_one_for_each(tmp_path: Path) -> None:
    torch.manual_seed(5)
    network = Joined()
    for seed in range(3):
        network(torch.from_numpy(smooth_crops(8, SIDE, seed)))
    path, plan = tmp_path / "joined.onnx", tmp_path / "joined.plan"
    export_picture_network(network.eval(), path, SIDE, 3, "maps", {"version": "1"})
    model = simplify(onnx.load(str(path)))
    split = split_depthwise(model)

    def joined(graph: onnx.GraphProto) -> list[str]:
        makers = {name: node for node in graph.node for name in node.output}
        return [
            node.name for node in graph.node
            if attributes(node).get("group", 1) > 1 and node.input[0] in makers
            and makers[node.input[0]].op_type == "Concat"
        ]  # fmt: skip

    assert len(joined(model.graph)) == 1
    assert not joined(split.graph)
    write_plan(compile_plan(*quantize_maps(onnx.load(str(path)), smooth_crops(32, SIDE, 2))), plan)
    crops = np.round(smooth_crops(4, SIDE, 7) * 255) / np.float32(255)
    expected = open_session(path).run(crops)["maps"]
    eight = open_session(plan, "native").run(crops)["maps"]
    assert np.abs(eight - expected).mean() < 0.05 * expected.std()


def test_a_network_whose_output_is_channel_by_channel_is_refused() -> None:
    weights = onnx.numpy_helper.from_array(np.ones((16, 3, 1, 1), np.float32), "w")
    info = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Conv", ["picture", "w"], ["maps"], name="last")],
        "net",
        [info("picture", onnx.TensorProto.FLOAT, [1, 3, 8, 8])],
        [info("maps", onnx.TensorProto.FLOAT, [1, 16, 8, 8])],
        [weights],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    with pytest.raises(ValueError, match="maps: an output channel by channel"):
        compile_plan(model, model)


def test_weights_are_read_from_a_checkpoint_or_alone(network: torch.nn.Module, tmp_path: Path) -> None:
    write(tmp_path / "last.safetensors", MaskNet((16, 32, 48), (1, 1, 1), (16, 32)), network, None, {})
    save_file({k: v.contiguous() for k, v in network.state_dict().items()}, tmp_path / "alone.safetensors")
    wanted = network.state_dict()
    for name in ("last", "alone"):
        given = load_weights(tmp_path / f"{name}.safetensors")
        assert set(given) == set(wanted)
        assert all(torch.equal(given[k], wanted[k]) for k in wanted)
