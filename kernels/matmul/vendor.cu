/* Matrix products of float32 and 16-bit matrices through cuBLASLt, with algorithms that do not depend on the number of rows. */
#include <new>

#include "vendor_handles.h"

/*
 * Algorithms are chosen for this many rows, whatever a call has: those of a large chunk, whose products take most of the
 * time. Scoring 8 x 2048 tokens of the Llama-3-8B shape on one H200: 39506 tokens/s, and 39186 with 1024.
 */
static constexpr int64_t CHOSEN_FOR_ROWS = 4096;
static constexpr int CANDIDATES = 16;
/* Algorithms that deal out tiles as blocks become free keep a counter in their workspace; none with more is taken. */
static constexpr size_t COUNTER_BYTES = 1024;
static constexpr int MOST_STREAMS = 256;

static int open_handles(bl_vendor *vendor) {
  BLAS_TRY("bl_open", cublasCreate, &vendor->blas);
  BLAS_TRY("bl_open", cublasLtCreate, &vendor->blas_lt);
  SOLVER_TRY("bl_open", cusolverDnCreate, &vendor->solver);
  BL_CUDA_TRY("bl_open", cudaMalloc(&vendor->workspace, vendor->workspace_bytes));
  BLAS_TRY("bl_open", cublasSetWorkspace, vendor->blas, vendor->workspace, vendor->workspace_bytes);
  BL_CUDA_TRY("bl_open", cudaMalloc(&vendor->counters, COUNTER_BYTES * MOST_STREAMS));
  return BL_OK;
}

int vendor_open(bl_context *ctx) {
  ctx->vendor = new (std::nothrow) bl_vendor();
  if (ctx->vendor == nullptr) return bl::fail(BL_OUT_OF_MEMORY, "bl_open: no host memory for library handles");
  const int status = open_handles(ctx->vendor);
  if (status != BL_OK) vendor_close(ctx);
  return status;
}

void vendor_close(bl_context *ctx) {
  bl_vendor *vendor = ctx->vendor;
  if (vendor == nullptr) return;
  if (vendor->solver != nullptr) cusolverDnDestroy(vendor->solver);
  if (vendor->blas_lt != nullptr) cublasLtDestroy(vendor->blas_lt);
  if (vendor->blas != nullptr) cublasDestroy(vendor->blas);
  cudaFree(vendor->workspace);
  cudaFree(vendor->scratch);
  cudaFree(vendor->counters);
  delete vendor;
  ctx->vendor = nullptr;
}

enum ProductKind { ROWS_BY_ROWS = 0, COLUMNS_BY_COLUMNS = 1 };

/* One product as cuBLASLt sees it, column-major: d [m, n] = op(a)·op(b) + beta · d. */
struct Product {
  ProductKey key;
  cublasLtMatmulDescOpaque_t operation;
  cublasLtMatrixLayoutOpaque_t a, b, d;
};

static cudaDataType type_of(int dtype) {
  return dtype == BL_F32 ? CUDA_R_32F : dtype == BL_F16 ? CUDA_R_16F : CUDA_R_16BF;
}

/* out[M, N] = x·wᵀ is, column-major, out' [N, M] = (w' [K, N])ᵀ · x' [K, M]. */
static int describe_matmul(Product *product, int64_t M, int64_t x_stride, int64_t out_stride) {
  const ProductKey &key = product->key;
  const cublasOperation_t transpose = CUBLAS_OP_T;
  BLAS_TRY("bl_matmul", cublasLtMatmulDescInit, &product->operation, CUBLAS_COMPUTE_32F, CUDA_R_32F);
  BLAS_TRY("bl_matmul", cublasLtMatmulDescSetAttribute, &product->operation, CUBLASLT_MATMUL_DESC_TRANSA, &transpose,
           sizeof transpose);
  BLAS_TRY("bl_matmul", cublasLtMatrixLayoutInit, &product->a, type_of(key.dtype), key.K, key.N, key.K);
  BLAS_TRY("bl_matmul", cublasLtMatrixLayoutInit, &product->b, type_of(key.dtype), key.K, M, x_stride);
  BLAS_TRY("bl_matmul", cublasLtMatrixLayoutInit, &product->d, type_of(key.out_dtype), key.N, M, out_stride);
  return BL_OK;
}

/* c[N, N2] = xᵀ·y is, column-major, c' [N2, N] = y' [N2, M] · (x' [N, M])ᵀ; the key's K is N2. */
static int describe_gram(Product *product, int64_t M, int64_t stride, int64_t c_stride) {
  const ProductKey &key = product->key;
  const cublasOperation_t transpose = CUBLAS_OP_T;
  BLAS_TRY("bl_gram", cublasLtMatmulDescInit, &product->operation, CUBLAS_COMPUTE_32F, CUDA_R_32F);
  BLAS_TRY("bl_gram", cublasLtMatmulDescSetAttribute, &product->operation, CUBLASLT_MATMUL_DESC_TRANSB, &transpose,
           sizeof transpose);
  BLAS_TRY("bl_gram", cublasLtMatrixLayoutInit, &product->a, type_of(key.dtype), key.K, M, stride);
  BLAS_TRY("bl_gram", cublasLtMatrixLayoutInit, &product->b, type_of(key.dtype), key.N, M, stride);
  BLAS_TRY("bl_gram", cublasLtMatrixLayoutInit, &product->d, CUDA_R_32F, key.K, key.N, c_stride);
  return BL_OK;
}

static int describe(Product *product, int64_t M, int64_t stride, int64_t out_stride) {
  return product->key.kind == ROWS_BY_ROWS ? describe_matmul(product, M, stride, out_stride)
                                           : describe_gram(product, M, stride, out_stride);
}

/* Whole sums in one block: nothing that is split over K and added up afterwards. */
static bool adds_in_one_piece(const cublasLtMatmulAlgo_t *algorithm) {
  int32_t pieces = 0;
  uint32_t scheme = 0;
  size_t written = 0;
  const auto read = [&](cublasLtMatmulAlgoConfigAttributes_t attribute, void *value, size_t bytes) {
    return cublasLtMatmulAlgoConfigGetAttribute(algorithm, attribute, value, bytes, &written) == CUBLAS_STATUS_SUCCESS;
  };
  return read(CUBLASLT_ALGO_CONFIG_SPLITK_NUM, &pieces, sizeof pieces) &&
         read(CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME, &scheme, sizeof scheme) && pieces <= 1 && scheme == 0;
}

static bool takes(bl_vendor *vendor, Product *product, const cublasLtMatmulAlgo_t *algorithm) {
  cublasLtMatmulHeuristicResult_t result;
  return cublasLtMatmulAlgoCheck(vendor->blas_lt, &product->operation, &product->a, &product->b, &product->d, &product->d,
                                 algorithm, &result) == CUBLAS_STATUS_SUCCESS &&
         result.state == CUBLAS_STATUS_SUCCESS && result.workspaceSize <= COUNTER_BYTES;
}

/*
 * The first algorithm that cuBLASLt proposes for CHOSEN_FOR_ROWS rows and that also takes few and many. BL_UNSUPPORTED
 * where there is none.
 */
static int choose(bl_vendor *vendor, const char *op, Product product, cublasLtMatmulAlgo_t *chosen) {
  const ProductKey key = product.key;
  const bool by_rows = key.kind == ROWS_BY_ROWS;
  const int64_t packed = by_rows ? key.K : bl::divide_up(key.N > key.K ? key.N : key.K, 8) * 8;
  // A stride of the output that is a multiple of 16 bytes, or is not.
  const int64_t width = by_rows ? key.N : key.K, out_packed = bl::divide_up(width, 8) * 8 + (key.alignment >= 16 ? 0 : 1);
  BL_TRY(describe(&product, CHOSEN_FOR_ROWS, packed, out_packed));
  cublasLtMatmulPreferenceOpaque_t preference;
  const size_t workspace = COUNTER_BYTES;
  const uint32_t alignment = 16, out_alignment = key.alignment, no_scheme = CUBLASLT_REDUCTION_SCHEME_NONE;
  BLAS_TRY(op, cublasLtMatmulPreferenceInit, &preference);
  const auto prefer = [&](cublasLtMatmulPreferenceAttributes_t attribute, const void *value, size_t bytes) {
    return cublasLtMatmulPreferenceSetAttribute(&preference, attribute, value, bytes);
  };
  BLAS_TRY(op, prefer, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace, sizeof workspace);
  BLAS_TRY(op, prefer, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &no_scheme, sizeof no_scheme);
  BLAS_TRY(op, prefer, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, &alignment, sizeof alignment);
  BLAS_TRY(op, prefer, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, &alignment, sizeof alignment);
  BLAS_TRY(op, prefer, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, &out_alignment, sizeof out_alignment);
  BLAS_TRY(op, prefer, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, &out_alignment, sizeof out_alignment);
  cublasLtMatmulHeuristicResult_t proposed[CANDIDATES];
  int found = 0;
  const cublasStatus_t status =
      cublasLtMatmulAlgoGetHeuristic(vendor->blas_lt, &product.operation, &product.a, &product.b, &product.d, &product.d,
                                     &preference, CANDIDATES, proposed, &found);
  if (status != CUBLAS_STATUS_SUCCESS && status != CUBLAS_STATUS_NOT_SUPPORTED) return blas_failed(op, "heuristic", status);
  for (int i = 0; i < found && status == CUBLAS_STATUS_SUCCESS; ++i) {
    const cublasLtMatmulAlgo_t *algorithm = &proposed[i].algo;
    if (proposed[i].state != CUBLAS_STATUS_SUCCESS || !adds_in_one_piece(algorithm)) continue;
    bool takes_all = true;
    for (const int64_t rows : {int64_t(1), int64_t(7), int64_t(64), int64_t(1000), int64_t(16384)}) {
      BL_TRY(describe(&product, rows, packed, out_packed));
      takes_all = takes_all && takes(vendor, &product, algorithm);
    }
    if (!takes_all) continue;
    *chosen = *algorithm;
    return BL_OK;
  }
  return BL_UNSUPPORTED;
}

static void *counters_of(bl_vendor *vendor, bl_stream stream) {
  const int next = static_cast<int>(vendor->places.size()) % MOST_STREAMS;
  const int place = vendor->places.emplace(stream, next).first->second;
  return static_cast<char *>(vendor->counters) + place * COUNTER_BYTES;
}

static int run(bl_context *ctx, const char *op, Product *product, const void *a, const void *b, void *d, float beta,
               bl_stream stream) {
  bl_vendor *vendor = ctx->vendor;
  auto known = vendor->algorithms.find(product->key);
  if (known == vendor->algorithms.end()) {
    Chosen chosen{};
    const int status = choose(vendor, op, *product, &chosen.algorithm);
    if (status != BL_OK && status != BL_UNSUPPORTED) return status;
    chosen.exists = status == BL_OK;
    known = vendor->algorithms.emplace(product->key, chosen).first;
  }
  if (!known->second.exists) return bl::fail(BL_UNSUPPORTED, "%s: cuBLASLt has no algorithm", op);
  const float alpha = 1;
  BLAS_TRY(op, cublasLtMatmul, vendor->blas_lt, &product->operation, &alpha, a, &product->a, b, &product->b, &beta, d,
           &product->d, d, &product->d, &known->second.algorithm, counters_of(vendor, stream), COUNTER_BYTES, bl::stream_of(stream));
  return BL_OK;
}

/* 16 where all rows of the output begin at multiples of 16 bytes, else the size of an element. */
static int output_alignment(const void *out, int64_t stride, int dtype) {
  const int64_t bytes = bl::bytes_of(dtype);
  return reinterpret_cast<uintptr_t>(out) % 16 == 0 && stride * bytes % 16 == 0 ? 16 : static_cast<int>(bytes);
}

int vendor_matmul(bl_context *ctx, int dtype, const void *x, int64_t x_stride, const void *w, void *out, int out_dtype,
                  int64_t out_stride, int64_t M, int64_t N, int64_t K, int accumulate, bl_stream stream) {
  Product product;
  product.key = {ROWS_BY_ROWS, dtype, out_dtype, output_alignment(out, out_stride, out_dtype), N, K};
  BL_TRY(describe_matmul(&product, M, x_stride, out_stride));
  return run(ctx, "bl_matmul", &product, w, x, out, accumulate ? 1.0f : 0.0f, stream);
}

int vendor_gram_block(bl_context *ctx, int dtype, const void *x, const void *y, int64_t stride, int64_t M, int64_t N,
                      int64_t N2, float *c, int64_t c_stride, float beta, bl_stream stream) {
  Product product;
  product.key = {COLUMNS_BY_COLUMNS, dtype, BL_F32, output_alignment(c, c_stride, BL_F32), N, N2};
  BL_TRY(describe_gram(&product, M, stride, c_stride));
  return run(ctx, "bl_gram", &product, y, x, c, beta, stream);
}
