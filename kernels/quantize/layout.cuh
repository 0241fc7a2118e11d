/* Kernels that move codes and weights between layouts, one thread an element or eight; bound by memory. */
#ifndef BITLOSS_QUANTIZE_LAYOUT_CUH
#define BITLOSS_QUANTIZE_LAYOUT_CUH

#include "items.cuh"

namespace bl {
namespace quantize {

struct CodeArguments {
  const uint8_t *codes;
  const float *scales;
  const int16_t *zeros;
  /* [K] or null. */
  const uint16_t *group_of_column;
  int64_t N, K, G;

  __device__ __forceinline__ float restored(int64_t n, int64_t k) const {
    const int64_t group = group_of_column == nullptr ? k / G : group_of_column[k];
    const int64_t g = n * (K / G) + group;
    return scales[g] * static_cast<float>(codes[n * K + k] - zeros[g]);
  }
};

template <class T>
__global__ void dequantize(CodeArguments in, T *out) {
  const int64_t i = item();
  if (i < in.N * in.K) out[i] = from_float<T>(in.restored(i / in.K, i % in.K));
}

/* Eight neighbours of one group, whose size is a multiple of 8. */
template <class T>
__global__ void dequantize_wide(CodeArguments in, T *out) {
  const int64_t i = 8 * item();
  if (i >= in.N * in.K) return;
  // Groups of all rows lie one after the other, so the group follows from the place alone.
  const int64_t g = i / in.G;
  const float scale = in.scales[g];
  const int zero = in.zeros[g];
  const uint2 raw = *reinterpret_cast<const uint2 *>(in.codes + i);
  const uint32_t words[2] = {raw.x, raw.y};
  Vector<T> vectors[8 / lanes_of<T>];
#pragma unroll
  for (int j = 0; j < 8; ++j) {
    const int code = words[j / 4] >> (8 * (j % 4)) & 255;
    vectors[j / lanes_of<T>].values[j % lanes_of<T>] = from_float<T>(scale * static_cast<float>(code - zero));
  }
#pragma unroll
  for (int j = 0; j < 8 / lanes_of<T>; ++j) store_vector(out + i + j * lanes_of<T>, vectors[j]);
}

/* One block a row: sums[n] = Σ(w − ŵ)², Σw². */
template <class T>
__global__ void code_errors(CodeArguments in, const T *weights, double *sums) {
  __shared__ double shared[32];
  const int64_t n = blockIdx.x;
  double error = 0, square = 0;
  for (int64_t k = threadIdx.x; k < in.K; k += THREADS) {
    const double weight = to_float(weights[n * in.K + k]), difference = weight - in.restored(n, k);
    error += difference * difference;
    square += weight * weight;
  }
  error = block_sum(error, shared);
  square = block_sum(square, shared);
  if (threadIdx.x == 0) {
    sums[2 * n] = error;
    sums[2 * n + 1] = square;
  }
}

template <class T>
__global__ void check_rounding(const float *values, int64_t n, int32_t *flag) {
  for (int64_t i = item(); i < n; i += static_cast<int64_t>(gridDim.x) * THREADS) {
    // NaN differs from itself, and so is not exact either.
    if (to_float(from_float<T>(values[i])) != values[i]) *flag = 1;
  }
}

/* Eight codes become `bits` bytes. */
static __global__ void pack(const uint8_t *codes, int64_t N, int64_t K, int bits, uint8_t *packed) {
  const int64_t row_items = (K + 7) / 8, row_bytes = (K * bits + 7) / 8;
  const int64_t n = item() / row_items, first = item() % row_items * 8;
  if (n >= N) return;
  uint64_t stream = 0;
  const int count = static_cast<int>(K - first < 8 ? K - first : 8), mask = (1 << bits) - 1;
  for (int i = 0; i < count; ++i) stream |= static_cast<uint64_t>(codes[n * K + first + i] & mask) << (i * bits);
  uint8_t *to = packed + n * row_bytes + first / 8 * bits;
  const int bytes = (count * bits + 7) / 8;
  for (int i = 0; i < bytes; ++i) to[i] = static_cast<uint8_t>(stream >> (8 * i));
}

/* `bits` bytes become eight codes. */
static __global__ void unpack(const uint8_t *packed, int64_t N, int64_t K, int bits, uint8_t *codes) {
  const int64_t row_items = (K + 7) / 8, row_bytes = (K * bits + 7) / 8;
  const int64_t n = item() / row_items, first = item() % row_items * 8;
  if (n >= N) return;
  const int count = static_cast<int>(K - first < 8 ? K - first : 8);
  const uint8_t *from = packed + n * row_bytes + first / 8 * bits;
  const int bytes = (count * bits + 7) / 8;
  uint64_t stream = 0;
  for (int i = 0; i < bytes; ++i) stream |= static_cast<uint64_t>(from[i]) << (8 * i);
  for (int i = 0; i < count; ++i) codes[n * K + first + i] = static_cast<uint8_t>(stream >> (i * bits) & ((1 << bits) - 1));
}

/* Columns in visiting order, as float64; those of dead inputs become 0. order and dead may be null. */
template <class T>
__global__ void visit(const T *weights, const int32_t *order, const uint8_t *dead, int64_t N, int64_t K, double *out) {
  const int64_t i = item();
  if (i >= N * K) return;
  const int64_t step = i % K, k = order == nullptr ? step : order[step];
  const bool is_dead = dead != nullptr && dead[k] != 0;
  out[i] = is_dead ? 0.0 : static_cast<double>(to_float(weights[i - step + k]));
}

static __global__ void restore(const uint8_t *codes, const int32_t *order, int64_t N, int64_t K, uint8_t *out) {
  const int64_t i = item();
  if (i >= N * K) return;
  const int64_t step = i % K, k = order == nullptr ? step : order[step];
  out[i - step + k] = codes[i];
}

/* Philox 4×32 with ten rounds: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3". */
__device__ __forceinline__ uint4 philox(uint4 counter, uint2 key) {
#pragma unroll
  for (int round = 0; round < 10; ++round) {
    const uint32_t high0 = __umulhi(0xd2511f53u, counter.x), low0 = 0xd2511f53u * counter.x;
    const uint32_t high1 = __umulhi(0xcd9e8d57u, counter.z), low1 = 0xcd9e8d57u * counter.z;
    counter = make_uint4(high1 ^ counter.y ^ key.x, low1, high0 ^ counter.w ^ key.y, low0);
    key.x += 0x9e3779b9u;
    key.y += 0xbb67ae85u;
  }
  return counter;
}

/* Two normal numbers from two words (Box and Muller 1958). */
__device__ __forceinline__ float2 normal_pair(uint32_t a, uint32_t b) {
  const float radius = sqrtf(-2.0f * logf((static_cast<float>(a >> 8) + 0.5f) * 0x1p-24f));
  float sine, cosine;
  sincospif(static_cast<float>(b >> 8) * 0x1p-23f, &sine, &cosine);
  return make_float2(radius * cosine, radius * sine);
}

template <class T>
__global__ void fill_normal(T *out, int64_t n, float deviation, uint64_t seed) {
  const int64_t i = 4 * item();
  if (i >= n) return;
  const uint64_t block = static_cast<uint64_t>(i) / 4;
  const uint4 counter = make_uint4(static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32), 0, 0);
  const uint4 words = philox(counter, make_uint2(static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)));
  const float2 first = normal_pair(words.x, words.y), second = normal_pair(words.z, words.w);
  const float values[4] = {first.x, first.y, second.x, second.y};
  for (int j = 0; j < 4 && i + j < n; ++j) out[i + j] = from_float<T>(deviation * values[j]);
}

}  // namespace quantize
}  // namespace bl

#endif
