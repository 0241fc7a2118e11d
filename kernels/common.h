/*
 * What host code of all operations shares: failures with a text, and the element types as the host references (rung 0)
 * read and write them. Nothing of CUDA is needed, so that any C++17 compiler builds the references.
 */
#ifndef BITLOSS_COMMON_H
#define BITLOSS_COMMON_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bl.h"

/* A function that a library exports; everything else stays hidden. */
#define BL_EXPORT extern "C" __attribute__((visibility("default")))

/* First lines of every operation: returns BL_BAD_SHAPE where `condition` does not hold; the text names the values. */
#define BL_REQUIRE(condition, ...) \
  do {                             \
    if (!(condition)) return bl::fail(BL_BAD_SHAPE, __VA_ARGS__); \
  } while (0)

/* Hands on the status of a call that failed. */
#define BL_TRY(call)                          \
  do {                                        \
    const int bl_try_status = (call);         \
    if (bl_try_status != BL_OK) return bl_try_status; \
  } while (0)

namespace bl {

inline thread_local char message[1024] = "";

/* Sets bl_message() of this thread, as printf; returns `status`. */
__attribute__((format(printf, 2, 3))) inline int fail(int status, const char *format, ...) {
  va_list values;
  va_start(values, format);
  vsnprintf(message, sizeof message, format, values);
  va_end(values);
  return status;
}

inline bool is_dtype(int dtype) { return dtype == BL_F32 || dtype == BL_F16 || dtype == BL_BF16; }

inline int64_t bytes_of(int dtype) { return dtype == BL_F32 ? 4 : 2; }

inline int64_t divide_up(int64_t value, int64_t by) { return (value + by - 1) / by; }

/* ---- element types of the host references -------------------------------------------------------------------------- */

inline float float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

inline uint32_t bits_of_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

inline float float_of_half(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 31, mantissa = half & 1023;
  if (exponent == 31) return float_of_bits(sign | 0x7f800000 | mantissa << 13);
  // Subnormal halves are mantissa · 2^-24, which is exact in float32.
  if (exponent == 0) return float_of_bits(bits_of_float(static_cast<float>(mantissa) * 0x1p-24f) | sign);
  return float_of_bits(sign | (exponent + 112) << 23 | mantissa << 13);
}

/* Nearest half, ties to even; beyond 65519 becomes infinity. */
inline uint16_t half_of_float(float value) {
  const uint32_t bits = bits_of_float(value), magnitude = bits & 0x7fffffff;
  const uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Adding 0.5 makes the float's last place 2^-24, that of a subnormal half, and rounds ties to even.
    return sign | static_cast<uint16_t>(bits_of_float(float_of_bits(magnitude) + 0.5f) - 0x3f000000);
  }
  return sign | static_cast<uint16_t>((magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13);
}

inline float float_of_bfloat(uint16_t bfloat) { return float_of_bits(static_cast<uint32_t>(bfloat) << 16); }

/* Nearest bfloat16, ties to even. */
inline uint16_t bfloat_of_float(float value) {
  const uint32_t bits = bits_of_float(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* Element `index` of an array of type `dtype`. */
inline float load(int dtype, const void *from, int64_t index) {
  if (dtype == BL_F32) return static_cast<const float *>(from)[index];
  const uint16_t bits = static_cast<const uint16_t *>(from)[index];
  return dtype == BL_F16 ? float_of_half(bits) : float_of_bfloat(bits);
}

inline void store(int dtype, void *to, int64_t index, float value) {
  if (dtype == BL_F32) static_cast<float *>(to)[index] = value;
  else static_cast<uint16_t *>(to)[index] = dtype == BL_F16 ? half_of_float(value) : bfloat_of_float(value);
}

}  // namespace bl

#endif
