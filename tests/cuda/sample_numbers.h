// The bundled sample's face as it was fitted, from sample_face.txt.
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace facesdk::test {

using Numbers = std::map<std::string, std::vector<float>>;

// identity, expression, albedo, sh, rotation, shift and intrinsics, those of a square of 224 px.
inline Numbers read_sample() {
  std::ifstream file(FACESDK_SAMPLE_FACE);
  Numbers all;
  std::string line, name;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    words >> name;
    for (float value; words >> value;) all[name].push_back(value);
  }
  return all;
}

}  // namespace facesdk::test
