/* The recursion of triangular.h. */
#include "triangular.h"

#include "../common.cuh"
#include "../matmul/vendor.h"

namespace {

/* Largest block that is left to cuSOLVER. */
constexpr int64_t SMALLEST = 1024;
/* Rows or columns of a panel: fewer leave out more zeros, more make better use of the device. */
constexpr int64_t PANEL = 1024;

struct Work {
  bl_context *ctx;
  double *a, *inverse;
  /* Of the whole matrix, which is the distance between rows. */
  int64_t K;
  bl_stream stream;

  int64_t at(int64_t row, int64_t column) const { return row * K + column; }
  int multiply(const double *x, const double *y, int transpose_y, double *to, int64_t M, int64_t N, int64_t depth,
               double alpha, double beta) const {
    return vendor_gemm_f64(ctx, x, K, y, K, transpose_y, to, K, M, N, depth, alpha, beta, stream);
  }
};

int64_t smaller_of(int64_t a, int64_t b) { return a < b ? a : b; }

/* The block of n rows and columns from `first` on, left to cuSOLVER. */
int solve_directly(const Work &work, int64_t first, int64_t n) {
  double *block = work.a + work.at(first, first), *out = work.inverse + work.at(first, first);
  BL_TRY(vendor_cholesky(work.ctx, block, work.K, n, 0, work.stream));
  BL_CUDA_TRY("bl_factor", cudaMemcpy2DAsync(out, work.K * sizeof(double), block, work.K * sizeof(double),
                                             n * sizeof(double), n, cudaMemcpyDeviceToDevice, bl::stream_of(work.stream)));
  return vendor_triangular_inverse(work.ctx, out, work.K, n, 0, work.stream);
}

/* L₂₁ takes the place of V₂₁, then A₂₂ loses its square, then L₂₁·V₁₁ takes the place of A₂₁. */
int eliminate(const Work &work, int64_t first, int64_t half, int64_t rest) {
  const int64_t below = first + half;
  double *a21 = work.a + work.at(below, first), *a22 = work.a + work.at(below, below);
  double *l21 = work.inverse + work.at(below, first);
  const double *v11 = work.inverse + work.at(first, first);
  for (int64_t p = 0; p < half; p += PANEL) {
    const int64_t width = smaller_of(PANEL, half - p);
    BL_TRY(work.multiply(a21, v11 + work.at(p, 0), 1, l21 + p, rest, width, p + width, 1, 0));
  }
  for (int64_t p = 0; p < rest; p += PANEL) {
    const int64_t rows = smaller_of(PANEL, rest - p);
    BL_TRY(work.multiply(l21 + work.at(p, 0), l21, 1, a22 + work.at(p, 0), rows, p + rows, half, -1, 1));
  }
  for (int64_t p = 0; p < half; p += PANEL) {
    const int64_t width = smaller_of(PANEL, half - p);
    BL_TRY(work.multiply(l21 + p, v11 + work.at(p, p), 0, a21 + p, rest, width, half - p, 1, 0));
  }
  return BL_OK;
}

/* V₂₁ = −V₂₂ · (L₂₁·V₁₁). */
int finish(const Work &work, int64_t first, int64_t half, int64_t rest) {
  const int64_t below = first + half;
  const double *v22 = work.inverse + work.at(below, below), *product = work.a + work.at(below, first);
  double *v21 = work.inverse + work.at(below, first);
  for (int64_t p = 0; p < rest; p += PANEL) {
    const int64_t rows = smaller_of(PANEL, rest - p);
    BL_TRY(work.multiply(v22 + work.at(p, 0), product, 0, v21 + work.at(p, 0), rows, half, p + rows, -1, 0));
  }
  return BL_OK;
}

/* What is above the diagonal of a block becomes 0 again. */
__global__ void clear_above(double *block, int64_t stride, int64_t n) {
  const int64_t i = blockIdx.y, j = blockIdx.x * static_cast<int64_t>(blockDim.x) + threadIdx.x;
  if (j > i && j < n) block[i * stride + j] = 0;
}

int solve(const Work &work, int64_t first, int64_t n) {
  if (n <= SMALLEST) {
    BL_TRY(solve_directly(work, first, n));
    clear_above<<<dim3(static_cast<unsigned>(bl::divide_up(n, 256)), static_cast<unsigned>(n)), 256, 0,
                  bl::stream_of(work.stream)>>>(work.inverse + work.at(first, first), work.K, n);
    return bl::launched("bl_factor");
  }
  const int64_t half = bl::divide_up(n, 128) * 64, rest = n - half;
  BL_TRY(solve(work, first, half));
  BL_TRY(eliminate(work, first, half, rest));
  BL_TRY(solve(work, first + half, rest));
  return finish(work, first, half, rest);
}

}  // namespace

int inverse_of_factor(bl_context *ctx, double *a, double *inverse, int64_t K, bl_stream stream) {
  // Panels read what is above the diagonal.
  BL_CUDA_TRY("bl_factor", cudaMemsetAsync(inverse, 0, K * K * sizeof(double), bl::stream_of(stream)));
  return solve(Work{ctx, a, inverse, K, stream}, 0, K);
}
