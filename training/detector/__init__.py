"""The face detector: data, network, loss, training, export; the run-time side is facesdk/detect.py."""
