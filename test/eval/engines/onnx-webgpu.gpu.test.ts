/** The WebGPU provider gives the logits of Hugging Face transformers too, and scores as the CPU does. */
import { afterAll, describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../../eval/engines/onnx/engine.ts';
import { randomTokens } from './compare.ts';
import { oracleCases, oracleErrors } from './oracle-cases.ts';
import { tinyModel } from './tiny-models.ts';

const TOLERANCE = 1e-4;

const found = await createOnnxEngine({ provider: 'webgpu' }).catch(
  (error: { code: string; message: string }) => {
    if (error.code !== 'engine/no-device' && error.code !== 'engine/provider') throw error;
    console.log(`Skipped: ${error.message}`);
    return null;
  },
);
const engine = found!;
afterAll(() => found?.close());

describe.skipIf(found === null)('webgpu', () => {
  test.for(oracleCases)('%s', async (name, { annotate }) => {
    const errors = await oracleErrors(engine, name);
    await annotate(`largest relative error ${Math.max(...errors).toExponential(1)}`);
    for (const error of errors) expect(error).toBeLessThan(TOLERANCE);
  });

  test('scores and generates as the CPU does', async () => {
    const { architecture, weights } = tinyModel('llama-3 scaling');
    const cpu = await createOnnxEngine({ provider: 'cpu' });
    const requests = Array.from({ length: 6 }, (_, i) => ({
      context: randomTokens(5 + 9 * i, 97, i),
      continuations: [randomTokens(3, 97, 50 + i), randomTokens(1, 97, 60 + i)],
    }));
    const prompts = requests.map(({ context }) => ({ prompt: context, maxNewTokens: 8, stop: () => false }));
    const [onGpu, onCpu] = await Promise.all(
      [engine, cpu].map(async (one) => {
        const model = await one.load(architecture, weights, { workspaceBytes: 1 << 26 });
        return { scored: await model.score(requests), generated: await model.generate(prompts) };
      }),
    );
    expect(onGpu!.generated).toEqual(onCpu!.generated);
    const flat = (scored: typeof onGpu) =>
      scored!.scored.flat().flatMap(({ logProbabilities }) => [...logProbabilities]);
    expect(flat(onGpu)).toEqual(flat(onCpu).map((value) => expect.closeTo(value, 3)));
    await cpu.close();
  });
});
