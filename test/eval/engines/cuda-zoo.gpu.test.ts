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
/**
 * Mean distance of ln p of a token: the largest found in twelve models was 3.1e-6, 2.7e-3 and 2.0e-2. Activations are kept in 8
 * bits as bfloat16, in 11 as float16.
 */
const MEAN_ERROR = { f32: 5e-6, f16: 3.5e-3, bf16: 2.5e-2 } as const;
/** What ln p of a whole request should differ by at most; 16 bits do not reach it. */
const REQUEST_ERROR = 2e-3;
/** Of all questions put to all models: how many may get another best choice. One of a single model's would be four times that. */
const DIFFERENT_CHOICES = 0.001;
/** Has never seen the language of the questions, so that its choices lie as close together as rounding. */
const GUESSES = 'bitloss-english-3m';

type Scored = readonly (readonly ScoredContinuation[])[];

describe.skipIf(why !== undefined)(why === undefined ? 'cuda' : `cuda (skipped: ${why})`, () => {
  let onnx: Engine;
  const engines = new Map<string, CudaEngine>();
  const oracles = new Map<string, Promise<Oracle>>();
  const counts = new Map(DTYPES.map((dtype) => [dtype, { asked: 0, different: 0 }]));
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
      // Checkpoints hold bfloat16, so that no type but float16 rounds a weight, and that one only tiny ones.
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
      const best = choices(own.slice(0, questions.length));
      const different = choices(scored.slice(0, questions.length)).filter((choice, i) => choice !== best[i]);
      const greedy = own.flat().filter(({ isGreedy }, i) => isGreedy !== scored.flat()[i]!.isGreedy);
      console.log(
        `${id} ${dtype}: |Δ ln p| of a token ${perToken.toExponential(1)}, of a question's choice at most ${Math.max(...differences.slice(0, 4 * questions.length)).toExponential(1)}, of a text of 512 tokens ${Math.max(...differences.slice(-texts.length)).toExponential(1)}; ${different.length} of ${questions.length} choices, ` +
          `${greedy.length} of ${own.flat().length} greedy flags differ`,
      );
      expect(perToken).toBeLessThan(MEAN_ERROR[dtype]);
      if (dtype === 'f32') expect(Math.max(...differences)).toBeLessThan(REQUEST_ERROR);
      if (id === GUESSES) return;
      const count = counts.get(dtype)!;
      count.asked += questions.length;
      count.different += different.length;
    });
  });

  // Behind the models, whose choices it counts.
  test.each(DTYPES)('%s: hardly a question gets another answer', (dtype) => {
    const { asked, different } = counts.get(dtype)!;
    console.log(`${dtype}: ${different} of ${asked} choices differ`);
    expect(asked).toBe(QUESTIONS * (ids.length - 1));
    expect(different / asked).toBeLessThanOrEqual(DIFFERENT_CHOICES);
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
