import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { kernelNames, readSanitizerReport } from '../../scripts/sanitizer-report.ts';

const OURS = `========= COMPUTE-SANITIZER
========= Error: Race reported between Read access at void bl::attention::warpgroup_kernel<__half, (int)64, (int)64>(bl::attention::Problem)+0x870
=========     and Write access at void bl::attention::warpgroup_kernel<__half, (int)64, (int)64>(bl::attention::Problem)+0x11250 [5952 hazards]
=========     and Write access at void bl::attention::warpgroup_kernel<__half, (int)64, (int)64>(bl::attention::Problem)+0x11380 [5952 hazards]
=========
`;
const UNNAMED = `========= Error: Race reported between Write access at <unnamed>::multiply_rows(const double *, const double *, long, double *)+0x420
=========     and Read access at <unnamed>::multiply_rows(const double *, const double *, long, double *)+0x390 [64 hazards]
=========
`;
const LIBRARY = `========= Error: Race reported between Write access at nvjet_sm90_hss_128x256_64x4_2x1_v_bz_coopA_TNN+0x40f0
=========     and Write access at nvjet_sm90_hss_128x256_64x4_2x1_v_bz_coopA_TNN+0x4870 [64 hazards]
=========
`;
const races = (count: number) =>
  `========= RACECHECK SUMMARY: ${count} hazards displayed (${count} errors, 0 warnings)\n`;

const sources = globSync('kernels/**/*.{cu,cuh}').map((file) => readFileSync(file, 'utf8'));
const kernels = kernelNames(sources);

test('every kernel of the sources is known by its name', () => {
  const defined = sources.join('').match(/__global__ void/g)!.length;
  const names = sources.flatMap((source) => [...kernelNames([source])]);
  expect(names).toHaveLength(defined);
  expect([...kernels]).toEqual(expect.arrayContaining(['multiply_rows', 'warpgroup_kernel', 'decode_join']));
});

describe('reports of compute-sanitizer', () => {
  test.each([
    ['nothing watched', '', { processes: 0, found: 0, inLibraries: 0 }],
    ['nothing found', races(0), { processes: 1, found: 0, inLibraries: 0 }],
    ['a race of ours', OURS + races(1), { processes: 1, found: 1, inLibraries: 0 }],
    ['a race of ours outside the namespace', UNNAMED + races(1), { processes: 1, found: 1, inLibraries: 0 }],
    ["a race of CUDA's library", LIBRARY + races(1), { processes: 1, found: 0, inLibraries: 1 }],
    ['both', OURS + LIBRARY + races(2), { processes: 1, found: 1, inLibraries: 1 }],
    ['several processes', races(0) + OURS + races(1), { processes: 2, found: 1, inLibraries: 0 }],
    ['memory', '========= ERROR SUMMARY: 3 errors\n', { processes: 1, found: 3, inLibraries: 0 }],
  ])('%s', (_, text, expected) => {
    expect(readSanitizerReport(text, kernels)).toEqual(expected);
  });
});
