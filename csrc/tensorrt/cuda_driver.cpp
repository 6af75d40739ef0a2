#include "tensorrt/cuda_driver.h"

#if defined(_WIN32)
#error "TensorRT is opened by dlopen"
#endif
#include <dlfcn.h>

#include <string>

#include "common/error.h"

namespace facesdk::tensorrt {
namespace {

constexpr const char* kDriver = "libcuda.so.1";
constexpr int kCapabilityMajor = 75, kCapabilityMinor = 76, kMultiprocessors = 16;  // CUdevice_attribute
constexpr int kThreadLocalCapture = 1;  // other threads may allocate meanwhile

// Of the driver's C API, by the names of its current versions.
struct Calls {
  int (*cuInit)(unsigned);
  int (*cuDriverGetVersion)(int*);
  int (*cuGetErrorString)(int, const char**);
  int (*cuDeviceGetCount)(int*);
  int (*cuDeviceGet)(int*, int);
  int (*cuDeviceGetName)(char*, int, int);
  int (*cuDeviceGetAttribute)(int*, int, int);
  int (*cuDevicePrimaryCtxRetain)(void**, int);
  int (*cuCtxSetCurrent)(void*);
  int (*cuMemGetInfo_v2)(size_t*, size_t*);
  int (*cuMemAlloc_v2)(DevicePointer*, size_t);
  int (*cuMemFree_v2)(DevicePointer);
  int (*cuMemAllocHost_v2)(void**, size_t);
  int (*cuMemFreeHost)(void*);
  int (*cuMemcpyHtoDAsync_v2)(DevicePointer, const void*, size_t, Stream);
  int (*cuMemcpyDtoHAsync_v2)(void*, DevicePointer, size_t, Stream);
  int (*cuMemcpyDtoH_v2)(void*, DevicePointer, size_t);
  int (*cuStreamCreate)(Stream*, unsigned);
  int (*cuStreamDestroy_v2)(Stream);
  int (*cuStreamSynchronize)(Stream);
  int (*cuStreamBeginCapture_v2)(Stream, int);
  int (*cuStreamEndCapture)(Stream, void**);
  int (*cuGraphInstantiateWithFlags)(LaunchGraph*, void*, unsigned long long);
  int (*cuGraphDestroy)(void*);
  int (*cuGraphExecDestroy)(LaunchGraph);
  int (*cuGraphLaunch)(LaunchGraph, Stream);
};

Calls calls;  // filled by the one CudaDriver

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorCode::kBackendUnavailable, why); }

// A driver older than a call lacks it; the calls of graphs alone may be missing.
template <typename F>
void find(void* library, const char* name, F* out, bool required = true) {
  *out = reinterpret_cast<F>(dlsym(library, name));
  if (*out == nullptr && required) {
    refuse(std::string("the NVIDIA driver is too old: it has no ") + name + "; update it");
  }
}

void find_all(void* driver) {
#define FACESDK_FIND(name) find(driver, #name, &calls.name)
  FACESDK_FIND(cuInit), FACESDK_FIND(cuDriverGetVersion), FACESDK_FIND(cuGetErrorString);
  FACESDK_FIND(cuDeviceGetCount), FACESDK_FIND(cuDeviceGet), FACESDK_FIND(cuDeviceGetName);
  FACESDK_FIND(cuDeviceGetAttribute), FACESDK_FIND(cuDevicePrimaryCtxRetain), FACESDK_FIND(cuCtxSetCurrent);
  FACESDK_FIND(cuMemGetInfo_v2), FACESDK_FIND(cuMemAlloc_v2), FACESDK_FIND(cuMemFree_v2);
  FACESDK_FIND(cuMemAllocHost_v2), FACESDK_FIND(cuMemFreeHost), FACESDK_FIND(cuMemcpyHtoDAsync_v2);
  FACESDK_FIND(cuMemcpyDtoHAsync_v2), FACESDK_FIND(cuStreamCreate), FACESDK_FIND(cuStreamDestroy_v2);
  FACESDK_FIND(cuStreamSynchronize), FACESDK_FIND(cuMemcpyDtoH_v2);
#undef FACESDK_FIND
  find(driver, "cuStreamBeginCapture_v2", &calls.cuStreamBeginCapture_v2, false);
  find(driver, "cuStreamEndCapture", &calls.cuStreamEndCapture, false);
  find(driver, "cuGraphInstantiateWithFlags", &calls.cuGraphInstantiateWithFlags, false);
  find(driver, "cuGraphDestroy", &calls.cuGraphDestroy, false);
  find(driver, "cuGraphExecDestroy", &calls.cuGraphExecDestroy, false);
  find(driver, "cuGraphLaunch", &calls.cuGraphLaunch, false);
}

void check(int status, const char* call) {
  if (status == 0) return;
  const char* text = nullptr;
  if (calls.cuGetErrorString(status, &text) != 0 || text == nullptr) text = "unknown error";
  refuse(std::string("the NVIDIA driver: ") + call + " failed with " + std::to_string(status) + ", " + text);
}

int attribute(int name, int device) {
  int value = 0;
  check(calls.cuDeviceGetAttribute(&value, name, device), "cuDeviceGetAttribute");
  return value;
}

}  // namespace

const CudaDriver& CudaDriver::get() {
  static const CudaDriver driver;  // tried again at the next call where it throws
  return driver;
}

CudaDriver::CudaDriver() {
  void* const library = dlopen(kDriver, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    refuse(std::string("no NVIDIA driver on this machine (") + kDriver +
           " does not open); install one, in a container run it with --gpus all or --runtime nvidia");
  }
  find_all(library);
  check(calls.cuInit(0), "cuInit");
  int count = 0;
  check(calls.cuDeviceGetCount(&count), "cuDeviceGetCount");
  if (count == 0) refuse("the NVIDIA driver finds no device; see nvidia-smi and CUDA_VISIBLE_DEVICES");
  check(calls.cuDeviceGet(&device_, 0), "cuDeviceGet");
  check(calls.cuDevicePrimaryCtxRetain(&context_, device_), "cuDevicePrimaryCtxRetain");
}

void CudaDriver::use() const { check(calls.cuCtxSetCurrent(context_), "cuCtxSetCurrent"); }

DeviceFacts CudaDriver::facts() const {
  use();
  char name[256] = "";
  check(calls.cuDeviceGetName(name, sizeof(name), device_), "cuDeviceGetName");
  int driver = 0;
  check(calls.cuDriverGetVersion(&driver), "cuDriverGetVersion");
  size_t free_bytes = 0, total_bytes = 0;
  check(calls.cuMemGetInfo_v2(&free_bytes, &total_bytes), "cuMemGetInfo");
  return {name,
          attribute(kCapabilityMajor, device_),
          attribute(kCapabilityMinor, device_),
          attribute(kMultiprocessors, device_),
          driver,
          static_cast<int64_t>(total_bytes),
          static_cast<int64_t>(free_bytes)};
}

DevicePointer CudaDriver::allocate(int64_t bytes) const {
  DevicePointer pointer = 0;
  check(calls.cuMemAlloc_v2(&pointer, static_cast<size_t>(bytes)), "cuMemAlloc");
  return pointer;
}

void* CudaDriver::allocate_host(int64_t bytes) const {
  void* pointer = nullptr;
  check(calls.cuMemAllocHost_v2(&pointer, static_cast<size_t>(bytes)), "cuMemAllocHost");
  return pointer;
}

Stream CudaDriver::make_stream() const {
  constexpr unsigned kNonBlocking = 1;  // does not wait for the default stream
  Stream stream = nullptr;
  check(calls.cuStreamCreate(&stream, kNonBlocking), "cuStreamCreate");
  return stream;
}

void CudaDriver::upload(DevicePointer to, const void* from, int64_t bytes, Stream stream) const {
  check(calls.cuMemcpyHtoDAsync_v2(to, from, static_cast<size_t>(bytes), stream), "cuMemcpyHtoDAsync");
}

void CudaDriver::download(void* to, DevicePointer from, int64_t bytes, Stream stream) const {
  check(calls.cuMemcpyDtoHAsync_v2(to, from, static_cast<size_t>(bytes), stream), "cuMemcpyDtoHAsync");
}

void CudaDriver::copy_to_host(void* to, DevicePointer from, int64_t bytes) const {
  check(calls.cuMemcpyDtoH_v2(to, from, static_cast<size_t>(bytes)), "cuMemcpyDtoH");
}

void CudaDriver::synchronize(Stream stream) const {
  check(calls.cuStreamSynchronize(stream), "cuStreamSynchronize");
}

void CudaDriver::launch(LaunchGraph graph, Stream stream) const {
  check(calls.cuGraphLaunch(graph, stream), "cuGraphLaunch");
}

bool CudaDriver::begin_capture(Stream stream) const {
  if (calls.cuStreamBeginCapture_v2 == nullptr || calls.cuStreamEndCapture == nullptr ||
      calls.cuGraphInstantiateWithFlags == nullptr || calls.cuGraphDestroy == nullptr ||
      calls.cuGraphExecDestroy == nullptr || calls.cuGraphLaunch == nullptr) {
    return false;
  }
  return calls.cuStreamBeginCapture_v2(stream, kThreadLocalCapture) == 0;
}

LaunchGraph CudaDriver::end_capture(Stream stream, bool keep) const {
  void* graph = nullptr;
  if (calls.cuStreamEndCapture(stream, &graph) != 0 || graph == nullptr) return nullptr;
  LaunchGraph launch = nullptr;
  if (keep && calls.cuGraphInstantiateWithFlags(&launch, graph, 0) != 0) launch = nullptr;
  calls.cuGraphDestroy(graph);
  return launch;
}

void CudaDriver::free(DevicePointer pointer) const noexcept { calls.cuMemFree_v2(pointer); }
void CudaDriver::free_host(void* pointer) const noexcept { calls.cuMemFreeHost(pointer); }
void CudaDriver::free_stream(Stream stream) const noexcept { calls.cuStreamDestroy_v2(stream); }
void CudaDriver::free_graph(LaunchGraph graph) const noexcept { calls.cuGraphExecDestroy(graph); }

}  // namespace facesdk::tensorrt
