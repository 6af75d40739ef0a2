#include "cuda/self_check.h"
#include "grid_orders.h"

namespace facesdk::test {

TEST_CASE("self check: every op gives the CPU's bits") {
  in_all_orders([] {
    const std::vector<KernelCheck> checks = check_kernels();
    CHECK(checks.size() == 2);
    for (const KernelCheck& check : checks) {
      CAPTURE(check.op);
      CHECK(check.same_bits);
    }
  });
}

}  // namespace facesdk::test
