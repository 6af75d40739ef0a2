/* What engine_create says of a folder: engine_status ASSETS. Prints the code and the line. */
#include "common.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const facesdk_api* api = test_api();
  facesdk_engine* engine = NULL;
  const facesdk_status status = api->engine_create(argv[1], NULL, &engine);
  printf("%d %s\n", status, status == FACESDK_OK ? "" : api->last_message());
  api->engine_destroy(engine);
  return 0;
}
