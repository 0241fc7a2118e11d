/* The arithmetic of one row, which all rungs of the scan share, so that they agree bit for bit where their order of sums does. */
#ifndef BITLOSS_SCAN_RECURRENCE_CUH
#define BITLOSS_SCAN_RECURRENCE_CUH

#include "../common.cuh"
#include "checks.h"

namespace bl::scan {

/** What a scan reads and writes; names, shapes and types as in bl.h. */
template <class Element>
struct Operands {
  const Element *x;
  const float *step, *b, *c;
  const Element *z;
  Element *out;
  int64_t x_stride, step_stride, b_stride, c_stride, z_stride, out_stride;
  const float *log_decay, *skip;
  const Segment *segments;
  float *state;
  int S, C, n, resume;
  bool has_quads; /* states and decays can be read as float4 */
};

/** Values first … first + 3 of a row of n; zeros behind the last. */
__device__ __forceinline__ float4 load_quad(const float *row, int first, int n, bool aligned) {
  if (aligned) return *reinterpret_cast<const float4 *>(row + first);
  const auto value = [&](int i) { return first + i < n ? row[first + i] : 0; };
  return make_float4(value(0), value(1), value(2), value(3));
}

__device__ __forceinline__ void unpack(float (&to)[4], const float4 &from) {
  to[0] = from.x, to[1] = from.y, to[2] = from.z, to[3] = from.w;
}

/** e^value as 2^(value · log₂ e); the second factor is multiplied into what is constant. */
__device__ __forceinline__ float power_of_two(float value) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(value));
  return result;
}

__device__ __forceinline__ float softplus(float value) { return fmaxf(value, 0.0f) + log1pf(__expf(-fabsf(value))); }

__device__ __forceinline__ float silu(float value) { return __fdividef(value, 1.0f + __expf(-value)); }

/** Factor on the step whose power of two is the decay: −e^log_decay · log₂ e. */
__device__ __forceinline__ float decay_rate(float log_decay) { return -expf(log_decay) * 1.44269504f; }

/** h ← decay · h + (Δ·x) · b, rounded as a multiplication and a fused multiply-add. */
__device__ __forceinline__ float advance(float h, float decay, float input, float b) {
  return __fmaf_rn(decay, h, __fmul_rn(input, b));
}

/** Four products of c and h, summed in order. */
__device__ __forceinline__ float dot(const float4 &c, const float (&h)[4]) {
  return __fmaf_rn(c.w, h[3], __fmaf_rn(c.z, h[2], __fmaf_rn(c.y, h[1], __fmul_rn(c.x, h[0]))));
}

/** Rows to parents above a segment. */
__device__ __forceinline__ int level_of(const Segment *segments, int s) {
  int level = 0;
  for (int above = segments[s].parent; above >= 0; above = segments[above].parent) ++level;
  return level;
}

/** Where a segment's states come from: null means zeros. */
template <class Element>
__device__ __forceinline__ const float *first_states(const Operands<Element> &to, int s, const Segment &segment) {
  const int64_t size = static_cast<int64_t>(to.C) * to.n;
  if (segment.parent >= 0) return to.state + segment.parent * size;
  return to.resume ? to.state + s * size : nullptr;
}

}  // namespace bl::scan

#endif
