#include "read_ppm.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define LARGEST_SIDE 65535

/* The next number of the header, behind white space and comments; -1 where there is none. */
static long read_number(FILE* file) {
  long value = -1;
  int c = getc(file);
  while (isspace(c) || c == '#') {
    if (c == '#') {
      while (c != '\n' && c != EOF) c = getc(file);
    }
    c = getc(file);
  }
  while (isdigit(c) && value <= LARGEST_SIDE) {
    value = (value < 0 ? 0 : value) * 10 + (c - '0');
    c = getc(file);
  }
  return value; /* the one character behind the number is read too: the format wants it so */
}

uint8_t* read_ppm(const char* path, int32_t* width, int32_t* height) {
  uint8_t* pixels = NULL;
  FILE* file = fopen(path, "rb");
  if (file == NULL) return NULL;
  if (getc(file) == 'P' && getc(file) == '6') {
    const long w = read_number(file), h = read_number(file), largest = read_number(file);
    if (w > 0 && w <= LARGEST_SIDE && h > 0 && h <= LARGEST_SIDE && largest == 255) {
      const size_t bytes = 3 * (size_t)w * (size_t)h;
      pixels = malloc(bytes);
      if (pixels != NULL && fread(pixels, 1, bytes, file) != bytes) {
        free(pixels);
        pixels = NULL;
      }
      *width = (int32_t)w;
      *height = (int32_t)h;
    }
  }
  fclose(file);
  return pixels;
}
