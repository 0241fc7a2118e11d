/* PB-LLM before its column loop: which weights become signs, found by a radix selection, and the levels of the signs. */
#include "../quantize/checks.h"
#include "sort.h"
#include "levels.h"
#include "../common.cuh"
#include "../context/context.h"

using namespace bl::binary;

static constexpr int THREADS = 256;
static constexpr int DIGIT_BITS = 8, DIGITS = 1 << DIGIT_BITS, PASSES = 64 / DIGIT_BITS;

/* What is known of the k-th smallest key of a group: its leading digits, and its rank among the keys that have them. */
struct Selection {
  unsigned long long prefix;
  long long rank;
};

/* Keys of sizes of at least 0 are ordered as the sizes are. */
__device__ __forceinline__ unsigned long long key_of(double weight, const double *upper, int64_t k, int64_t K) {
  const double size = fabs(weight);
  return static_cast<unsigned long long>(__double_as_longlong(upper == nullptr ? size : size / upper[k * K + k]));
}

__global__ void begin_selection(Selection *selections, unsigned *histograms, int64_t groups, int64_t count) {
  const int64_t i = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (i < groups) selections[i] = Selection{0, count - 1};
  if (i < groups * DIGITS) histograms[i] = 0;
}

/* Counts the next digit of all keys that begin with the prefix of their group; blockIdx.y: the group. */
__global__ void __launch_bounds__(THREADS) count_digits(const double *w, const double *upper, int64_t N, int64_t K, int64_t G,
                                                        int pass, const Selection *selections, unsigned *histograms) {
  __shared__ unsigned counts[DIGITS];
  counts[threadIdx.x] = 0;
  __syncthreads();
  const int64_t group = blockIdx.y, step = static_cast<int64_t>(gridDim.x) * THREADS;
  const int shift = 64 - DIGIT_BITS * (pass + 1);
  const unsigned long long prefix = selections[group].prefix;
  for (int64_t i = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x; i < N * G; i += step) {
    const int64_t n = i / G, k = group * G + i % G;
    const unsigned long long key = key_of(w[n * K + k], upper, k, K);
    // A shift by 64 is undefined; in the first pass every key has the empty prefix.
    if (pass > 0 && key >> (shift + DIGIT_BITS) != prefix) continue;
    atomicAdd(&counts[key >> shift & (DIGITS - 1)], 1u);
  }
  __syncthreads();
  if (counts[threadIdx.x] > 0) atomicAdd(&histograms[group * DIGITS + threadIdx.x], counts[threadIdx.x]);
}

/* Appends the digit in which the rank lies; one thread a group. */
__global__ void choose_digit(Selection *selections, unsigned *histograms, int64_t groups) {
  const int64_t group = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (group >= groups) return;
  unsigned *counts = histograms + group * DIGITS;
  long long rank = selections[group].rank;
  int digit = 0;
  while (digit < DIGITS - 1 && rank >= counts[digit]) rank -= counts[digit++];
  selections[group] = Selection{selections[group].prefix << DIGIT_BITS | static_cast<unsigned>(digit), rank};
  for (int i = 0; i < DIGITS; ++i) counts[i] = 0;
}

__global__ void mark(const double *w, const double *upper, int64_t N, int64_t K, int64_t G, const Selection *selections,
                     uint8_t *is_binary) {
  const int64_t i = blockIdx.x * static_cast<int64_t>(THREADS) + threadIdx.x;
  if (i < N * K) is_binary[i] = key_of(w[i], upper, i % K, K) <= selections[i % K / G].prefix;
}

static int64_t selection_bytes(int64_t groups) {
  return groups * static_cast<int64_t>(sizeof(Selection) + DIGITS * sizeof(unsigned));
}

BL_EXPORT int bl_binary_scratch(bl_context *ctx, int64_t N, int64_t K, int64_t G, int64_t *bytes) {
  BL_ENTER(ctx, "bl_binary_scratch");
  BL_TRY(bl::quantize::check_groups("bl_binary_scratch", N, K, G));
  int64_t blocks = 0;
  if (G <= BLOCK_COLUMNS) BL_TRY(blocks_scratch(N, G, &blocks));
  const int64_t selection = selection_bytes(K / G);
  *bytes = selection > blocks ? selection : blocks;
  return BL_OK;
}

BL_EXPORT int bl_least_salient(bl_context *ctx, bl_ptr w, bl_ptr upper, int64_t N, int64_t K, int64_t G, int64_t count,
                               bl_ptr is_binary, bl_ptr scratch, bl_stream stream) {
  BL_ENTER(ctx, "bl_least_salient");
  BL_TRY(bl::quantize::check_groups("bl_least_salient", N, K, G));
  BL_REQUIRE(count >= 0 && count <= N * G, "bl_least_salient: count %lld of %lld weights a group", (long long)count,
             (long long)(N * G));
  if (N == 0) return BL_OK;
  const cudaStream_t on = bl::stream_of(stream);
  if (count == 0) {
    BL_CUDA_TRY("bl_least_salient", cudaMemsetAsync(bl::pointer_to<void>(is_binary), 0, N * K, on));
    return BL_OK;
  }
  const int64_t groups = K / G, most = 16 * static_cast<int64_t>(ctx->multiprocessors);
  BL_REQUIRE(groups <= 65535, "bl_least_salient: %lld groups; 65535 are possible", (long long)groups);
  Selection *selections = bl::pointer_to<Selection>(scratch);
  unsigned *histograms = reinterpret_cast<unsigned *>(selections + groups);
  const double *weights = bl::pointer_to<const double>(w), *factor = bl::pointer_to<const double>(upper);
  begin_selection<<<bl::divide_up(groups * DIGITS, THREADS), THREADS, 0, on>>>(selections, histograms, groups, count);
  const int64_t wanted = bl::divide_up(N * G, 8 * THREADS), share = bl::divide_up(most, groups);
  const dim3 grid(static_cast<unsigned>(wanted < share ? wanted : share), static_cast<unsigned>(groups));
  for (int pass = 0; pass < PASSES; ++pass) {
    count_digits<<<grid, THREADS, 0, on>>>(weights, factor, N, K, G, pass, selections, histograms);
    choose_digit<<<bl::divide_up(groups, THREADS), THREADS, 0, on>>>(selections, histograms, groups);
  }
  mark<<<bl::divide_up(N * K, THREADS), THREADS, 0, on>>>(weights, factor, N, K, G, selections,
                                                        bl::pointer_to<uint8_t>(is_binary));
  return bl::launched("bl_least_salient");
}

/* A warp a group of a row. */
__global__ void __launch_bounds__(THREADS) binary_levels(const double *w, const uint8_t *is_binary, int64_t count, int64_t G,
                                                         bool with_zeros, float *means, float *deviations) {
  const int64_t g = blockIdx.x * static_cast<int64_t>(THREADS / 32) + threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  if (g >= count) return;
  double sum = 0, members = 0;
  for (int64_t i = g * G + lane; i < (g + 1) * G; i += 32) {
    if (is_binary[i] == 0) continue;
    sum += w[i];
    members += 1;
  }
  sum = bl::warp_sum(sum);
  members = with_zeros ? static_cast<double>(G) : bl::warp_sum(members);
  const double mean = members == 0 ? 0 : sum / members;
  double distance = 0;
  for (int64_t i = g * G + lane; i < (g + 1) * G; i += 32) {
    if (is_binary[i] != 0) distance += fabs(w[i] - mean);
    else if (with_zeros) distance += fabs(mean);
  }
  distance = bl::warp_sum(distance);
  if (lane != 0) return;
  means[g] = static_cast<float>(signed_half(mean));
  deviations[g] = members == 0 ? 0.0f : static_cast<float>(signed_half(distance / members));
}

BL_EXPORT int bl_binary_levels(bl_context *ctx, bl_ptr w, bl_ptr is_binary, int64_t N, int64_t K, int64_t G, int with_zeros,
                               bl_ptr means, bl_ptr deviations, bl_stream stream) {
  BL_ENTER(ctx, "bl_binary_levels");
  BL_TRY(bl::quantize::check_groups("bl_binary_levels", N, K, G));
  if (N == 0) return BL_OK;
  const int64_t count = N * (K / G);
  binary_levels<<<bl::divide_up(count, THREADS / 32), THREADS, 0, bl::stream_of(stream)>>>(
      bl::pointer_to<const double>(w), bl::pointer_to<const uint8_t>(is_binary), count, G, with_zeros != 0,
      bl::pointer_to<float>(means), bl::pointer_to<float>(deviations));
  return bl::launched("bl_binary_levels");
}
