/* Opening and closing a device, what it is, and the text of failures. */
#include "context.h"


#include <new>

#include "../common.cuh"
#include "../matmul/vendor.h"

/* The oldest architecture that the kernels are compiled for. */
static constexpr int OLDEST_CAPABILITY = 80;

int bl::enter(const bl_context *ctx, const char *op) {
  if (ctx == nullptr) return fail(BL_BAD_SHAPE, "%s: the context is null; open a device first", op);
  BL_CUDA_TRY(op, cudaSetDevice(ctx->device));
  return BL_OK;
}

BL_EXPORT const char *bl_message(void) { return bl::message; }

BL_EXPORT int bl_device_count(int *count) {
  BL_REQUIRE(count != nullptr, "bl_device_count: count is null");
  *count = 0;
  const cudaError_t error = cudaGetDeviceCount(count);
  if (error == cudaSuccess) return BL_OK;
  *count = 0;
  return bl::cuda_failed("bl_device_count", error);
}

static int read_limits(bl_context *ctx) {
  const auto read = [ctx](cudaDeviceAttr attribute, int *value) {
    return cudaDeviceGetAttribute(value, attribute, ctx->device);
  };
  int major = 0, minor = 0, shared = 0;
  BL_CUDA_TRY("bl_open", read(cudaDevAttrComputeCapabilityMajor, &major));
  BL_CUDA_TRY("bl_open", read(cudaDevAttrComputeCapabilityMinor, &minor));
  BL_CUDA_TRY("bl_open", read(cudaDevAttrMultiProcessorCount, &ctx->multiprocessors));
  BL_CUDA_TRY("bl_open", read(cudaDevAttrMaxSharedMemoryPerBlockOptin, &shared));
  ctx->capability = 10 * major + minor;
  ctx->shared_bytes = shared;
  if (ctx->capability >= OLDEST_CAPABILITY) return BL_OK;
  return bl::fail(BL_UNSUPPORTED, "bl_open: device %d has compute capability %d.%d; 8.0 is the oldest supported",
                  ctx->device, major, minor);
}

BL_EXPORT int bl_open(int device, bl_context **out) {
  BL_REQUIRE(out != nullptr, "bl_open: out is null");
  *out = nullptr;
  int count = 0;
  BL_TRY(bl_device_count(&count));
  BL_REQUIRE(device >= 0 && device < count, "bl_open: there is no device %d; there are %d, counted from 0", device, count);
  BL_CUDA_TRY("bl_open", cudaSetDevice(device));
  bl_context *ctx = new (std::nothrow) bl_context();
  if (ctx == nullptr) return bl::fail(BL_OUT_OF_MEMORY, "bl_open: no host memory for a context");
  ctx->device = device;
  int status = read_limits(ctx);
  if (status == BL_OK) status = vendor_open(ctx);
  if (status != BL_OK) {
    delete ctx;
    return status;
  }
  *out = ctx;
  return BL_OK;
}

BL_EXPORT int bl_close(bl_context *ctx) {
  BL_ENTER(ctx, "bl_close");
  vendor_close(ctx);
  delete ctx;
  return BL_OK;
}

BL_EXPORT int bl_device(bl_context *ctx, char *name, int64_t *numbers) {
  BL_ENTER(ctx, "bl_device");
  BL_REQUIRE(name != nullptr && numbers != nullptr, "bl_device: name and numbers must not be null");
  cudaDeviceProp properties;
  size_t free_bytes = 0, total_bytes = 0;
  int driver = 0, runtime = 0;
  BL_CUDA_TRY("bl_device", cudaGetDeviceProperties(&properties, ctx->device));
  BL_CUDA_TRY("bl_device", cudaMemGetInfo(&free_bytes, &total_bytes));
  BL_CUDA_TRY("bl_device", cudaDriverGetVersion(&driver));
  BL_CUDA_TRY("bl_device", cudaRuntimeGetVersion(&runtime));
  snprintf(name, 256, "%s", properties.name);
  numbers[0] = ctx->capability;
  numbers[1] = ctx->multiprocessors;
  numbers[2] = properties.l2CacheSize;
  numbers[3] = static_cast<int64_t>(total_bytes);
  numbers[4] = static_cast<int64_t>(free_bytes);
  numbers[5] = driver;
  numbers[6] = runtime;
  numbers[7] = ctx->shared_bytes;
  return BL_OK;
}
