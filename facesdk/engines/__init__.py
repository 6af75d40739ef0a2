"""TensorRT engines: built where they run, compared with ONNX Runtime, kept with their origin."""
