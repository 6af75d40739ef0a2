#include "common/workspace.h"
#include "support.h"

namespace facesdk::test {
namespace {

struct First {
  std::vector<float> values;
};
struct Second {
  std::vector<float> values;
};

}  // namespace

TEST_CASE("workspace: each type has an object of its own, which stays") {
  Workspace workspace;
  float* const first = at_least(workspace.of<First>().values, 100);
  float* const second = at_least(workspace.of<Second>().values, 100);
  CHECK(first != second);
  CHECK(at_least(workspace.of<First>().values, 50) == first);
  CHECK(at_least(workspace.of<Second>().values, 100) == second);
  Workspace other;
  CHECK(at_least(other.of<First>().values, 100) != first);
}

TEST_CASE("workspace: each worker has its own buffers") {
  PerWorker<First> buffers;
  buffers.reserve(2);
  First* const first = &buffers[0];
  CHECK(first != &buffers[1]);
  buffers.reserve(5);
  CHECK(&buffers[0] == first);
}

}  // namespace facesdk::test
