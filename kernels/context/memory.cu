/* Device memory, page-locked host memory, and copies between them. */
#include "../common.cuh"
#include "context.h"

BL_EXPORT int bl_alloc(bl_context *ctx, int64_t bytes, bl_ptr *out) {
  BL_ENTER(ctx, "bl_alloc");
  BL_REQUIRE(out != nullptr && bytes > 0, "bl_alloc: %lld bytes were asked for; 1 is the least", (long long)bytes);
  *out = 0;
  void *address = nullptr;
  const cudaError_t error = cudaMalloc(&address, static_cast<size_t>(bytes));
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    size_t free_bytes = 0, total_bytes = 0;
    cudaMemGetInfo(&free_bytes, &total_bytes);
    return bl::fail(BL_OUT_OF_MEMORY, "bl_alloc: %lld bytes were asked for, %zu of %zu are free", (long long)bytes,
                    free_bytes, total_bytes);
  }
  BL_CUDA_TRY("bl_alloc", error);
  *out = reinterpret_cast<bl_ptr>(address);
  return BL_OK;
}

BL_EXPORT int bl_free(bl_context *ctx, bl_ptr address) {
  BL_ENTER(ctx, "bl_free");
  BL_CUDA_TRY("bl_free", cudaFree(bl::pointer_to<void>(address)));
  return BL_OK;
}

BL_EXPORT int bl_alloc_host(bl_context *ctx, int64_t bytes, void **out) {
  BL_ENTER(ctx, "bl_alloc_host");
  BL_REQUIRE(out != nullptr && bytes > 0, "bl_alloc_host: %lld bytes were asked for; 1 is the least", (long long)bytes);
  *out = nullptr;
  const cudaError_t error = cudaHostAlloc(out, static_cast<size_t>(bytes), cudaHostAllocPortable);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return bl::fail(BL_OUT_OF_MEMORY, "bl_alloc_host: %lld bytes of page-locked host memory were asked for and refused",
                    (long long)bytes);
  }
  BL_CUDA_TRY("bl_alloc_host", error);
  return BL_OK;
}

BL_EXPORT int bl_free_host(bl_context *ctx, void *address) {
  BL_ENTER(ctx, "bl_free_host");
  BL_CUDA_TRY("bl_free_host", cudaFreeHost(address));
  return BL_OK;
}

static int copy(const char *op, void *to, const void *from, int64_t bytes, cudaMemcpyKind kind, bl_stream stream) {
  BL_REQUIRE(bytes >= 0, "%s: a copy of %lld bytes", op, (long long)bytes);
  if (bytes == 0) return BL_OK;
  BL_REQUIRE(to != nullptr && from != nullptr, "%s: a null address with %lld bytes", op, (long long)bytes);
  BL_CUDA_TRY(op, cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), kind, bl::stream_of(stream)));
  return BL_OK;
}

BL_EXPORT int bl_upload(bl_context *ctx, bl_ptr to, const void *from, int64_t bytes, bl_stream stream) {
  BL_ENTER(ctx, "bl_upload");
  return copy("bl_upload", bl::pointer_to<void>(to), from, bytes, cudaMemcpyHostToDevice, stream);
}

BL_EXPORT int bl_download(bl_context *ctx, void *to, bl_ptr from, int64_t bytes, bl_stream stream) {
  BL_ENTER(ctx, "bl_download");
  return copy("bl_download", to, bl::pointer_to<void>(from), bytes, cudaMemcpyDeviceToHost, stream);
}

BL_EXPORT int bl_copy(bl_context *ctx, bl_ptr to, bl_ptr from, int64_t bytes, bl_stream stream) {
  BL_ENTER(ctx, "bl_copy");
  return copy("bl_copy", bl::pointer_to<void>(to), bl::pointer_to<void>(from), bytes, cudaMemcpyDeviceToDevice, stream);
}

BL_EXPORT int bl_fill(bl_context *ctx, bl_ptr to, int value, int64_t bytes, bl_stream stream) {
  BL_ENTER(ctx, "bl_fill");
  BL_REQUIRE(bytes >= 0 && value >= 0 && value <= 255, "bl_fill: byte %d, %lld times", value, (long long)bytes);
  if (bytes == 0) return BL_OK;
  BL_CUDA_TRY("bl_fill", cudaMemsetAsync(bl::pointer_to<void>(to), value, static_cast<size_t>(bytes), bl::stream_of(stream)));
  return BL_OK;
}
