/** Greedy generation, many texts at a time: prompts packed into chunks, then one token a text and step. */

import { engineErrors as errors } from '../../errors/engine.ts';
import type { WeightSource } from '../../weights.ts';
import type { GenerateRequest, OnProgress } from '../engine.ts';
import { checkTokens, packSequences } from '../pack.ts';
import { CHUNK_TOKENS } from './budget.ts';
import { cacheBytes, KeyValueCache } from './key-value-cache.ts';
import { rotationTables } from './layers/positions.ts';
import type { Scorer } from './score.ts';

// Beyond this many texts a step is limited by arithmetic, and more of them only cost memory.
const MAX_TEXTS = 64;

interface Text {
  /** Number of the request. */
  readonly index: number;
  readonly request: GenerateRequest;
  readonly generated: number[];
}

/** @throws engine/request, engine/too-long, engine/workspace */
export async function generate(
  scorer: Scorer,
  weights: WeightSource,
  requests: readonly GenerateRequest[],
  onProgress?: OnProgress,
): Promise<readonly (readonly number[])[]> {
  checkRequests(scorer, requests);
  const results: number[][] = requests.map(() => []);
  const texts = requests
    .map((request, index) => ({ index, request, generated: results[index] }))
    .filter(({ request }) => request.maxNewTokens > 0)
    .sort((a, b) => neededLength(b.request) - neededLength(a.request));
  const total = texts.reduce((sum, { request }) => sum + neededLength(request), 0);
  let finished = 0;
  for (const wave of waves(scorer, texts)) {
    await generateWave(scorer, weights, wave, (active) => {
      const running = active.reduce(
        (sum, text) => sum + text.request.prompt.length + text.generated.length,
        0,
      );
      const ended = wave.filter((text) => !active.includes(text));
      onProgress?.(
        finished + running + ended.reduce((sum, { request }) => sum + neededLength(request), 0),
        total,
      );
    });
    finished += wave.reduce((sum, { request }) => sum + neededLength(request), 0);
  }
  return results;
}

function checkRequests({ architecture, budget }: Scorer, requests: readonly GenerateRequest[]): void {
  requests.forEach(({ prompt, maxNewTokens }, index) => {
    if (prompt.length === 0)
      throw errors.request(index, 'its prompt is empty, so there is nothing to go on from');
    if (!Number.isInteger(maxNewTokens) || maxNewTokens < 0) {
      throw errors.request(index, `maxNewTokens is ${maxNewTokens}, not a whole number from 0`);
    }
    checkTokens(prompt, index, architecture.vocabSize);
    const positions = prompt.length + Math.max(0, maxNewTokens - 1);
    if (positions > architecture.maxPositions)
      throw errors.tooLong(index, positions, architecture.maxPositions);
    const needed = cacheBytes(architecture, positions);
    if (needed > budget.cacheBytes)
      throw errors.workspace(needed, budget.cacheBytes, `request ${index}: the key-value cache`);
  });
}

/** Texts in groups whose caches fit; the list is sorted, so the first of a group is its longest. */
function* waves({ architecture, budget }: Scorer, texts: readonly Text[]): Generator<Text[]> {
  for (let from = 0; from < texts.length; ) {
    const fitting = Math.floor(
      budget.cacheBytes / cacheBytes(architecture, neededLength(texts[from].request)),
    );
    const to = Math.min(texts.length, from + Math.max(1, Math.min(MAX_TEXTS, fitting)));
    yield texts.slice(from, to);
    from = to;
  }
}

async function generateWave(
  scorer: Scorer,
  weights: WeightSource,
  wave: readonly Text[],
  onStep: (active: readonly Text[]) => void,
): Promise<void> {
  const { architecture } = scorer;
  const longest = Math.max(...wave.map(({ request }) => request.prompt.length));
  const cache = new KeyValueCache(architecture, wave.length, longest + 1);
  let last = await readPrompts(scorer, weights, wave, cache);
  let active = wave;
  for (;;) {
    const [{ argMax, overflowed }] = await scorer.head.score(weights, [{ hidden: last, pairs: [] }]);
    active.forEach(({ index, generated }, place) => {
      if (overflowed[place]) throw errors.notFinite(`request ${index}, new token ${generated.length}`);
      generated.push(argMax[place]);
    });
    const going = [...active.keys()].filter((place) => !hasEnded(active[place]));
    if (going.length < active.length) cache.keep(going);
    active = going.map((place) => active[place]);
    onStep(active);
    if (active.length === 0) return;
    last = await step(scorer, weights, active, cache);
  }
}

/** Fills the cache from the prompts; returns the hidden states of their last tokens, float32 `[B, H]`. */
async function readPrompts(
  { architecture, forward }: Scorer,
  weights: WeightSource,
  wave: readonly Text[],
  cache: KeyValueCache,
): Promise<Float32Array> {
  const H = architecture.hiddenSize;
  const parts = promptParts(wave.map(({ request }) => request.prompt));
  const chunks = parts.map((texts) => packSequences(texts.map((text) => wave[text].request.prompt)));
  const eachText = (part: number, visit: (text: number, from: number, to: number) => void) => {
    let from = 0;
    for (const text of parts[part]) {
      const to = from + wave[text].request.prompt.length;
      visit(text, from, to);
      from = to;
    }
  };
  const travelled = await forward.run(weights, chunks, {
    onKeysValues: (block, part, found) =>
      eachText(part, (text, from, to) => cache.store(block, text, 0, found, from, to)),
  });
  const last = new Float32Array(wave.length * H);
  travelled.forEach(({ hidden }, part) => {
    eachText(part, (text, _, to) => last.set(hidden.subarray((to - 1) * H, to * H), text * H));
  });
  return last;
}

/** Numbers of the prompts that share a chunk. */
function promptParts(prompts: readonly (readonly number[])[]): number[][] {
  const parts: number[][] = [];
  let size = 0;
  for (const [text, { length }] of prompts.entries()) {
    if (parts.length === 0 || size + length > CHUNK_TOKENS) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)!.push(text);
    size += length;
  }
  return parts;
}

/** Feeds each text its newest token; returns the hidden states, float32 `[B, H]`. */
async function step(
  { architecture, forward }: Scorer,
  weights: WeightSource,
  active: readonly Text[],
  cache: KeyValueCache,
): Promise<Float32Array> {
  const positions = Int32Array.from(
    active,
    ({ request, generated }) => request.prompt.length + generated.length - 1,
  );
  cache.grow(Math.max(...positions) + 1);
  const { capacity } = cache;
  const keyPositions = Int32Array.from({ length: active.length * capacity }, (_, i) => i % capacity);
  // All of a group is one segment; what lies after the end of a text is hidden by its position.
  const one = new Int32Array(active.length);
  const segments = new Int32Array(keyPositions.length);
  let hidden = await forward.embed(
    weights,
    Int32Array.from(active, ({ generated }) => generated.at(-1)!),
  );
  for (const index of architecture.blocks.keys()) {
    const block = await forward.loadBlock(weights, index);
    const tables = rotationTables(block.block.mixer.position, positions);
    const fresh = await block.keysValues(hidden, tables);
    positions.forEach((position, text) => {
      cache.store(index, text, position, fresh, text, text + 1);
    });
    hidden = await block.attend(
      { groups: active.length, hidden, tables, positions, segments: one, parents: one },
      { ...cache.block(index), positions: keyPositions, segments },
    );
  }
  return hidden;
}

function hasEnded({ request, generated }: Text): boolean {
  return generated.length >= request.maxNewTokens || request.stop(generated);
}

function neededLength({ prompt, maxNewTokens }: GenerateRequest): number {
  return prompt.length + maxNewTokens;
}
