// See NvInferImpl.h.
#pragma once

#include <cstddef>

#define NV_ONNX_PARSER_VERSION 1

namespace nvonnxparser {

class IParserError {
 public:
  virtual char const* desc() const = 0;
  virtual int node() const = 0;
  virtual ~IParserError() {}
};

class IParser {
 public:
  virtual bool parse(void const* model, size_t size, const char* path = nullptr) noexcept = 0;
  virtual int getNbErrors() const noexcept = 0;
  virtual IParserError const* getError(int index) const noexcept = 0;
  virtual ~IParser() noexcept = default;
};

}  // namespace nvonnxparser
