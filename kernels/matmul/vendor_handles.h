/* What the vendor*.cu files share; the only header that includes those of cuBLAS, cuBLASLt and cuSOLVER. */
#ifndef BITLOSS_VENDOR_HANDLES_H
#define BITLOSS_VENDOR_HANDLES_H

#include <cublasLt.h>
#include <cublas_v2.h>
#include <cusolverDn.h>

#include <array>
#include <map>
#include <set>
#include <vector>

#include "../common.cuh"
#include "vendor.h"

/* What an algorithm of cuBLASLt is chosen by. `rows`, the dimension that differs from call to call, is no part of it. */
struct ProductKey {
  int kind, dtype, out_dtype, alignment;
  int64_t N, K;

  bool operator<(const ProductKey &other) const {
    if (kind != other.kind) return kind < other.kind;
    if (dtype != other.dtype) return dtype < other.dtype;
    if (out_dtype != other.out_dtype) return out_dtype < other.out_dtype;
    if (alignment != other.alignment) return alignment < other.alignment;
    return N != other.N ? N < other.N : K < other.K;
  }
};

struct Chosen {
  /* False: cuBLASLt has nothing that fits, and our own kernel does it. */
  bool exists;
  cublasLtMatmulAlgo_t algorithm;
};

struct bl_vendor {
  cublasHandle_t blas = nullptr;
  cublasLtHandle_t blas_lt = nullptr;
  cusolverDnHandle_t solver = nullptr;
  /* Of cuBLAS (float64 only); used by one stream at a time. */
  void *workspace = nullptr;
  size_t workspace_bytes = 64 << 20;
  /* Of cuSOLVER; grows. */
  void *scratch = nullptr;
  size_t scratch_bytes = 0;
  std::map<ProductKey, Chosen> algorithms;
  /* A few bytes of workspace for each stream, so that their products may run at the same time. */
  void *counters = nullptr;
  std::map<bl_stream, int> places;
  /* As bl_slow_products gives them. */
  std::set<std::array<int64_t, 5>> slow;
};

inline int blas_failed(const char *op, const char *call, cublasStatus_t status) {
  return bl::fail(BL_LIBRARY, "%s: %s: %s", op, call, cublasGetStatusString(status));
}

inline int solver_failed(const char *op, const char *call, cusolverStatus_t status) {
  return bl::fail(BL_LIBRARY, "%s: %s: cuSOLVER status %d", op, call, static_cast<int>(status));
}

#define BLAS_TRY(op, function, ...)                                                         \
  do {                                                                                      \
    const cublasStatus_t blas_status = function(__VA_ARGS__);                               \
    if (blas_status != CUBLAS_STATUS_SUCCESS) return blas_failed(op, #function, blas_status); \
  } while (0)

#define SOLVER_TRY(op, function, ...)                                                               \
  do {                                                                                              \
    const cusolverStatus_t solver_status = function(__VA_ARGS__);                                   \
    if (solver_status != CUSOLVER_STATUS_SUCCESS) return solver_failed(op, #function, solver_status); \
  } while (0)

#endif
