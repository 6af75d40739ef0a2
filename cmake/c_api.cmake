# The C API: libfacesdk and what a program that uses it needs. Built without Python.
#
#     cmake -S . -B build -DCMAKE_BUILD_TYPE=Release && cmake --build build && cmake --install build --prefix DIR
if(SKBUILD)
  set(c_api_default OFF)  # the wheel holds the Python module alone
else()
  set(c_api_default ON)
endif()
option(FACESDK_C_API "Build libfacesdk and install it with its header" ${c_api_default})
option(FACESDK_C_STATIC "Build libfacesdk as a static library too" OFF)
option(FACESDK_EXAMPLES "Build the examples of the C API" OFF)
if(NOT FACESDK_C_API)
  return()
endif()

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

file(STRINGS ${PROJECT_SOURCE_DIR}/pyproject.toml version_line REGEX "^version = ")
string(REGEX REPLACE "^version = \"(.*)\"$" "\\1" FACESDK_VERSION "${version_line}")

set(c_api_sources
  csrc/capi/api.cpp
  csrc/capi/engine_handle.cpp
  csrc/capi/image.cpp
  csrc/capi/memory.cpp
  csrc/capi/session_handle.cpp
  csrc/capi/status.cpp)
add_library(facesdk SHARED ${c_api_sources})
add_library(facesdk::facesdk ALIAS facesdk)
target_compile_definitions(facesdk PRIVATE FACESDK_BUILD FACESDK_VERSION="${FACESDK_VERSION}")
target_include_directories(facesdk PUBLIC
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/csrc/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(facesdk PRIVATE facesdk_ops)
# SOVERSION is the first version of the function table, which only grows: see facesdk.h.
set_target_properties(facesdk PROPERTIES VERSION ${FACESDK_VERSION} SOVERSION 1 VISIBILITY_INLINES_HIDDEN ON)
if(NOT MSVC)
  target_compile_options(facesdk PRIVATE -O3 -Wall -Wextra)
endif()
if(APPLE)
  target_link_options(facesdk PRIVATE -Wl,-exported_symbol,_facesdk_get_api)
elseif(UNIX)
  set(symbols ${PROJECT_SOURCE_DIR}/cmake/facesdk.map)
  target_link_options(facesdk PRIVATE -Wl,--version-script=${symbols})
  set_target_properties(facesdk PROPERTIES LINK_DEPENDS ${symbols})
endif()
install(TARGETS facesdk EXPORT facesdk)

if(FACESDK_C_STATIC)
  # One archive with the ops in it, so that a program links one file.
  add_library(facesdk_static STATIC $<TARGET_OBJECTS:facesdk_ops> ${c_api_sources})
  target_compile_definitions(facesdk_static PRIVATE FACESDK_VERSION="${FACESDK_VERSION}" PUBLIC FACESDK_STATIC)
  target_include_directories(facesdk_static PRIVATE csrc PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/csrc/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_include_directories(facesdk_static SYSTEM PRIVATE ${FACESDK_JSON_INCLUDE})
  target_link_libraries(facesdk_static PUBLIC Threads::Threads ${CMAKE_DL_LIBS})
  set_target_properties(facesdk_static PROPERTIES OUTPUT_NAME facesdk)
  install(TARGETS facesdk_static EXPORT facesdk)
endif()

install(FILES csrc/include/facesdk.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES LICENSE NOTICE LICENSE-WEIGHTS DESTINATION ${CMAKE_INSTALL_DATADIR}/facesdk)
foreach(asset manifest.json face_model.safetensors eyes.safetensors detector.plan mobile_facernet.plan
              mobile_facernet_tiny.plan mask_net.plan)
  install(FILES facesdk/assets/${asset} DESTINATION ${CMAKE_INSTALL_DATADIR}/facesdk/assets)
endforeach()

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/facesdk)
set(assets_dir ${CMAKE_INSTALL_DATADIR}/facesdk/assets)
install(EXPORT facesdk NAMESPACE facesdk:: FILE facesdkTargets.cmake DESTINATION ${package})
configure_package_config_file(cmake/facesdkConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/facesdkConfig.cmake
  INSTALL_DESTINATION ${package} PATH_VARS assets_dir)
# While the version begins with 0 a minor release may change the behaviour; the ABI it never changes.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/facesdkConfigVersion.cmake
  VERSION ${FACESDK_VERSION} COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/facesdkConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/facesdkConfigVersion.cmake DESTINATION ${package})
configure_file(cmake/facesdk.pc.in facesdk.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/facesdk.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(FACESDK_EXAMPLES)
  enable_language(C)
  add_subdirectory(examples)
endif()
