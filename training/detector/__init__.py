"""The face detector: data, network, training, export (the run-time side is facesdk/detect.py)."""
