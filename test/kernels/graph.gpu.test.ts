/** Experts and scans as a decoding step runs them: recorded once, repeated with other inputs. */
import { expect, test } from 'vitest';
import { BL } from '../../eval/engines/cuda/kernels.gen.ts';
import { createRng } from '../../eval/math/rng.ts';
import { randomElements, randomFloats } from './elements.ts';
import { describeGpu } from './gpu.ts';

describeGpu('recorded in a graph', (device) => {
  /** Runs `body` recorded and directly, each on the same inputs, and returns both results. */
  function bothWays(body: () => void, reset: () => void, result: number, values: number) {
    const { kernels } = device();
    const read = () => device().download(result, new Float32Array(values));
    const graph = new BigUint64Array(1);
    kernels.graphBegin({});
    body();
    kernels.graphEnd({ out: graph });
    reset();
    kernels.graphLaunch({ graph: Number(graph[0]) });
    const recorded = read();
    reset();
    body();
    const direct = read();
    kernels.graphDestroy({ graph: Number(graph[0]) });
    return { recorded, direct };
  }

  test.each([3, 40])('experts of %i tokens', (T) => {
    const [E, k, H, N, dtype] = [8, 2, 64, 64, BL.BF16];
    const { kernels } = device();
    const rng = createRng(T);
    const rows = T * k;
    const words = (count: number) => device().uploaded(new Int32Array(count));
    const [chosen, order, places, slots] = [words(rows), words(rows), words(rows), words(E + 1)];
    const [shares, logits, to] = [words(rows), words(T * E), words(T * N)];
    const [gathered, out] = [words(rows * H), words(rows * N)];
    const x = device().uploaded(randomElements(rng, dtype, T * H));
    const experts = device().uploaded(randomElements(rng, dtype, E * N * H));
    const given = randomFloats(rng, T * E);
    const body = () => {
      const table = { chosen, shares, slots, order, places };
      const rule = { renormalize: 1, factor: 1, groups: 0, groupsPerToken: 0 };
      kernels.route({ logits, T, E, k, ...rule, ...table });
      kernels.gatherSlots({ dtype, x, xStride: H, order, k, out: gathered, rows, width: H });
      kernels.groupedMatmul({
        ...{ dtype, x: gathered, experts, out, outDtype: dtype, slots, E, rows, N, K: H },
      });
      kernels.mixExperts({ dtype, y: out, places, shares, k, to, toStride: N, T, width: N });
    };
    const reset = () => {
      device().upload(logits, given);
      device().upload(to, new Float32Array(T * N));
    };
    const { recorded, direct } = bothWays(body, reset, to, T * N);
    expect(recorded).toEqual(direct);
    expect(recorded.some((value) => value !== 0)).toBe(true);
  });

  test.each([1, 40])('a scan of %i rows a text', (rows) => {
    const [S, C, n, width, dtype] = [5, 24, 16, 4, BL.BF16];
    const { kernels } = device();
    const rng = createRng(rows);
    const T = S * rows;
    const upload = (count: number) => device().uploaded(randomFloats(rng, count));
    const [step, b, c, weight] = [upload(T * C), upload(T * n), upload(T * n), upload(C * width)];
    const [logDecay, skip, state, history] = [upload(C * n), upload(C), upload(S * C * n), upload(S * 3 * C)];
    const [x, z] = [0, 1].map(() => device().uploaded(randomElements(rng, dtype, T * C)));
    const [convolved, out] = [upload(T * C), upload(T * C)];
    const table = Int32Array.from({ length: 4 * S }, (_, i) => [(i >> 2) * rows, rows, -1, 0][i % 4]);
    const both = { dtype, segments: device().uploaded(table), S, maxRows: rows, levels: 0, C };
    const before = { state: randomFloats(rng, S * C * n), history: randomFloats(rng, S * 3 * C) };
    const body = () => {
      kernels.causalConv({
        ...{ ...both, x, xStride: C, out: convolved, outStride: C, weight, bias: 0, width, history },
      });
      kernels.selectiveScan({
        ...{ ...both, x: convolved, xStride: C, step, stepStride: C, b, bStride: n, c, cStride: n, z },
        ...{ zStride: C, out, outStride: C, logDecay, skip, n, state, resume: 1 },
      });
    };
    const reset = () => {
      device().upload(state, before.state);
      device().upload(history, before.history);
    };
    const { recorded, direct } = bothWays(body, reset, state, S * C * n);
    expect(recorded).toEqual(direct);
    expect(recorded).not.toEqual(before.state);
  });
});
