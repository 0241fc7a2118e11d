/* Float64 for the quantization kernels: factors and inverses through cuSOLVER, products through cuBLAS. */
#include "vendor_handles.h"

/* A row-major lower triangle is a column-major upper one. */
static cublasFillMode_t triangle_of(int upper) { return upper ? CUBLAS_FILL_MODE_LOWER : CUBLAS_FILL_MODE_UPPER; }

/* Device memory for cuSOLVER, kept until the context is closed: `info` (int32), then `bytes` from offset 256 on. */
static int reserve(bl_vendor *vendor, const char *op, size_t bytes, bl_stream stream) {
  if (vendor->scratch_bytes >= bytes + 256) return BL_OK;
  BL_CUDA_TRY(op, cudaStreamSynchronize(bl::stream_of(stream)));
  BL_CUDA_TRY(op, cudaFree(vendor->scratch));
  vendor->scratch = nullptr;
  vendor->scratch_bytes = 0;
  BL_CUDA_TRY(op, cudaMalloc(&vendor->scratch, bytes + 256));
  vendor->scratch_bytes = bytes + 256;
  return BL_OK;
}

static void *work_of(bl_vendor *vendor) { return static_cast<char *>(vendor->scratch) + 256; }

/* Waits for cuSOLVER's verdict: 0, or the order of the first leading minor that is not positive. */
static int read_info(bl_vendor *vendor, const char *op, int64_t K, bl_stream stream) {
  int info = 0;
  const cudaStream_t queue = bl::stream_of(stream);
  BL_CUDA_TRY(op, cudaMemcpyAsync(&info, vendor->scratch, sizeof info, cudaMemcpyDeviceToHost, queue));
  BL_CUDA_TRY(op, cudaStreamSynchronize(queue));
  if (info == 0) return BL_OK;
  if (info < 0) return bl::fail(BL_LIBRARY, "%s: cuSOLVER rejects its argument %d", op, -info);
  return bl::fail(BL_NOT_POSITIVE, "%s: the matrix [%lld, %lld] is not positive definite; its minor of order %d is not", op,
                  (long long)K, (long long)K, info);
}

int vendor_cholesky(bl_context *ctx, double *a, int64_t stride, int64_t K, int upper, bl_stream stream) {
  const char *op = "cholesky";
  bl_vendor *vendor = ctx->vendor;
  size_t device_bytes = 0, host_bytes = 0;
  SOLVER_TRY(op, cusolverDnSetStream, vendor->solver, bl::stream_of(stream));
  SOLVER_TRY(op, cusolverDnXpotrf_bufferSize, vendor->solver, nullptr, triangle_of(upper), K, CUDA_R_64F, a, stride, CUDA_R_64F,
             &device_bytes, &host_bytes);
  BL_TRY(reserve(vendor, op, device_bytes, stream));
  std::vector<char> host(host_bytes);
  SOLVER_TRY(op, cusolverDnXpotrf, vendor->solver, nullptr, triangle_of(upper), K, CUDA_R_64F, a, stride, CUDA_R_64F,
             work_of(vendor), device_bytes, host.data(), host_bytes, static_cast<int *>(vendor->scratch));
  return read_info(vendor, op, K, stream);
}

int vendor_cholesky_inverse(bl_context *ctx, double *a, int64_t K, int upper, bl_stream stream) {
  const char *op = "cholesky_inverse";
  bl_vendor *vendor = ctx->vendor;
  int values = 0;
  const int size = static_cast<int>(K);
  SOLVER_TRY(op, cusolverDnSetStream, vendor->solver, bl::stream_of(stream));
  SOLVER_TRY(op, cusolverDnDpotri_bufferSize, vendor->solver, triangle_of(upper), size, a, size, &values);
  BL_TRY(reserve(vendor, op, values * sizeof(double), stream));
  SOLVER_TRY(op, cusolverDnDpotri, vendor->solver, triangle_of(upper), size, a, size, static_cast<double *>(work_of(vendor)),
             values, static_cast<int *>(vendor->scratch));
  return read_info(vendor, op, K, stream);
}

int vendor_triangular_inverse(bl_context *ctx, double *a, int64_t stride, int64_t K, int upper, bl_stream stream) {
  const char *op = "triangular_inverse";
  bl_vendor *vendor = ctx->vendor;
  size_t device_bytes = 0, host_bytes = 0;
  const cublasDiagType_t diagonal = CUBLAS_DIAG_NON_UNIT;
  SOLVER_TRY(op, cusolverDnSetStream, vendor->solver, bl::stream_of(stream));
  SOLVER_TRY(op, cusolverDnXtrtri_bufferSize, vendor->solver, triangle_of(upper), diagonal, K, CUDA_R_64F, a, stride,
             &device_bytes, &host_bytes);
  BL_TRY(reserve(vendor, op, device_bytes, stream));
  std::vector<char> host(host_bytes);
  SOLVER_TRY(op, cusolverDnXtrtri, vendor->solver, triangle_of(upper), diagonal, K, CUDA_R_64F, a, stride, work_of(vendor),
             device_bytes, host.data(), host_bytes, static_cast<int *>(vendor->scratch));
  return read_info(vendor, op, K, stream);
}

/* Row-major c = a·b is, column-major, c' = b'·a'. */
int vendor_gemm_f64(bl_context *ctx, const double *a, int64_t a_stride, const double *b, int64_t b_stride,
                    int transpose_b, double *c, int64_t c_stride, int64_t M, int64_t N, int64_t K, double alpha, double beta,
                    bl_stream stream) {
  const char *op = "gemm_f64";
  if (M == 0 || N == 0) return BL_OK;
  BLAS_TRY(op, cublasSetStream, ctx->vendor->blas, bl::stream_of(stream));
  // Setting the stream gives the handle its own workspace back, which streams under capture must not grow.
  BLAS_TRY(op, cublasSetWorkspace, ctx->vendor->blas, ctx->vendor->workspace, ctx->vendor->workspace_bytes);
  BLAS_TRY(op, cublasDgemm_64, ctx->vendor->blas, transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N, CUBLAS_OP_N, N, M, K, &alpha, b, b_stride, a, a_stride, &beta,
           c, c_stride);
  return BL_OK;
}
