/** In which order batches are answered and put away, with an engine that answers when it is told to. */
import { expect, test } from 'vitest';
import { type Asked, forEachBatch, type Scorer } from '../../../eval/engines/score-batches.ts';
import { describeModel } from '../../../eval/families/index.ts';

const architecture = describeModel(
  {
    ...{ model_type: 'llama', vocab_size: 97, hidden_size: 64, intermediate_size: 80, num_hidden_layers: 1 },
    ...{ num_attention_heads: 4, rms_norm_eps: 1e-5, max_position_embeddings: 64 },
  },
  'test',
);

/** Answers ln p = −pair and row = token, and notes what it does. */
function scorer(events: string[], onAsked: (asked: Asked) => void = () => undefined): Scorer {
  let batches = 0;
  return {
    ...{ architecture, chunkTokens: 8, batchTokens: 8 },
    async answer(batch) {
      batches += 1;
      const number = batches;
      // As an engine that gets at the device a few promises later.
      for (let i = 0; i < 20; i += 1) await undefined;
      events.push(`batch ${number} runs`);
      batch.forEach(onAsked);
      return batch.map(({ sizes }) => ({
        logProbabilities: Float64Array.from({ length: sizes.pairs }, (_, i) => -i),
        argMax: Int32Array.from({ length: sizes.mostRows }, (_, i) => i),
        ...{ states: null, divergence: null },
      }));
    },
  };
}

const REQUESTS = [5, 6, 7].map((token) => ({ context: [token, 1, 2, 3], continuations: [[4, 5, 6]] }));
const WANTED = { wanted: 'distributions', reference: [], onProgress: undefined } as const;

test('a batch is on its way before the one before it is put away', async () => {
  const events: string[] = [];
  await forEachBatch(scorer(events), REQUESTS, WANTED, ({ targets }) => {
    events.push(`request ${targets[0]!.request} put away`);
  });
  expect(events).toEqual([
    ...['batch 1 runs', 'batch 2 runs', 'request 0 put away'],
    ...['batch 3 runs', 'request 1 put away', 'request 2 put away'],
  ]);
});

test('questions are laid out once, when they are first called for', async () => {
  const [first] = REQUESTS as [(typeof REQUESTS)[number]];
  const shared = [{ context: [1, 2], continuations: [[3, 4], [5], [3, 4]] }, first];
  const reference = [[new Float32Array(128), new Float32Array(64), new Float32Array(128)]];
  let seen = 0;
  const check = (asked: Asked) => {
    seen += 1;
    if (asked.chunk.tokens[0] !== 1) {
      expect(asked.sizes).toEqual({ mostRows: 3, pairs: 3, compared: 0 });
      expect(asked.questions().reference).toBeNull();
      expect([...asked.questions().rows]).toEqual([3, 4, 5]);
      return;
    }
    expect(asked.sizes).toEqual({ mostRows: 3, pairs: 5, compared: 5 });
    const { rows, pairs, reference: compared } = asked.questions();
    expect([...rows]).toEqual([1, 2]);
    expect([...pairs.rows]).toEqual([0, 1, 0, 1, 0]);
    expect([...pairs.tokens]).toEqual([3, 4, 3, 4, 5]);
    expect([...compared!.rows]).toEqual([0, 1, 0, 1, 0]);
    expect(compared!.states).toEqual([reference[0]![0], reference[0]![2], reference[0]![1]]);
    expect(asked.questions()).toBe(asked.questions());
  };
  await forEachBatch(scorer([], check), shared, { ...WANTED, reference }, () => undefined);
  expect(seen).toBe(2);
});
