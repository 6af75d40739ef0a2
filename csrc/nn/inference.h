// One interface for every network and every engine that runs it: our int8 engine and dense layers, ONNX
// Runtime and OpenVINO (from Python), TensorRT.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/image_view.h"

namespace facesdk {

struct OutputView {
  const float* data;  // (items, size), C order
  int64_t size;       // numbers of one item
};

// A network prepared for items of one size, with its working memory; belongs to one thread.
class NetworkRun {
 public:
  virtual ~NetworkRun() = default;

  // Items that one `run` takes at most.
  virtual int32_t capacity() const = 0;

  // The picture of an item to be filled before `run`: 8-bit RGB, 4 bytes a pixel; a network of four channels
  // reads the fourth byte too.
  virtual PixelBuffer input(int32_t) {
    throw Error(ErrorCode::kInvalidArgument, "input: got a picture for a network that takes numbers");
  }

  // The same where the network takes numbers: (input_numbers(),) of the item.
  virtual float* numbers(int32_t) {
    throw Error(ErrorCode::kInvalidArgument, "input: got numbers for a network that takes pictures");
  }

  // Predict for the first `items`, 1 to capacity(). Throws Error where the engine fails.
  virtual void run(int32_t items) = 0;

  // One of `parts` parts of a run for the first picture, of about the same cost each: 0 .. parts - 1 in this
  // order are run(1), and other runs of the network may come in between. An engine that cannot pause runs as
  // a whole in the last one.
  virtual void run_part(int32_t part, int32_t parts) {
    if (part + 1 == parts) run(1);
  }

  // An output of the last `run`, in the order of Network::outputs(); valid until the next.
  virtual OutputView output(int32_t index) const = 0;
};

// A loaded network: immutable, shared by threads.
class Network {
 public:
  virtual ~Network() = default;

  virtual const std::string& name() const = 0;     // of its file, for messages
  virtual const std::string& backend() const = 0;  // "int8", "dense", "onnxruntime", "openvino", "tensorrt"

  // The file's own "facesdk" entry: JSON with input_size, layout, focal_ratio, ...; "" where it has none.
  virtual const std::string& metadata() const = 0;

  virtual const std::vector<std::string>& outputs() const = 0;

  // The side of the square pictures that it takes; 0 where the size is free or an item is no picture.
  virtual int32_t side() const = 0;

  // float32 numbers of an item, for a network that takes rows of them; 0 where an item is a picture.
  virtual int32_t input_numbers() const { return 0; }

  // height, width: of the pictures; 1 and input_numbers() for rows of numbers. Throws Error for a size that
  // the network cannot take.
  virtual std::unique_ptr<NetworkRun> prepare(int32_t height, int32_t width) const = 0;
};

// Position of an output's name; -1 where the network has none.
inline int32_t output_index(const Network& network, const std::string& name) {
  const std::vector<std::string>& names = network.outputs();
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<int32_t>(i);
  }
  return -1;
}

}  // namespace facesdk
