/* The header's types and its one function, for abidw: what a program is compiled against, nothing internal.
 */
#include "facesdk.h"

const facesdk_api* facesdk_get_api(uint32_t version) {
  (void)version;
  return 0;
}
