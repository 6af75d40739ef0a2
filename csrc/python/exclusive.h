// Guards working memory that belongs to one thread against a second one.
#pragma once

#include <atomic>

#include "common/error.h"

namespace facesdk::python {

// Python threads share objects freely: the second one gets an error, not a data race.
class Exclusive {
 public:
  class Use {
   public:
    explicit Use(Exclusive* owner) : owner_(owner) {
      if (owner_->busy_.exchange(true)) {
        throw Error(ErrorCode::kInvalidOptions,
                    "session: in use by another thread, expected one for each thread");
      }
    }
    ~Use() { owner_->busy_ = false; }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    Exclusive* owner_;
  };

 private:
  std::atomic<bool> busy_{false};
};

}  // namespace facesdk::python
