"""Every figure of the project; docs/benchmarks.md describes what each command measures."""

from __future__ import annotations

import typer

from benchmarks.aarch64.run import aarch64
from benchmarks.accuracy.contact_sheet import contact_sheet
from benchmarks.accuracy.head_scan import head_scan
from benchmarks.accuracy.run import accuracy
from benchmarks.compare_results import compare_results, store_results
from benchmarks.detector.run import detector
from benchmarks.occlusion.run import occlusion
from benchmarks.occlusion.sheet import occlusion_sheet
from benchmarks.peers.run import peers
from benchmarks.speed.run import speed
from benchmarks.video.frame_times import video

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command("accuracy")(accuracy)
app.command("detector")(detector)
app.command("occlusion")(occlusion)
app.command("occlusion-sheet")(occlusion_sheet)
app.command("head-scan")(head_scan)
app.command("contact-sheet")(contact_sheet)
app.command("speed")(speed)
app.command("peers")(peers)
app.command("video")(video)
app.command("aarch64")(aarch64)
app.command("store-results")(store_results)
app.command("compare-results")(compare_results)

if __name__ == "__main__":
    app()
