// The working memory of the ops that Python calls.
#pragma once

#include "common/workspace.h"

namespace facesdk::python {

// Of the calling thread, so that calls without the GIL do not share it.
inline Workspace& thread_workspace() {
  thread_local Workspace workspace;
  return workspace;
}

}  // namespace facesdk::python
