# CUDA kernels: built where a CUDA compiler is found. The runtime is linked statically and the driver is opened at run
# time, so one build runs on machines with and without a GPU.
set(FACESDK_CUDA AUTO CACHE STRING "Build the CUDA kernels: AUTO (where a compiler is found), ON or OFF")
set_property(CACHE FACESDK_CUDA PROPERTY STRINGS AUTO ON OFF)
string(TOUPPER "${FACESDK_CUDA}" FACESDK_CUDA)
if(NOT FACESDK_CUDA MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "FACESDK_CUDA: got ${FACESDK_CUDA}, expected AUTO, ON or OFF")
endif()

# The GPUs that a release of the compiler knows, as machine code, and the oldest of them as PTX for later ones.
function(facesdk_cuda_architectures release out)
  set(known "")
  if(release VERSION_LESS 13.0)
    list(APPEND known 53-real 72-real)  # Nano and Xavier
  endif()
  list(APPEND known 75-real 80-real 86-real)
  if(release VERSION_GREATER_EQUAL 11.4)
    list(APPEND known 87-real)  # Orin
  endif()
  if(release VERSION_GREATER_EQUAL 11.8)
    list(APPEND known 89-real 90-real)
  endif()
  if(release VERSION_GREATER_EQUAL 12.8)
    list(APPEND known 100-real 120-real)
  endif()
  if(release VERSION_GREATER_EQUAL 13.0)
    list(APPEND known 110-real)  # Thor
  endif()
  list(APPEND known 75-virtual)
  set(${out} "${known}" PARENT_SCOPE)
endfunction()

set(FACESDK_HAS_CUDA OFF)
# A compiler that is found by itself is this machine's.
if(FACESDK_CUDA STREQUAL "ON" OR (FACESDK_CUDA STREQUAL "AUTO" AND NOT CMAKE_CROSSCOMPILING))
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    # Before the language is enabled, else CMake takes the compiler's one default.
    if(NOT CMAKE_CUDA_ARCHITECTURES)
      set(CMAKE_CUDA_ARCHITECTURES 75-virtual)
      set(architectures_by_release ON)
    endif()
    enable_language(CUDA)
    if(architectures_by_release)
      facesdk_cuda_architectures(${CMAKE_CUDA_COMPILER_VERSION} CMAKE_CUDA_ARCHITECTURES)
    endif()
    find_package(CUDAToolkit QUIET)
    if(CUDAToolkit_FOUND AND TARGET CUDA::cudart_static)
      set(FACESDK_HAS_CUDA ON)
    endif()
  endif()
  if(FACESDK_CUDA STREQUAL "ON" AND NOT FACESDK_HAS_CUDA)
    message(FATAL_ERROR "FACESDK_CUDA is ON, but there is no CUDA compiler with a static runtime: install the CUDA "
                        "toolkit, put nvcc on the PATH or set CUDACXX, or set FACESDK_CUDA=OFF")
  endif()
endif()
if(NOT FACESDK_HAS_CUDA)
  message(STATUS "CUDA kernels: not built (FACESDK_CUDA=${FACESDK_CUDA})")
  return()
endif()
message(STATUS "CUDA kernels: by CUDA ${CMAKE_CUDA_COMPILER_VERSION} for ${CMAKE_CUDA_ARCHITECTURES}")

file(GLOB kernels CONFIGURE_DEPENDS csrc/ops/*/*_cuda.cu)
add_library(facesdk_kernels STATIC EXCLUDE_FROM_ALL ${kernels})
target_include_directories(facesdk_kernels PUBLIC csrc)
# The same bits as on the CPU: no fused multiply-add, division and root as IEEE 754 has them.
target_compile_options(facesdk_kernels PRIVATE -fmad=false -prec-div=true -prec-sqrt=true
  -Werror=cross-execution-space-call -Xcompiler=-fvisibility=hidden)
set_target_properties(facesdk_kernels PROPERTIES CUDA_STANDARD 17 CUDA_STANDARD_REQUIRED ON
  CUDA_RUNTIME_LIBRARY Static CUDA_ARCHITECTURES "${CMAKE_CUDA_ARCHITECTURES}" POSITION_INDEPENDENT_CODE ON)
target_link_libraries(facesdk_kernels PUBLIC CUDA::cudart_static)
