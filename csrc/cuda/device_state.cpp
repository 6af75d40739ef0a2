#include "cuda/device_state.h"

#if defined(__linux__)
#include <dlfcn.h>
#endif

namespace facesdk {
namespace {

#if defined(FACESDK_CUDA_RELEASE) && defined(__linux__)
constexpr int kRelease = FACESDK_CUDA_RELEASE;  // with which the kernels were built
constexpr char kDriver[] = "libcuda.so.1";

// CUDA's release as the driver counts it: 13000 for 13.0.
std::string release_name(int release) {
  return std::to_string(release / 1000) + "." + std::to_string(release % 1000 / 10);
}

// cuDeviceGetAttribute's numbers of the compute capability.
constexpr int kMajor = 75, kMinor = 76;

template <typename Function>
bool find(void* driver, const char* name, Function** out) {
  *out = reinterpret_cast<Function*>(dlsym(driver, name));
  return *out != nullptr;
}

CudaDevice describe_device(void* driver, int version) {
  int (*get)(int*, int);
  int (*name_of)(char*, int, int);
  int (*attribute)(int*, int, int);
  int device = 0, major = 0, minor = 0;
  char name[128] = "of unknown name";
  if (!find(driver, "cuDeviceGet", &get) || !find(driver, "cuDeviceGetName", &name_of) ||
      !find(driver, "cuDeviceGetAttribute", &attribute) || get(&device, 0) != 0 ||
      name_of(name, sizeof name, device) != 0 || attribute(&major, kMajor, device) != 0 ||
      attribute(&minor, kMinor, device) != 0) {
    return {CudaState::kNoDevice, "the NVIDIA driver does not describe its first GPU: reinstall the driver"};
  }
  return {CudaState::kReady, std::string(name) + ", compute capability " + std::to_string(major) + "." +
                                 std::to_string(minor) + ", driver for CUDA " + release_name(version) +
                                 ", kernels by CUDA " + release_name(kRelease)};
}

CudaDevice ask_driver(void* driver) {
  int (*init)(unsigned);
  int (*get_version)(int*);
  int (*get_count)(int*);
  int version = 0, count = 0;
  if (!find(driver, "cuInit", &init) || !find(driver, "cuDriverGetVersion", &get_version) ||
      !find(driver, "cuDeviceGetCount", &get_count) || get_version(&version) != 0) {
    return {CudaState::kNoDriver, std::string(kDriver) + " is no NVIDIA driver: install one"};
  }
  // Kernels of one release run with the driver of any other of the same major number.
  if (version / 1000 < kRelease / 1000) {
    return {CudaState::kDriverTooOld,
            "driver too old: it is for CUDA " + release_name(version) + ", the kernels need " +
                std::to_string(kRelease / 1000) +
                ".0 or later: update the NVIDIA driver, or build facesdk with CUDA " + release_name(version)};
  }
  const int started = init(0);
  if (started != 0 || get_count(&count) != 0 || count == 0) {
    return {CudaState::kNoDevice, "the NVIDIA driver finds no GPU (cuInit gives " + std::to_string(started) +
                                      "): check nvidia-smi, and in a container that GPUs are passed to it"};
  }
  return describe_device(driver, version);
}
#endif

}  // namespace

CudaDevice find_cuda_device() {
#if !defined(FACESDK_CUDA_RELEASE)
  return {CudaState::kNotBuilt,
          "this build has no CUDA kernels: build facesdk where nvcc is, with FACESDK_CUDA=ON"};
#elif defined(__linux__)
  void* driver = dlopen(kDriver, RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) {
    return {CudaState::kNoDriver,
            "no NVIDIA driver on this machine (libcuda.so.1 is not found): install one"};
  }
  const CudaDevice found = ask_driver(driver);
  // A driver that runs stays open: its threads would outlive its code.
  if (found.state != CudaState::kReady && found.state != CudaState::kNoDevice) dlclose(driver);
  return found;
#else
  return {CudaState::kNoDriver, "CUDA kernels run on Linux alone"};
#endif
}

}  // namespace facesdk
