"""Renderings of the mesh and overlays on the picture."""
