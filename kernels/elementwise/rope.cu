/*
 * Rotary positions (Su et al. 2021, arXiv:2104.09864). A thread keeps the cosines and sines of its pairs while it turns them
 * in several heads, so that the tables cost little beside the vectors; the bound is the memory.
 */
#include "pack.cuh"

namespace {

constexpr int THREADS = 256;
constexpr int HEADS = 2;  // of one thread, loaded before the first is turned

struct Rope {
  int64_t token_stride, head_stride, T;
  const int32_t *rows;
  const float *cos, *sin;
  int half, heads;
  bool interleaved, aligned, tables_aligned;
};

template <class T>
__device__ __forceinline__ bl::Vector<T> load(const T *from, int left, bool aligned) {
  if (aligned) return bl::load_vector(from);
  bl::Vector<T> vector;
#pragma unroll
  for (int i = 0; i < bl::lanes_of<T>; ++i) vector.values[i] = i < left ? from[i] : bl::from_float<T>(0);
  return vector;
}

template <class T>
__device__ __forceinline__ void store(T *to, int left, bool aligned, const bl::Vector<T> &vector) {
  if (aligned) return bl::store_vector(to, vector);
#pragma unroll
  for (int i = 0; i < bl::lanes_of<T>; ++i) {
    if (i < left) to[i] = vector.values[i];
  }
}

/* Products are rounded before they are added, as in the reference. */
template <class T>
__device__ __forceinline__ void turn(T &first, T &second, float cos, float sin) {
  const float a = bl::to_float(first), b = bl::to_float(second);
  first = bl::from_float<T>(__fsub_rn(__fmul_rn(a, cos), __fmul_rn(b, sin)));
  second = bl::from_float<T>(__fadd_rn(__fmul_rn(b, cos), __fmul_rn(a, sin)));
}

/* Two vectors of N values hold N whole pairs: the two halves apart, or neighbours behind one another. */
template <class T>
__device__ __forceinline__ void turn_vectors(bl::Vector<T> &low, bl::Vector<T> &high, bool interleaved, const float *cos,
                                             const float *sin) {
  constexpr int N = bl::lanes_of<T>;
  if (!interleaved) {
#pragma unroll
    for (int i = 0; i < N; ++i) turn(low.values[i], high.values[i], cos[i], sin[i]);
    return;
  }
#pragma unroll
  for (int i = 0; i < N / 2; ++i) {
    turn(low.values[2 * i], low.values[2 * i + 1], cos[i], sin[i]);
    turn(high.values[2 * i], high.values[2 * i + 1], cos[N / 2 + i], sin[N / 2 + i]);
  }
}

/* Threads: x for N pairs, y for heads, z for tokens. */
template <class T>
__global__ void __launch_bounds__(THREADS) rope_kernel(T *x, const Rope rope) {
  constexpr int N = bl::lanes_of<T>;
  const int64_t token = static_cast<int64_t>(blockIdx.x) * blockDim.z + threadIdx.z;
  if (token >= rope.T) return;
  const int64_t table = static_cast<int64_t>(rope.rows[token]) * rope.half;
  for (int pair = threadIdx.x * N; pair < rope.half; pair += blockDim.x * N) {
    const int left = rope.half - pair;
    const int low_left = rope.interleaved ? 2 * left : left, high_left = rope.interleaved ? 2 * left - N : left;
    T *low = x + token * rope.token_stride + (rope.interleaved ? 2 * pair : pair);
    T *high = low + (rope.interleaved ? N : rope.half);
    for (int first = threadIdx.y; first < rope.heads; first += HEADS * blockDim.y) {
      bl::Vector<T> lows[HEADS], highs[HEADS];
#pragma unroll
      for (int j = 0; j < HEADS; ++j) {
        const int64_t head = first + j * static_cast<int>(blockDim.y);
        if (head >= rope.heads) continue;
        lows[j] = load(low + head * rope.head_stride, low_left, rope.aligned);
        highs[j] = load(high + head * rope.head_stride, high_left, rope.aligned);
      }
      // Behind the vectors, which need not wait for the token's row.
      float cos[N], sin[N];
      bl::load_pack(rope.cos + table + pair, left, rope.tables_aligned, cos);
      bl::load_pack(rope.sin + table + pair, left, rope.tables_aligned, sin);
#pragma unroll
      for (int j = 0; j < HEADS; ++j) {
        const int64_t head = first + j * static_cast<int>(blockDim.y);
        if (head >= rope.heads) continue;
        turn_vectors(lows[j], highs[j], rope.interleaved, cos, sin);
        store(low + head * rope.head_stride, low_left, rope.aligned, lows[j]);
        store(high + head * rope.head_stride, high_left, rope.aligned, highs[j]);
      }
    }
  }
}

/* Threads of a block: all heads at once where there is room for them, then as many tokens as there is room for. */
dim3 block_of(int packs, int heads) {
  dim3 threads(1);
  while (static_cast<int>(threads.x) < packs && threads.x < 64) threads.x *= 2;
  const int at_once = static_cast<int>(THREADS / threads.x);
  const int of_heads = static_cast<int>(bl::divide_up(heads, HEADS)), rounds = static_cast<int>(bl::divide_up(of_heads, at_once));
  threads.y = static_cast<unsigned>(bl::divide_up(of_heads, rounds));
  const unsigned tokens = THREADS / (threads.x * threads.y);
  threads.z = tokens < 64 ? tokens : 64;
  return threads;
}

}  // namespace

BL_EXPORT int bl_rope(bl_context *ctx, int dtype, bl_ptr x, int64_t token_stride, int64_t head_stride, bl_ptr rows, bl_ptr cos,
                      bl_ptr sin, int64_t half, int interleaved, int64_t T, int64_t heads, bl_stream stream) {
  const char *op = "bl_rope";
  BL_ENTER(ctx, op);
  BL_REQUIRE(half >= 1 && half < INT32_MAX / 2 && heads >= 1 && heads < INT32_MAX && T >= 0 && T < INT32_MAX,
             "%s: %lld pairs of %lld heads of %lld tokens; pairs and heads must be positive, tokens not negative", op,
             (long long)half, (long long)heads, (long long)T);
  BL_REQUIRE(heads == 1 || head_stride >= 2 * half, "%s: heads %lld apart overlap, as %lld values of each turn", op,
             (long long)head_stride, (long long)(2 * half));
  if (T == 0) return BL_OK;
  return bl::with_dtype(op, dtype, [&](auto type) {
    using E = typename decltype(type)::type;
    constexpr int N = bl::lanes_of<E>;
    const bool aligned = bl::is_aligned<E>(x, token_stride) && head_stride % N == 0 && half % N == 0;
    const bool tables_aligned = bl::is_aligned<float>(cos, half) && bl::is_aligned<float>(sin, half);
    const Rope rope = {token_stride, head_stride, T, bl::pointer_to<int32_t>(rows), bl::pointer_to<float>(cos),
                       bl::pointer_to<float>(sin), static_cast<int>(half), static_cast<int>(heads), interleaved != 0, aligned,
                       tables_aligned};
    const dim3 threads = block_of(static_cast<int>(bl::divide_up(half, N)), static_cast<int>(heads));
    const auto blocks = static_cast<unsigned>(bl::divide_up(T, threads.z));
    rope_kernel<<<blocks, threads, 0, bl::stream_of(stream)>>>(bl::pointer_to<E>(x), rope);
    return bl::launched(op);
  });
}
