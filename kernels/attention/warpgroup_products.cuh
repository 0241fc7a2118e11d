/* The asynchronous products of a warpgroup (wgmma, sm_90a) that attention needs. Source: PTX ISA 8.7, section 9.7.15. */
#ifndef BITLOSS_ATTENTION_WARPGROUP_PRODUCTS_CUH
#define BITLOSS_ATTENTION_WARPGROUP_PRODUCTS_CUH

#include "barriers.cuh"

namespace bl::attention {

#if BL_HAS_WARPGROUPS

/* Lets asynchronous products read what this thread knows to be written by ordinary stores and copies. */
__device__ __forceinline__ void fence_for_products() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

/* Keeps the compiler from moving uses of registers that a product in flight writes. */
template <int COUNT>
__device__ __forceinline__ void hold(float (&values)[COUNT][4]) {
#pragma unroll
  for (int n = 0; n < COUNT; n += 1) {
    asm volatile("" : "+f"(values[n][0]), "+f"(values[n][1]), "+f"(values[n][2]), "+f"(values[n][3])::"memory");
  }
}

#define BL_D4(d, n) "+f"(d[n][0]), "+f"(d[n][1]), "+f"(d[n][2]), "+f"(d[n][3])

/* d [64, 64] (+)= a [64, 16] · b [64, 16]ᵀ, both in shared memory with 16-byte chunks along the 16. */
#define BL_PRODUCT_SHARED_64(TYPE) \
  asm volatile( \
      "{\n.reg .pred p;\nsetp.ne.b32 p, %34, 0;\n" \
      "wgmma.mma_async.sync.aligned.m64n64k16.f32." TYPE "." TYPE " {" \
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, " \
      "%22, %23, %24, %25, %26, %27, %28, %29, %30, %31}," \
      "%32, %33, p, 1, 1, 0, 0;\n}\n" \
      : \
      BL_D4(d, 0), BL_D4(d, 1), BL_D4(d, 2), BL_D4(d, 3), BL_D4(d, 4), BL_D4(d, 5), BL_D4(d, 6), \
      BL_D4(d, 7) \
      : "l"(a), "l"(b), "r"(accumulate))

/* d [64, 128] (+)= a [64, 16] · b [128, 16]ᵀ, both in shared memory with 16-byte chunks along the 16. */
#define BL_PRODUCT_SHARED_128(TYPE) \
  asm volatile( \
      "{\n.reg .pred p;\nsetp.ne.b32 p, %66, 0;\n" \
      "wgmma.mma_async.sync.aligned.m64n128k16.f32." TYPE "." TYPE " {" \
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, " \
      "%22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, " \
      "%42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, " \
      "%62, %63}," \
      "%64, %65, p, 1, 1, 0, 0;\n}\n" \
      : \
      BL_D4(d, 0), BL_D4(d, 1), BL_D4(d, 2), BL_D4(d, 3), BL_D4(d, 4), BL_D4(d, 5), BL_D4(d, 6), \
      BL_D4(d, 7), BL_D4(d, 8), BL_D4(d, 9), BL_D4(d, 10), BL_D4(d, 11), BL_D4(d, 12), BL_D4(d, 13), \
      BL_D4(d, 14), BL_D4(d, 15) \
      : "l"(a), "l"(b), "r"(accumulate))

/* d [64, 128] (+)= a [64, 16] · b [128, 16]ᵀ; a in registers, b in shared memory with 16-byte chunks along the 16. */
#define BL_PRODUCT_QUERIES_128(TYPE) \
  asm volatile( \
      "{\n.reg .pred p;\nsetp.ne.b32 p, %69, 0;\n" \
      "wgmma.mma_async.sync.aligned.m64n128k16.f32." TYPE "." TYPE " {" \
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, " \
      "%22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, " \
      "%42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, " \
      "%62, %63}," \
      "{%64, %65, %66, %67}, %68, p, 1, 1, 0;\n}\n" \
      : \
      BL_D4(d, 0), BL_D4(d, 1), BL_D4(d, 2), BL_D4(d, 3), BL_D4(d, 4), BL_D4(d, 5), BL_D4(d, 6), \
      BL_D4(d, 7), BL_D4(d, 8), BL_D4(d, 9), BL_D4(d, 10), BL_D4(d, 11), BL_D4(d, 12), BL_D4(d, 13), \
      BL_D4(d, 14), BL_D4(d, 15) \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(accumulate))

/* d [64, 64] += a [64, 16] · b [16, 64]; a in registers, b in shared memory with 16-byte chunks along the 64. */
#define BL_PRODUCT_REGISTERS_64(TYPE) \
  asm volatile( \
      "wgmma.mma_async.sync.aligned.m64n64k16.f32." TYPE "." TYPE " {" \
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, " \
      "%22, %23, %24, %25, %26, %27, %28, %29, %30, %31}," \
      "{%32, %33, %34, %35}, %36, 1, 1, 1, 1;\n" \
      : \
      BL_D4(d, 0), BL_D4(d, 1), BL_D4(d, 2), BL_D4(d, 3), BL_D4(d, 4), BL_D4(d, 5), BL_D4(d, 6), \
      BL_D4(d, 7) \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b))

/* d [64, 96] += a [64, 16] · b [16, 96]; a in registers, b in shared memory with 16-byte chunks along the 96. */
#define BL_PRODUCT_REGISTERS_96(TYPE) \
  asm volatile( \
      "wgmma.mma_async.sync.aligned.m64n96k16.f32." TYPE "." TYPE " {" \
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, " \
      "%22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, " \
      "%42, %43, %44, %45, %46, %47}," \
      "{%48, %49, %50, %51}, %52, 1, 1, 1, 1;\n" \
      : \
      BL_D4(d, 0), BL_D4(d, 1), BL_D4(d, 2), BL_D4(d, 3), BL_D4(d, 4), BL_D4(d, 5), BL_D4(d, 6), \
      BL_D4(d, 7), BL_D4(d, 8), BL_D4(d, 9), BL_D4(d, 10), BL_D4(d, 11) \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b))

/* d [64, 128] += a [64, 16] · b [16, 128]; a in registers, b in shared memory with 16-byte chunks along the 128. */
#define BL_PRODUCT_REGISTERS_128(TYPE) \
  asm volatile( \
      "wgmma.mma_async.sync.aligned.m64n128k16.f32." TYPE "." TYPE " {" \
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, " \
      "%22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, " \
      "%42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, " \
      "%62, %63}," \
      "{%64, %65, %66, %67}, %68, 1, 1, 1, 1;\n" \
      : \
      BL_D4(d, 0), BL_D4(d, 1), BL_D4(d, 2), BL_D4(d, 3), BL_D4(d, 4), BL_D4(d, 5), BL_D4(d, 6), \
      BL_D4(d, 7), BL_D4(d, 8), BL_D4(d, 9), BL_D4(d, 10), BL_D4(d, 11), BL_D4(d, 12), BL_D4(d, 13), \
      BL_D4(d, 14), BL_D4(d, 15) \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b))

/* d [64, 256] += a [64, 16] · b [16, 256]; a in registers, b in shared memory with 16-byte chunks along the 256. */
#define BL_PRODUCT_REGISTERS_256(TYPE) \
  asm volatile( \
      "wgmma.mma_async.sync.aligned.m64n256k16.f32." TYPE "." TYPE " {" \
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, " \
      "%22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, " \
      "%42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, " \
      "%62, %63, %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, %80, %81, " \
      "%82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, %96, %97, %98, %99, %100, " \
      "%101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, %112, %113, %114, %115, %116, " \
      "%117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}," \
      "{%128, %129, %130, %131}, %132, 1, 1, 1, 1;\n" \
      : \
      BL_D4(d, 0), BL_D4(d, 1), BL_D4(d, 2), BL_D4(d, 3), BL_D4(d, 4), BL_D4(d, 5), BL_D4(d, 6), \
      BL_D4(d, 7), BL_D4(d, 8), BL_D4(d, 9), BL_D4(d, 10), BL_D4(d, 11), BL_D4(d, 12), BL_D4(d, 13), \
      BL_D4(d, 14), BL_D4(d, 15), BL_D4(d, 16), BL_D4(d, 17), BL_D4(d, 18), BL_D4(d, 19), BL_D4(d, 20), \
      BL_D4(d, 21), BL_D4(d, 22), BL_D4(d, 23), BL_D4(d, 24), BL_D4(d, 25), BL_D4(d, 26), BL_D4(d, 27), \
      BL_D4(d, 28), BL_D4(d, 29), BL_D4(d, 30), BL_D4(d, 31) \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b))

template <class T>
constexpr bool is_half = false;
template <>
constexpr bool is_half<__half> = true;

template <class T, int COUNT>
__device__ __forceinline__ void product_shared(float (&d)[COUNT][4], uint64_t a, uint64_t b, int accumulate) {
  static_assert(COUNT == 8 || COUNT == 16, "64 or 128 columns");
  if constexpr (COUNT == 8) {
    if constexpr (is_half<T>) BL_PRODUCT_SHARED_64("f16");
    else BL_PRODUCT_SHARED_64("bf16");
  } else {
    if constexpr (is_half<T>) BL_PRODUCT_SHARED_128("f16");
    else BL_PRODUCT_SHARED_128("bf16");
  }
}

template <class T>
__device__ __forceinline__ void product_queries(float (&d)[16][4], const unsigned (&a)[4], uint64_t b, int accumulate) {
  if constexpr (is_half<T>) BL_PRODUCT_QUERIES_128("f16");
  else BL_PRODUCT_QUERIES_128("bf16");
}

template <class T, int COUNT>
__device__ __forceinline__ void product_registers(float (&d)[COUNT][4], const unsigned (&a)[4], uint64_t b) {
  static_assert(COUNT == 8 || COUNT == 12 || COUNT == 16 || COUNT == 32, "64, 96, 128 or 256 columns");
  if constexpr (COUNT == 8) {
    if constexpr (is_half<T>) BL_PRODUCT_REGISTERS_64("f16");
    else BL_PRODUCT_REGISTERS_64("bf16");
  } else if constexpr (COUNT == 12) {
    if constexpr (is_half<T>) BL_PRODUCT_REGISTERS_96("f16");
    else BL_PRODUCT_REGISTERS_96("bf16");
  } else if constexpr (COUNT == 16) {
    if constexpr (is_half<T>) BL_PRODUCT_REGISTERS_128("f16");
    else BL_PRODUCT_REGISTERS_128("bf16");
  } else {
    if constexpr (is_half<T>) BL_PRODUCT_REGISTERS_256("f16");
    else BL_PRODUCT_REGISTERS_256("bf16");
  }
}

#endif

}  // namespace bl::attention

#endif
