/* The only file that includes cuBLAS, cuBLASLt and cuSOLVER. */
#include "vendor.h"

#include <cublasLt.h>
#include <cublas_v2.h>
#include <cusolverDn.h>

#include <new>

#include "../common.cuh"

struct bl_vendor {
  cublasHandle_t blas = nullptr;
  cublasLtHandle_t blas_lt = nullptr;
  cusolverDnHandle_t solver = nullptr;
  void *workspace = nullptr;
};

static constexpr size_t WORKSPACE_BYTES = 64 << 20;

static int blas_failed(const char *op, const char *call, cublasStatus_t status) {
  return bl::fail(BL_LIBRARY, "%s: %s failed: %s", op, call, cublasGetStatusString(status));
}

static int solver_failed(const char *op, const char *call, cusolverStatus_t status) {
  return bl::fail(BL_LIBRARY, "%s: %s failed with cuSOLVER status %d", op, call, static_cast<int>(status));
}

#define BLAS_TRY(op, call)                                                       \
  do {                                                                           \
    const cublasStatus_t blas_status = (call);                                   \
    if (blas_status != CUBLAS_STATUS_SUCCESS) return blas_failed(op, #call, blas_status); \
  } while (0)

#define SOLVER_TRY(op, call)                                                     \
  do {                                                                           \
    const cusolverStatus_t solver_status = (call);                               \
    if (solver_status != CUSOLVER_STATUS_SUCCESS) return solver_failed(op, #call, solver_status); \
  } while (0)

static int open_handles(bl_vendor *vendor) {
  BLAS_TRY("bl_open", cublasCreate(&vendor->blas));
  BLAS_TRY("bl_open", cublasLtCreate(&vendor->blas_lt));
  SOLVER_TRY("bl_open", cusolverDnCreate(&vendor->solver));
  BL_CUDA_TRY("bl_open", cudaMalloc(&vendor->workspace, WORKSPACE_BYTES));
  BLAS_TRY("bl_open", cublasSetWorkspace(vendor->blas, vendor->workspace, WORKSPACE_BYTES));
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
  if (vendor->workspace != nullptr) cudaFree(vendor->workspace);
  delete vendor;
  ctx->vendor = nullptr;
}
