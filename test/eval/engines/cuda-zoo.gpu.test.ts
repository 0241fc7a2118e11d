/** The shipped models on real tasks: the CUDA engine in every type against the onnx engine, request by request. */
import { existsSync, globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Checkpoint, openCheckpoint } from '../../../eval/checkpoint/checkpoint.ts';
import { type CudaEngine, createCudaEngine } from '../../../eval/engines/cuda/engine.ts';
import type { Engine, ScoredContinuation, ScoreRequest } from '../../../eval/engines/engine.ts';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { whyNoGpu } from '../../kernels/gpu.ts';
import { zooRequests } from './zoo-requests.ts';

const MODELS = join(import.meta.dirname, '../../../data/models');
const ids = globSync('*', { cwd: MODELS })
  .filter((id) => existsSync(join(MODELS, id, 'model.safetensors')))
  .map((id) => basename(id))
  .sort();
const why = whyNoGpu();
const QUESTIONS = 250;
const DTYPES = ['f32', 'f16', 'bf16'] as const;
/** Mean distance of ln p of a continuation; bfloat16 has 8 bits, of which a sum over tokens sees the error add up. */
const MEAN_ERROR = { f32: 1e-4, f16: 5e-3, bf16: 4e-2 } as const;
/** Share of questions whose best choice may differ: those whose choices are that close. */
const DIFFERENT_CHOICES = { f32: 0, f16: 0.01, bf16: 0.03 } as const;

type Scored = readonly (readonly ScoredContinuation[])[];

describe.skipIf(why !== undefined)(why === undefined ? 'cuda' : `cuda (skipped: ${why})`, () => {
  let onnx: Engine;
  const engines = new Map<string, CudaEngine>();
  const oracles = new Map<string, Promise<Oracle>>();
  beforeAll(async () => {
    onnx = await createOnnxEngine();
    for (const dtype of DTYPES) engines.set(dtype, await createCudaEngine({ dtype, deviceBytes: 2 ** 33 }));
  });
  afterAll(async () => {
    await onnx.close();
    for (const engine of engines.values()) await engine.close();
    for (const oracle of oracles.values()) await (await oracle).checkpoint.close();
  });

  describe.each(ids)('%s', (id) => {
    test.each(DTYPES)('%s', async (dtype) => {
      const known = oracles.get(id) ?? askOracle(id, onnx);
      oracles.set(id, known);
      const { checkpoint, questions, texts, scored } = await known;
      const { architecture, weights } = checkpoint;
      const model = await engines.get(dtype)!.load(architecture, weights, { workspaceBytes: 1 << 28 });
      const own = await model.score([...questions, ...texts]);
      const differences = sums(own).map((value, i) => Math.abs(value - sums(scored)[i]!));
      const tokens = [...questions, ...texts].flatMap(({ continuations }) =>
        continuations.map(({ length }) => length),
      );
      const perToken =
        differences.reduce((sum, value) => sum + value, 0) / tokens.reduce((sum, n) => sum + n, 0);
      const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
      const best = choices(own.slice(0, questions.length));
      const different = choices(scored.slice(0, questions.length)).filter((choice, i) => choice !== best[i]);
      const greedy = own.flat().filter(({ isGreedy }, i) => isGreedy !== scored.flat()[i]!.isGreedy);
      console.log(
        `${id} ${dtype}: |Δ ln p| of a continuation mean ${mean.toExponential(1)} max ${Math.max(...differences).toExponential(1)}, ` +
          `of a token ${perToken.toExponential(1)}; ${different.length} of ${questions.length} choices, ` +
          `${greedy.length} of ${own.flat().length} greedy flags differ`,
      );
      expect(mean).toBeLessThan(MEAN_ERROR[dtype]);
      expect(different.length / questions.length).toBeLessThanOrEqual(DIFFERENT_CHOICES[dtype]);
    });
  });
});

interface Oracle {
  readonly checkpoint: Checkpoint;
  readonly questions: readonly ScoreRequest[];
  readonly texts: readonly ScoreRequest[];
  readonly scored: Scored;
}

async function askOracle(id: string, onnx: Engine): Promise<Oracle> {
  const checkpoint = await openCheckpoint(join(MODELS, id));
  const { questions, texts } = await zooRequests(checkpoint, QUESTIONS);
  const model = await onnx.load(checkpoint.architecture, checkpoint.weights, { workspaceBytes: 1 << 28 });
  return { checkpoint, questions, texts, scored: await model.score([...questions, ...texts]) };
}

/** ln p of each continuation. */
function sums(scored: Scored): number[] {
  return scored.flat().map(({ logProbabilities }) => logProbabilities.reduce((sum, value) => sum + value, 0));
}

/** The most probable continuation of each request. */
function choices(scored: Scored): number[] {
  return scored.map((continuations) => {
    const values = sums([continuations]);
    return values.indexOf(Math.max(...values));
  });
}
