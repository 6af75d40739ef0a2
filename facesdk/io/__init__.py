"""Pictures in; GLB, OBJ, PLY and JSON out."""
