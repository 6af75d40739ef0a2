// The 52 expression names of ARKit, in the order of every result and file that has them.
#pragma once

namespace facesdk {

constexpr int kArkitNames = 52;
extern const char* const kArkitNameTexts[kArkitNames];

}  // namespace facesdk
