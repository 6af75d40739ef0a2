// Runs the tests of kernels. Exits with 1 where a test fails, as for a planted fault.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest.h>
