/* Rotations of rows, and rounding in a rotated basis: one read and one write of device memory. Reference: reference_rotate.h. */
#include "rotation.cuh"
#include "sheet.cuh"

namespace {

struct Rounding {
  int G;
  float most, steps, smallest_width, clip;
  float middle;  // code of 0 where grids are symmetric, else −1
  bool from_zero;
};

/* As fminf and fmaxf, but a NaN wins: a group with one has no grid. */
__device__ __forceinline__ float least(float a, float b) { return a != a || a < b ? a : b; }
__device__ __forceinline__ float greatest(float a, float b) { return a != a || a > b ? a : b; }

__device__ __forceinline__ void across_warp(float &low, float &high) {
  for (int step = 16; step > 0; step /= 2) {
    low = least(low, __shfl_xor_sync(0xffffffffu, low, step));
    high = greatest(high, __shfl_xor_sync(0xffffffffu, high, step));
  }
}

/* The grid of a group between two numbers, then each of its values (bl_round_groups). */
struct Grid {
  float scale, zero;

  __device__ Grid(const Rounding &job, float low, float high) {
    low = __fmul_rn(low, job.clip);
    high = __fmul_rn(high, job.clip);
    const bool symmetric = job.middle >= 0.0f;
    const float width = symmetric ? greatest(-low, high) : __fsub_rn(high, low);
    scale = __fdiv_rn(greatest(width, job.smallest_width), job.steps);
    zero = symmetric ? job.middle : fminf(fmaxf(rintf(__fdiv_rn(-low, scale)), 0.0f), job.most);
  }

  __device__ float round(const Rounding &job, float value) const {
    const float code = fminf(fmaxf(rintf(__fdiv_rn(value, scale)) + zero, 0.0f), job.most);
    return value != value || scale != scale ? NAN : __fmul_rn(__fsub_rn(code, zero), scale);
  }
};

/* Groups by warps; a group that is the whole vector by all of them, which meet in `shared` [2][32]. */
__device__ void round_shared(const bl::Rotation<float> &x, const Rounding &job, float (*shared)[32]) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, warps = blockDim.x / 32;
  const bool is_whole = job.G == x.width;
  for (int group = is_whole ? 0 : warp; group < x.width / job.G; group += warps) {
    const int start = group * job.G, first = is_whole ? threadIdx.x : lane, stride = is_whole ? blockDim.x : 32;
    float low = job.from_zero ? 0.0f : INFINITY, high = job.from_zero ? 0.0f : -INFINITY;
    for (int i = first; i < job.G; i += stride) {
      low = least(low, x.at(start + i));
      high = greatest(high, x.at(start + i));
    }
    across_warp(low, high);
    if (is_whole) {
      if (lane == 0) {
        shared[0][warp] = low;
        shared[1][warp] = high;
      }
      __syncthreads();
      for (int other = 0; other < warps; ++other) {
        low = least(low, shared[0][other]);
        high = greatest(high, shared[1][other]);
      }
    }
    const Grid grid(job, low, high);
    for (int i = first; i < job.G; i += stride) x.at(start + i) = grid.round(job, x.at(start + i));
    if (is_whole) break;
  }
  __syncthreads();
}

extern __shared__ double shared_memory[];

template <class A>
__device__ bl::Rotation<A> open_rotation(int width, int odd, int seed) {
  A *x = reinterpret_cast<A *>(shared_memory);
  return {x, x + bl::padded(width) + 1, width, odd, width / odd, seed};
}

template <class T>
__global__ void __launch_bounds__(512) round_rotated(T *x, bl::Vectors vectors, int inner, int width, int odd, int seed,
                                                     const Rounding job) {
  __shared__ float extremes[2][32];
  const auto rotation = open_rotation<float>(width, odd, seed);
  x += vectors.start(bl::VectorIndex(blockIdx.x, inner));
  rotation.prepare();
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    const float value = bl::to_float(x[i]);
    rotation.at(i) = bl::is_negative(seed, i) ? -value : value;
  }
  __syncthreads();
  rotation.mix();
  round_shared(rotation, job, extremes);
  rotation.mix();
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    const float value = rotation.at(i);
    x[i] = bl::from_float<T>(bl::is_negative(seed, i) ? -value : value);
  }
}

__device__ __forceinline__ double load(const double *x, int64_t i) { return x[i]; }
template <class T>
__device__ __forceinline__ float load(const T *x, int64_t i) {
  return bl::to_float(x[i]);
}
template <class T>
__device__ __forceinline__ void store(T *x, int64_t i, float value) {
  x[i] = bl::from_float<T>(value);
}
__device__ __forceinline__ void store(double *x, int64_t i, double value) { x[i] = value; }

/* A row a block. */
template <class A, class T, class O>
__global__ void __launch_bounds__(512) rotate_rows(const T *x, int64_t x_stride, O *out, int64_t out_stride, int width, int odd,
                                                   int seed, int inverse) {
  const auto rotation = open_rotation<A>(width, odd, seed);
  x += blockIdx.x * x_stride;
  out += blockIdx.x * out_stride;
  rotation.prepare();
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    const A value = load(x, i);
    rotation.at(i) = !inverse && bl::is_negative(seed, i) ? -value : value;
  }
  __syncthreads();
  rotation.mix();
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    const A value = rotation.at(i);
    store(out, i, inverse && bl::is_negative(seed, i) ? -value : value);
  }
}

/* Tiles of 32 × 32 above the diagonal change places with those below it. */
__global__ void transpose_square(double *x, int64_t K) {
  __shared__ double above[32][33], below[32][33];
  const int64_t row = static_cast<int64_t>(blockIdx.y) * 32, column = static_cast<int64_t>(blockIdx.x) * 32;
  if (row > column) return;
  for (int i = threadIdx.y; i < 32; i += blockDim.y) {
    const int j = threadIdx.x;
    if (row + i < K && column + j < K) above[i][j] = x[(row + i) * K + column + j];
    if (column + i < K && row + j < K) below[i][j] = x[(column + i) * K + row + j];
  }
  __syncthreads();
  for (int i = threadIdx.y; i < 32; i += blockDim.y) {
    const int j = threadIdx.x;
    if (row + i < K && column + j < K) x[(row + i) * K + column + j] = below[j][i];
    if (column + i < K && row + j < K) x[(column + i) * K + row + j] = above[j][i];
  }
}

template <class A, class T, class O>
int launch_rows(const char *op, const T *x, int64_t x_stride, O *out, int64_t out_stride, int64_t M, int64_t width, int seed,
                int inverse, bl_stream stream) {
  int odd, power;
  BL_TRY(bl::split_width(op, width, sizeof(A), odd, power));
  if (M == 0) return BL_OK;
  const size_t bytes = bl::rotation_bytes<A>(width, odd);
  BL_TRY(bl::allow_shared(op, rotate_rows<A, T, O>, bytes));
  rotate_rows<A, T, O><<<static_cast<unsigned>(M), bl::rotation_threads(width), bytes, bl::stream_of(stream)>>>(
      x, x_stride, out, out_stride, static_cast<int>(width), odd, seed, inverse);
  return bl::launched(op);
}

}  // namespace

BL_EXPORT int bl_round_rotated(bl_context *ctx, int dtype, bl_ptr x, int64_t x_outer, int64_t x_inner, int64_t outer,
                               int64_t inner, int64_t width, int64_t G, int bits, int range, int symmetric, float clip,
                               int seed, bl_stream stream) {
  const char *op = "bl_round_rotated";
  BL_ENTER(ctx, op);
  BL_TRY(bl::check_vectors(op, outer, inner, width));
  BL_REQUIRE(G >= 1 && width % G == 0, "%s: groups of %lld do not divide %lld elements", op, (long long)G, (long long)width);
  BL_REQUIRE(bits >= 2 && bits <= 8, "%s: %d bits; 2 to 8 are supported", op, bits);
  BL_REQUIRE(range == BL_RANGE_ZERO || range == BL_RANGE_MINMAX, "%s: range %d is none of 0 (zero), 1 (minmax)", op, range);
  BL_REQUIRE(clip > 0 && clip <= 1, "%s: a clip of %g is not above 0 and at most 1", op, clip);
  if (outer == 0) return BL_OK;
  int odd, power;
  BL_TRY(bl::split_width(op, width, sizeof(float), odd, power));
  Rounding job = {static_cast<int>(G), static_cast<float>((1 << bits) - 1)};
  job.steps = symmetric ? static_cast<float>((1 << (bits - 1)) - 1) : job.most;
  job.smallest_width = range == BL_RANGE_ZERO ? 1e-30f : 1e-5f;
  job.clip = clip;
  job.middle = symmetric ? static_cast<float>(1 << (bits - 1)) : -1.0f;
  job.from_zero = range == BL_RANGE_ZERO || symmetric;
  const size_t bytes = bl::rotation_bytes<float>(width, odd);
  return bl::with_dtype(op, dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    BL_TRY(bl::allow_shared(op, round_rotated<T>, bytes));
    round_rotated<T><<<static_cast<unsigned>(outer * inner), bl::rotation_threads(width), bytes, bl::stream_of(stream)>>>(
        bl::pointer_to<T>(x), {x_outer, x_inner}, static_cast<int>(inner), static_cast<int>(width), odd, seed, job);
    return bl::launched(op);
  });
}

BL_EXPORT int bl_rotate_rows(bl_context *ctx, int x_dtype, bl_ptr x, int64_t x_stride, int out_dtype, bl_ptr out,
                             int64_t out_stride, int64_t M, int64_t width, int seed, int inverse, bl_stream stream) {
  const char *op = "bl_rotate_rows";
  BL_ENTER(ctx, op);
  BL_REQUIRE(M >= 0 && M < INT32_MAX, "%s: %lld rows", op, (long long)M);
  return bl::with_dtype(op, x_dtype, [&](auto from) {
    using T = typename decltype(from)::type;
    return bl::with_dtype(op, out_dtype, [&](auto to) {
      using O = typename decltype(to)::type;
      return launch_rows<float>(op, bl::pointer_to<const T>(x), x_stride, bl::pointer_to<O>(out), out_stride, M, width, seed,
                                inverse, stream);
    });
  });
}

BL_EXPORT int bl_rotate_hessian(bl_context *ctx, bl_ptr hessian, int64_t K, int seed, bl_stream stream) {
  const char *op = "bl_rotate_hessian";
  BL_ENTER(ctx, op);
  BL_REQUIRE(K >= 1 && K < INT32_MAX, "%s: K = %lld", op, (long long)K);
  double *values = bl::pointer_to<double>(hessian);
  const auto tiles = static_cast<unsigned>(bl::divide_up(K, 32));
  for (int side = 0; side < 2; ++side) {
    BL_TRY((launch_rows<double, double, double>(op, values, K, values, K, K, K, seed, 0, stream)));
    transpose_square<<<dim3(tiles, tiles), dim3(32, 8), 0, bl::stream_of(stream)>>>(values, K);
    BL_TRY(bl::launched(op));
  }
  return BL_OK;
}
