/* Read a binary PPM picture (P6, 8 bits). */
#ifndef READ_PPM_H
#define READ_PPM_H

#include <stdint.h>

/* RGB pixels to be freed by the caller; NULL where the file is no such picture. */
uint8_t* read_ppm(const char* path, int32_t* width, int32_t* height);

#endif
