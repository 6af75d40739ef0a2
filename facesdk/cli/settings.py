"""Help of the options that several commands have."""

BACKEND_HELP = "auto (the fastest that is installed), native, onnxruntime, openvino or tensorrt."
PRESET_HELP = "default, or tiny for small devices."
DEOCCLUDE_HELP = "off, auto (measure what covers each face; paint what much cover hides) or always."
MESH_HELP = "full, or control: the mesh before subdivision, a quarter of the vertices, without texture."
