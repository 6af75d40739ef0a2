// The types of CUDA that TensorRT's headers name, so that the plugin is compiled without a CUDA toolkit: it
// calls nothing of CUDA's runtime.
#pragma once

typedef struct CUstream_st* cudaStream_t;
typedef struct CUevent_st* cudaEvent_t;
