/* Products with the factors of random orthogonal matrices, in float64; reference: reference_mix.h. */
#include "../common.cuh"

namespace {

/* Of mix_columns: vectors a block, results a thread, and terms whose weights are kept at a time. */
constexpr int VECTORS = 128, RESULTS = 16, TERMS = 32;

struct Mix {
  const double *x;
  const int32_t *first, *from, *members;
  const double *table, *before, *after;
  int64_t terms, stride, M, n;
  double added;
  void *out;
  int is_float;

  __device__ void store(int64_t place, int64_t i, double value) const {
    if (after != nullptr) value *= after[i];
    if (is_float) static_cast<float *>(out)[place] = static_cast<float>(value + added);
    else static_cast<double *>(out)[place] = value + added;
  }
};

extern __shared__ double rows_kept[];

/* R rows a block, gathered into shared memory: a value of the table, read from the cache of the device, serves all of them. */
template <int R>
__global__ void __launch_bounds__(1024) mix_rows(const Mix in) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * R;
  for (int64_t i = threadIdx.x; i < in.n; i += blockDim.x) {
    const int32_t source = in.from[i];
    const double factor = in.before == nullptr ? 1.0 : in.before[source];
#pragma unroll
    for (int r = 0; r < R; ++r) rows_kept[r * in.n + i] = row + r < in.M ? in.x[(row + r) * in.n + source] * factor : 0.0;
  }
  __syncthreads();
  for (int64_t i = threadIdx.x; i < in.n; i += blockDim.x) {
    double sums[R] = {};
    const double *kept = rows_kept + in.first[i];
#pragma unroll 4
    for (int64_t j = 0; j < in.terms; ++j) {
      const double weight = in.table[j * in.n + i];
#pragma unroll
      for (int r = 0; r < R; ++r) sums[r] += weight * kept[r * in.n + j * in.stride];
    }
#pragma unroll
    for (int r = 0; r < R; ++r) {
      if (row + r < in.M) in.store((row + r) * in.n + i, i, sums[r]);
    }
  }
}

/*
 * Results of one group, up to RESULTS of them, for VECTORS columns: all of a group read the same rows of x, so that a number is
 * read once for all results of a thread, and a weight once for all columns of a block. Terms are summed in their order.
 */
__global__ void __launch_bounds__(VECTORS) mix_columns(const Mix in) {
  __shared__ __align__(16) double weights[TERMS][RESULTS];
  __shared__ int32_t sources[TERMS];
  const int64_t parts = (in.terms + RESULTS - 1) / RESULTS, part = blockIdx.y % parts;
  const int32_t *members = in.members + blockIdx.y / parts * in.terms + part * RESULTS;
  const int count = static_cast<int>(min(static_cast<int64_t>(RESULTS), in.terms - part * RESULTS));
  const int32_t *from = in.from + in.first[members[0]];
  const int64_t k = static_cast<int64_t>(blockIdx.x) * VECTORS + threadIdx.x;
  double sums[RESULTS] = {};
  for (int64_t start = 0; start < in.terms; start += TERMS) {
    const int here = static_cast<int>(min(static_cast<int64_t>(TERMS), in.terms - start));
    __syncthreads();
    for (int place = threadIdx.x; place < here * RESULTS; place += VECTORS) {
      const int j = place / RESULTS, r = place % RESULTS;
      const int32_t source = from[(start + j) * in.stride];
      const double factor = in.before == nullptr ? 1.0 : in.before[source];
      weights[j][r] = r < count ? in.table[(start + j) * in.n + members[r]] * factor : 0.0;
      if (r == 0) sources[j] = source;
    }
    __syncthreads();
    if (k >= in.M) continue;
#pragma unroll 4
    for (int j = 0; j < here; ++j) {
      const double value = in.x[sources[j] * in.M + k];
#pragma unroll
      for (int r = 0; r < RESULTS; ++r) sums[r] += weights[j][r] * value;
    }
  }
  if (k >= in.M) return;
#pragma unroll
  for (int r = 0; r < RESULTS; ++r) {
    if (r < count) in.store(members[r] * in.M + k, members[r], sums[r]);
  }
}

template <int R>
int launch_rows(const char *op, const Mix &in, cudaStream_t stream) {
  const size_t bytes = static_cast<size_t>(R) * in.n * sizeof(double);
  BL_TRY(bl::allow_shared(op, mix_rows<R>, bytes));
  const int64_t warps = bl::divide_up(in.n, 32);
  const auto threads = static_cast<unsigned>(warps < 32 ? warps * 32 : 1024);
  mix_rows<R><<<static_cast<unsigned>(bl::divide_up(in.M, R)), threads, bytes, stream>>>(in);
  return bl::launched(op);
}

}  // namespace

BL_EXPORT int bl_mix(bl_context *ctx, bl_ptr x, bl_ptr first, bl_ptr from, bl_ptr members, bl_ptr table,
                     bl_ptr before, bl_ptr after, int64_t terms, int64_t stride, int64_t M, int64_t n, int is_column, double added, bl_ptr out, int is_float,
                     bl_stream stream) {
  const char *op = "bl_mix";
  BL_ENTER(ctx, op);
  BL_REQUIRE(n >= 1 && M >= 0 && terms >= 1 && stride >= 1 && terms * stride <= n && n % terms == 0, "%s: %lld terms %lld apart of %lld numbers", op,
             (long long)terms, (long long)stride, (long long)n);
  BL_REQUIRE(n < 65536 && M < INT32_MAX, "%s: vectors of %lld numbers, %lld of them; both are too many", op, (long long)n,
             (long long)M);
  if (M == 0) return BL_OK;
  Mix in = {bl::pointer_to<const double>(x), bl::pointer_to<const int32_t>(first), bl::pointer_to<const int32_t>(from),
            bl::pointer_to<const int32_t>(members)};
  in.table = bl::pointer_to<const double>(table);
  in.before = bl::pointer_to<const double>(before);
  in.after = bl::pointer_to<const double>(after);
  in.terms = terms;
  in.stride = stride;
  in.M = M;
  in.n = n;
  in.added = added;
  in.out = bl::pointer_to<void>(out);
  in.is_float = is_float;
  cudaStream_t queue = bl::stream_of(stream);
  if (is_column) {
    const dim3 blocks(static_cast<unsigned>(bl::divide_up(M, VECTORS)),
                      static_cast<unsigned>(n / terms * bl::divide_up(terms, RESULTS)));
    mix_columns<<<blocks, VECTORS, 0, queue>>>(in);
    return bl::launched(op);
  }
  constexpr int64_t KEPT = 232448 / sizeof(double);
  if (n > KEPT)
    return bl::fail(BL_UNSUPPORTED, "%s: rows of %lld numbers do not fit into the shared memory of a block", op, (long long)n);
  if (4 * n <= KEPT) return launch_rows<4>(op, in, queue);
  return 2 * n <= KEPT ? launch_rows<2>(op, in, queue) : launch_rows<1>(op, in, queue);
}
