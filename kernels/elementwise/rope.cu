/*
 * Rotary positions (Su et al. 2021, arXiv:2104.09864). A thread keeps the cosines and sines of its pairs while it turns them
 * in several heads, so that the tables cost little beside the vectors; the bound is the memory.
 */
#include "pack.cuh"

namespace {

constexpr int THREADS = 256;

struct Rope {
  int64_t token_stride, head_stride, T;
  const int32_t *rows;
  const float *cos, *sin;
  int half, heads;
  bool interleaved, aligned, tables_aligned;
};

/* Threads: x for packs of N pairs, y for heads, z for tokens. */
template <class T>
__global__ void __launch_bounds__(THREADS) rope_kernel(T *x, const Rope rope) {
  constexpr int N = bl::lanes_of<T>;
  const int64_t token = static_cast<int64_t>(blockIdx.x) * blockDim.z + threadIdx.z;
  if (token >= rope.T) return;
  const int64_t table = static_cast<int64_t>(rope.rows[token]) * rope.half;
  for (int pair = threadIdx.x * N; pair < rope.half; pair += blockDim.x * N) {
    const int left = rope.half - pair;
    float cos[N], sin[N];
    bl::load_pack(rope.cos + table + pair, left, rope.tables_aligned, cos);
    bl::load_pack(rope.sin + table + pair, left, rope.tables_aligned, sin);
    for (int head = threadIdx.y; head < rope.heads; head += blockDim.y) {
      T *vector = x + token * rope.token_stride + head * rope.head_stride;
      // Two packs hold N whole pairs: neighbours behind one another, or the two halves apart.
      T *low = vector + (rope.interleaved ? 2 * pair : pair);
      T *high = rope.interleaved ? low + N : low + rope.half;
      const int low_left = rope.interleaved ? 2 * left : left;
      const int high_left = rope.interleaved ? 2 * left - N : left;
      float a[N], b[N];
      bl::load_pack(low, low_left, rope.aligned, a);
      bl::load_pack(high, high_left, rope.aligned, b);
      const auto turn = [&](float &first, float &second, int i) {
        // Products rounded before they are added, as in the reference.
        const float turned = __fsub_rn(__fmul_rn(first, cos[i]), __fmul_rn(second, sin[i]));
        second = __fadd_rn(__fmul_rn(second, cos[i]), __fmul_rn(first, sin[i]));
        first = turned;
      };
      if (rope.interleaved) {
#pragma unroll
        for (int i = 0; i < N / 2; ++i) {
          turn(a[2 * i], a[2 * i + 1], i);
          turn(b[2 * i], b[2 * i + 1], N / 2 + i);
        }
      } else {
#pragma unroll
        for (int i = 0; i < N; ++i) turn(a[i], b[i], i);
      }
      bl::store_pack(low, low_left, rope.aligned, a);
      bl::store_pack(high, high_left, rope.aligned, b);
    }
  }
}

/* Threads of a block: heads in rounds of equal size, then as many tokens as there is room for. */
dim3 block_of(int packs, int heads) {
  dim3 threads(1);
  while (static_cast<int>(threads.x) < packs && threads.x < 64) threads.x *= 2;
  const int at_once = static_cast<int>(THREADS / threads.x);
  const int rounds = static_cast<int>(bl::divide_up(heads, at_once));
  threads.y = static_cast<unsigned>(bl::divide_up(heads, rounds));
  threads.z = 1;
  while (threads.z < 64 && threads.x * threads.y * threads.z * 2 <= THREADS) threads.z *= 2;
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
