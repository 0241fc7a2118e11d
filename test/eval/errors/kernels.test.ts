/** The wording of every message about the kernel library. */
import { expect, test } from 'vitest';
import { buildErrors, callErrors, loadErrors } from '../../../eval/errors/kernels.ts';
import { messagesOf } from './messages.ts';

const cause = new Error('cause');

test('building', () => {
  expect(
    messagesOf(buildErrors, {
      noNvcc: [['PATH', 'CUDA_HOME (not set)', '/usr/local/cuda']],
      noCompiler: [['c++', 'g++', 'clang++']],
      compile: ['nvcc', 'kernels/head/op.cu', ['op.cu(3): error: expected a ";"']],
      vendorHeaders: ['cublasLt.h'],
      vendorLibraries: ['libcublas'],
      link: ['nvcc', ['undefined reference to `x`']],
      architecture: ['hopper'],
    }),
  ).toMatchInlineSnapshot(`
    "kernels/no-nvcc
      [kernels] nvcc was not found; searched: PATH, CUDA_HOME (not set), /usr/local/cuda. Install the CUDA toolkit 12.4 or later, and put its bin folder on PATH or set CUDA_HOME to it.
    kernels/no-compiler
      [kernels] no C++ compiler was found; tried: c++, g++, clang++. Install g++ or clang++ (on Debian and Ubuntu: apt install g++), or name one in CXX.
    kernels/compile
      [kernels] nvcc does not take kernels/head/op.cu:
      op.cu(3): error: expected a ";"
     If the source is unchanged, the compiler is probably too old; CUDA 12.4 and C++17 are needed.
    kernels/vendor-headers
      [kernels] the CUDA toolkit has no cublasLt.h, so its cuBLAS or cuSOLVER part is not installed. Install the full toolkit, or its packages libcublas-dev and libcusolver-dev (conda: libcublas-dev, libcusolver-dev).
    kernels/vendor-libraries
      [kernels] the linker does not find libcublas, a library of the CUDA toolkit. Install the full toolkit, or its packages libcublas-dev and libcusolver-dev (conda: libcublas-dev, libcusolver-dev).
    kernels/link
      [kernels] nvcc cannot link the library:
      undefined reference to \`x\`
     Build from nothing with pnpm kernels --force; if that fails too, please report it.
    kernels/architecture
      [kernels] "hopper" is no architecture. Give a list such as sm_80,sm_90a,compute_90: sm_… for machine code, compute_… for code that newer devices compile at start."
  `);
});

test('loading', () => {
  expect(
    messagesOf(loadErrors, {
      notBuilt: ['kernels/build/libbitloss.so', 'pnpm kernels'],
      stale: ['kernels/build/libbitloss.so', '0123', '4567'],
      cannotLoad: ['kernels/build/libbitloss.so', 'libcublas.so.13: cannot open shared object file', cause],
      missingFunction: ['bl_norm'],
      noDevice: ['no CUDA-capable device is detected (cudaErrorNoDevice)'],
      driver: ['CUDA driver version is insufficient for CUDA runtime version (cudaErrorInsufficientDriver)'],
      capability: ['device 0 has compute capability 7.5; 8.0 is the oldest supported'],
    }),
  ).toMatchInlineSnapshot(`
    "kernels/not-built
      [kernels] kernels/build/libbitloss.so: the library has not been built. Run pnpm kernels.
    kernels/stale
      [kernels] kernels/build/libbitloss.so: the library was built from other sources (0123) than those in kernels/ (4567). Run pnpm kernels.
    kernels/cannot-load
      [kernels] kernels/build/libbitloss.so: the library cannot be loaded: libcublas.so.13: cannot open shared object file. If a library of CUDA is missing, install the toolkit it was built with, or put its lib64 folder on LD_LIBRARY_PATH; else run pnpm kernels --force.
    kernels/missing-function
      [kernels] the library has no function bl_norm, which kernels/bl.h declares. Run pnpm kernels.
    kernels/no-device
      [kernels] there is no NVIDIA GPU that CUDA can use: no CUDA-capable device is detected (cudaErrorNoDevice). Check nvidia-smi and CUDA_VISIBLE_DEVICES, or use the engine onnx with the provider cpu.
    kernels/driver
      [kernels] the driver does not fit the CUDA runtime of the library: CUDA driver version is insufficient for CUDA runtime version (cudaErrorInsufficientDriver). Update the NVIDIA driver, or build with an older CUDA toolkit (pnpm kernels --force).
    kernels/capability
      [kernels] device 0 has compute capability 7.5; 8.0 is the oldest supported. Use a GPU of the Ampere generation or later, or the engine onnx."
  `);
});

test('calls', () => {
  expect(
    messagesOf(callErrors, {
      shape: ['bl_matmul', 'a null address', 'M = 3, N = 8'],
      unsupported: ['bl_matmul', 'no algorithm', ''],
      device: ['bl_synchronize', 'an illegal memory access was encountered (cudaErrorIllegalAddress)', ''],
      outOfMemory: [
        'bl_alloc',
        '100 bytes were asked for, 10 of 50 are free',
        { bytes: 100, free: 10, total: 50 },
      ],
      library: ['bl_matmul', 'cublasLtMatmul: CUBLAS_STATUS_EXECUTION_FAILED', 'M = 3, N = 8'],
      notPositive: [
        'bl_factor',
        'the matrix [8, 8] is not positive definite; its minor of order 3 is not',
        'K = 8',
      ],
    }),
  ).toMatchInlineSnapshot(`
    "kernels/shape
      [bl_matmul] a null address. Called with M = 3, N = 8. This is a mistake in the calling code; please report it with the model config.
    kernels/unsupported
      [bl_matmul] no algorithm. Use another device or the engine onnx.
    kernels/device
      [bl_synchronize] the device failed: an illegal memory access was encountered (cudaErrorIllegalAddress). The context is lost, and so is what was in device memory; start again. If it happens again, run with CUDA_LAUNCH_BLOCKING=1 and report the first failing call.
    kernels/out-of-memory
      [bl_alloc] out of memory: 100 bytes were asked for, 10 of 50 are free. Lower the memory the engine may use, or end other programs on this device (nvidia-smi lists them).
    kernels/library
      [bl_matmul] a library of CUDA failed: cublasLtMatmul: CUBLAS_STATUS_EXECUTION_FAILED. Called with M = 3, N = 8. Check that driver and CUDA toolkit fit together; if they do, please report it.
    kernels/not-positive
      [bl_factor] the matrix [8, 8] is not positive definite; its minor of order 3 is not. Called with K = 8. Raise the damping, or calibrate with more tokens."
  `);
});
