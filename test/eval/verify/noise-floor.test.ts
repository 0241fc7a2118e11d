import { describe, expect, it } from 'vitest';
import {
  allowedItems,
  FLOAT32,
  floorFor,
  IDENTICAL,
  ROUNDED_ACTIVATIONS,
  ROUNDED_CACHE,
  SIXTEEN_BITS,
  type Stack,
  TWIN_GPU,
} from '../../../eval/verify/noise-floor.ts';

const machine = { cpu: 'x', cores: 2, gpu: null, os: 'Linux', node: 'v24' };
const onnx: Stack = { engine: { id: 'onnx', version: '1.30.0', provider: 'cpu' }, machine, params: 5e5 };
const cuda: Stack = {
  engine: { id: 'cuda', version: '1', provider: 'cuda-auto' },
  machine: { ...machine, gpu: '2 × NVIDIA H200' },
  params: 5e5,
};
const oneGpu = { ...cuda, machine: { ...cuda.machine, cores: 64, gpu: 'NVIDIA H200' } };
const withGpu = (gpu: string, params = 5e5) => ({ ...cuda, params, machine: { ...cuda.machine, gpu } });
const twin = withGpu('NVIDIA H100 80GB HBM3');
const otherGpu = withGpu('NVIDIA H100 PCIe');
const otherProcessor = { ...onnx, machine: { ...machine, cpu: 'y' } };
const large = { ...cuda, params: 1e9 };
const unknown = { ...cuda, engine: { ...cuda.engine, provider: 'cuda-f8' } };

describe('the noise floor', () => {
  it.each([
    ['the same processor', onnx, onnx, 'gptq-w2g64', false, IDENTICAL],
    ['one GPU of the same kind', cuda, oneGpu, 'quip-w2', false, IDENTICAL],
    ['a part of a cell, on a GPU', cuda, oneGpu, 'rtn-w4g64', true, IDENTICAL],
    ['a part of a cell, in other batches', onnx, onnx, 'rtn-w4g64', true, FLOAT32],
    ['another processor', onnx, otherProcessor, 'rtn-w4g64', false, FLOAT32],
    ['an H100 and an H200', twin, cuda, 'gptq-w2g64', false, TWIN_GPU],
    ['a part of a cell, on an H200', twin, oneGpu, 'rtn-w4a4', true, TWIN_GPU],
    ['large models on both', large, withGpu('NVIDIA H100 80GB HBM3', 1e9), 'rtn-w4g64', false, SIXTEEN_BITS],
    ['another GPU, calibrated weights', cuda, otherGpu, 'gptq-w4g64', false, null],
    ['another GPU', cuda, otherGpu, 'fp16', false, FLOAT32],
    ['another engine', cuda, onnx, 'rtn-w2g64', false, FLOAT32],
    ['another engine, rounded cache', cuda, onnx, 'rtn-w4g64kv4', false, ROUNDED_CACHE],
    ['another engine, rounded activations', cuda, onnx, 'rtn-w4a4kv4', false, ROUNDED_ACTIVATIONS],
    ['16 bits against float32', large, { ...onnx, params: 1e9 }, 'rtn-w4g64', false, SIXTEEN_BITS],
    ['another engine, calibrated weights', cuda, onnx, 'gptq-w4g64', false, null],
    ['a type that nobody measured', unknown, onnx, 'fp16', false, null],
  ])('of %s', (_what, published, again, recipe, isPart, floor) => {
    expect(floorFor(published, again, recipe, isPart)).toBe(floor);
  });
});

describe('how many items may differ', () => {
  it.each([
    // P(X > 0) = 0.0009.
    [1, 0.0009, 0],
    // P(X > 1) = 1 − 0.9² − 2 · 0.1 · 0.9 = 0.01, P(X > 2) = 0.
    [2, 0.1, 2],
    // Poisson with mean 0.8: P(X > 4) = 0.0014, P(X > 5) = 0.0002.
    [800, 0.001, 5],
    [800, 0, 0],
    // 1000 + 3.09 · √999
    [1_000_000, 0.001, 1098],
  ])('of %i at a share of %d', (n, share, most) => {
    expect(allowedItems(n, share)).toBe(most);
  });
});
