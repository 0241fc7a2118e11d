import { describe, expect, it } from 'vitest';
import { describeGpus } from '../../eval/machine.ts';

describe('GPUs', () => {
  it('are none where nothing is listed', () => {
    expect(describeGpus('')).toEqual({ gpu: null, driver: null });
    expect(describeGpus('No devices were found\n')).toEqual({ gpu: null, driver: null });
  });

  it('are named with their driver, equal ones counted', () => {
    expect(describeGpus('NVIDIA H200, 580.159.04\n')).toEqual({ gpu: 'NVIDIA H200', driver: '580.159.04' });
    expect(describeGpus('NVIDIA H200, 580.1\nNVIDIA H200, 580.1\nTesla T4, 580.1\n')).toEqual({
      gpu: '2 × NVIDIA H200, Tesla T4',
      driver: '580.1',
    });
  });
});
