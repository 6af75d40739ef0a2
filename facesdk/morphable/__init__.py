"""Morphable face models: the bundled one, BFM, their packed shapes and albedo."""
