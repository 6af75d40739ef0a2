# TensorRT behind csrc/nn/inference.h. The library opens it at run time; where its headers are at hand, as on a
# Jetson, the plugin that they are needed for is built and installed beside the Python module.
target_sources(facesdk_ops PRIVATE
  csrc/tensorrt/cuda_driver.cpp
  csrc/tensorrt/tensorrt_library.cpp
  csrc/tensorrt/tensorrt_network.cpp
  csrc/tensorrt/tensorrt_run.cpp)
target_link_libraries(facesdk_ops PUBLIC ${CMAKE_DL_LIBS})
if(NOT SKBUILD)
  return()
endif()

set(FACESDK_TENSORRT AUTO CACHE STRING "Build the TensorRT plugin: AUTO (where its headers are found), ON or OFF")
find_path(FACESDK_TENSORRT_INCLUDE NvInfer.h HINTS $ENV{TENSORRT_ROOT}/include)
if(FACESDK_TENSORRT STREQUAL "OFF" OR NOT EXISTS "${FACESDK_TENSORRT_INCLUDE}/NvOnnxParser.h")
  if(FACESDK_TENSORRT STREQUAL "ON")
    message(FATAL_ERROR "NvInfer.h or NvOnnxParser.h is missing: install libnvinfer-dev and libnvonnxparsers-dev, "
                        "or set FACESDK_TENSORRT_INCLUDE.")
  endif()
  message(STATUS "TensorRT: no headers, no plugin")
  return()
endif()
message(STATUS "TensorRT: plugin by the headers in ${FACESDK_TENSORRT_INCLUDE}")
add_library(facesdk_tensorrt MODULE
  csrc/tensorrt/plugin.cpp
  csrc/tensorrt/plugin_builder.cpp
  csrc/tensorrt/plugin_library.cpp)
target_include_directories(facesdk_tensorrt PRIVATE csrc)
target_include_directories(facesdk_tensorrt SYSTEM PRIVATE ${FACESDK_TENSORRT_INCLUDE} csrc/tensorrt/cuda_types)
target_link_libraries(facesdk_tensorrt PRIVATE ${CMAKE_DL_LIBS})
target_compile_options(facesdk_tensorrt PRIVATE -O2 -Wall -Wextra -Wno-deprecated-declarations)
install(TARGETS facesdk_tensorrt LIBRARY DESTINATION facesdk)
