// A test double of the CUDA driver: memory is the host's, a stream runs at once or records a graph.
// FAKE_CUDA_INIT: what cuInit returns. FAKE_CUDA_DEVICE: the device's name. FAKE_CUDA_FREE: free bytes.
// FAKE_CUDA_CAPTURE: "0" refuses captures. FAKE_CUDA_TRACE: a file to which the calls that matter are
// written.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace {

using Work = std::function<void()>;
using Graph = std::vector<Work>;

struct Stream {
  Graph recorded;
  bool capturing = false;
};

std::string setting(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

int put(Stream* stream, Work work) {
  if (stream->capturing) {
    stream->recorded.push_back(std::move(work));
  } else {
    work();
  }
  return 0;
}

void trace(const char* call) {
  const char* const path = std::getenv("FAKE_CUDA_TRACE");
  if (path == nullptr) return;
  std::FILE* const file = std::fopen(path, "a");
  std::fprintf(file, "%s\n", call);
  std::fclose(file);
}

}  // namespace

extern "C" {

// For the fake of TensorRT, which has kernels to put on a stream.
void fake_cuda_put(void* stream, void (*work)(void*), void* argument) {
  put(static_cast<Stream*>(stream), [=] { work(argument); });
}

int cuInit(unsigned) { return std::atoi(setting("FAKE_CUDA_INIT", "0").c_str()); }
int cuDriverGetVersion(int* version) { return *version = 12060, 0; }
int cuGetErrorString(int, const char** text) { return *text = "a fake error", 0; }
int cuDeviceGetCount(int* count) { return *count = 1, 0; }
int cuDeviceGet(int* device, int) { return *device = 0, 0; }
int cuDeviceGetName(char* out, int size, int) {
  return std::snprintf(out, static_cast<size_t>(size), "%s",
                       setting("FAKE_CUDA_DEVICE", "Fake Orin").c_str()),
         0;
}
int cuDeviceGetAttribute(int* value, int name, int) {
  return *value = name == 75 ? 8 : name == 76 ? 7 : 8, 0;
}
int cuDevicePrimaryCtxRetain(void** context, int) { return *context = new int, 0; }
int cuCtxSetCurrent(void*) { return 0; }
int cuMemGetInfo_v2(size_t* free_bytes, size_t* total) {
  *free_bytes = std::strtoull(setting("FAKE_CUDA_FREE", "4000000000").c_str(), nullptr, 10);
  return *total = size_t{8} << 30, 0;
}
int cuMemAlloc_v2(unsigned long long* out, size_t size) {
  return *out = reinterpret_cast<unsigned long long>(std::malloc(size)), 0;
}
int cuMemFree_v2(unsigned long long pointer) { return std::free(reinterpret_cast<void*>(pointer)), 0; }
int cuMemAllocHost_v2(void** out, size_t size) { return *out = std::malloc(size), 0; }
int cuMemFreeHost(void* pointer) { return std::free(pointer), 0; }
int cuMemcpyHtoDAsync_v2(unsigned long long to, const void* from, size_t size, void* stream) {
  return put(static_cast<Stream*>(stream), [=] { std::memcpy(reinterpret_cast<void*>(to), from, size); });
}
int cuMemcpyDtoHAsync_v2(void* to, unsigned long long from, size_t size, void* stream) {
  return put(static_cast<Stream*>(stream), [=] { std::memcpy(to, reinterpret_cast<void*>(from), size); });
}
int cuMemcpyDtoH_v2(void* to, unsigned long long from, size_t size) {
  return std::memcpy(to, reinterpret_cast<void*>(from), size), 0;
}
int cuStreamCreate(void** out, unsigned) { return *out = new Stream, 0; }
int cuStreamDestroy_v2(void* stream) { return delete static_cast<Stream*>(stream), 0; }
int cuStreamSynchronize(void* stream) {
  if (reinterpret_cast<size_t>(stream) <= 2) return trace("cuStreamSynchronize of a default stream"), 0;
  return static_cast<Stream*>(stream)->capturing ? 900 : 0;
}
int cuStreamBeginCapture_v2(void* stream, int) {
  if (setting("FAKE_CUDA_CAPTURE", "1") == "0") return 801;
  return static_cast<Stream*>(stream)->capturing = true, 0;
}
int cuStreamEndCapture(void* stream, void** graph) {
  auto* const of = static_cast<Stream*>(stream);
  of->capturing = false;
  *graph = new Graph(std::move(of->recorded));
  return of->recorded.clear(), 0;
}
int cuGraphInstantiateWithFlags(void** launch, void* graph, unsigned long long) {
  trace("cuGraphInstantiateWithFlags");
  return *launch = new Graph(*static_cast<Graph*>(graph)), 0;
}
int cuGraphDestroy(void* graph) { return delete static_cast<Graph*>(graph), 0; }
int cuGraphExecDestroy(void* graph) { return delete static_cast<Graph*>(graph), 0; }
int cuGraphLaunch(void* graph, void*) {
  trace("cuGraphLaunch");
  for (const Work& work : *static_cast<Graph*>(graph)) work();
  return 0;
}

}  // extern "C"
