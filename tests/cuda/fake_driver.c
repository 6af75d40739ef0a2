/* A libcuda.so.1 that answers as FAKE_RELEASE, FAKE_INIT and FAKE_DEVICES of the environment say. */
#include <stdio.h>
#include <stdlib.h>

static int number(const char* name) {
  const char* text = getenv(name);
  return text ? atoi(text) : 0;
}

int cuInit(unsigned flags) { return flags == 0 ? number("FAKE_INIT") : 1; }
int cuDriverGetVersion(int* version) { return *version = number("FAKE_RELEASE"), 0; }
int cuDeviceGetCount(int* count) { return *count = number("FAKE_DEVICES"), 0; }
int cuDeviceGet(int* device, int ordinal) { return *device = ordinal, 0; }
int cuDeviceGetName(char* name, int length, int device) {
  return snprintf(name, (size_t)length, "Fake GPU %d", device) < 0;
}
int cuDeviceGetAttribute(int* value, int attribute, int device) {
  (void)device;
  return *value = attribute == 75 ? 8 : 7, 0;
}
