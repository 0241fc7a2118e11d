/** Generation, many texts at a time: prompts packed into chunks, then one token a text and step. */

import { engineErrors as errors } from '../../errors/engine.ts';
import type { WeightSource } from '../../weights.ts';
import type { GenerateRequest, OnProgress } from '../engine.ts';
import { checkTokens, packSequences } from '../pack.ts';
import { checkSampling, GREEDY, type Sampling, sampleToken, uniformsOf } from '../sampling.ts';
import type { BlockState } from './block-runner.ts';
import { CHUNK_TOKENS } from './budget.ts';
import { runnerOf, stateBytes } from './runners.ts';
import type { Parts } from './scorer.ts';

const NO_PAIRS = { rows: new Int32Array(0), tokens: new Int32Array(0) };

// Beyond this many texts a step is limited by arithmetic, and more of them only cost memory.
const MAX_TEXTS = 64;

interface Text {
  /** Number of the request. */
  readonly index: number;
  readonly request: GenerateRequest;
  readonly generated: number[];
  readonly sampling: Sampling;
  /** The number that the next token is drawn with. */
  readonly uniform: () => number;
}

/** @throws engine/request, engine/too-long, engine/workspace */
export async function generate(
  parts: Parts,
  weights: WeightSource,
  requests: readonly GenerateRequest[],
  onProgress?: OnProgress,
): Promise<readonly (readonly number[])[]> {
  checkRequests(parts, requests);
  const results: number[][] = requests.map(() => []);
  const texts = requests
    .map((request, index) => {
      const { sampling = GREEDY } = request;
      return { index, request, generated: results[index], sampling, uniform: uniformsOf(sampling) };
    })
    .filter(({ request }) => request.maxNewTokens > 0)
    .sort((a, b) => neededLength(b.request) - neededLength(a.request));
  const total = texts.reduce((sum, { request }) => sum + neededLength(request), 0);
  let finished = 0;
  for (const wave of waves(parts, texts)) {
    await generateWave(parts, weights, wave, (active) => {
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

function checkRequests({ architecture, budget }: Parts, requests: readonly GenerateRequest[]): void {
  requests.forEach((request, index) => {
    const { prompt, maxNewTokens } = request;
    if (prompt.length === 0)
      throw errors.request(index, 'its prompt is empty, so there is nothing to go on from');
    if (!Number.isInteger(maxNewTokens) || maxNewTokens < 0) {
      throw errors.request(index, `maxNewTokens is ${maxNewTokens}, not a whole number from 0`);
    }
    checkTokens(prompt, index, architecture.vocabSize);
    checkSampling(request.sampling ?? GREEDY, index);
    const positions = readLength(request);
    if (positions > architecture.maxPositions)
      throw errors.tooLong(index, positions, architecture.maxPositions);
    const needed = stateBytes(architecture, positions);
    if (needed > budget.stateBytes)
      throw errors.workspace(needed, budget.stateBytes, `request ${index}: what blocks remember of the text`);
  });
}

/** Texts in groups whose states fit; the list is sorted, so the first of a group is its longest. */
function* waves({ architecture, budget }: Parts, texts: readonly Text[]): Generator<Text[]> {
  for (let from = 0; from < texts.length; ) {
    const fitting = Math.floor(
      budget.stateBytes / stateBytes(architecture, neededLength(texts[from].request)),
    );
    const to = Math.min(texts.length, from + Math.max(1, Math.min(MAX_TEXTS, fitting)));
    yield texts.slice(from, to);
    from = to;
  }
}

async function generateWave(
  parts: Parts,
  weights: WeightSource,
  wave: readonly Text[],
  onStep: (active: readonly Text[]) => void,
): Promise<void> {
  const { architecture } = parts;
  const longest = Math.max(...wave.map(({ request }) => request.prompt.length));
  const states = architecture.blocks.map((block) =>
    runnerOf(block).createState(block, wave.length, longest + 1),
  );
  let last = await readPrompts(parts, weights, wave, states);
  let active = wave;
  for (;;) {
    const tokens = await nextTokens(parts, weights, active, last);
    active.forEach(({ generated }, place) => {
      generated.push(tokens[place]);
    });
    const going = [...active.keys()].filter((place) => !hasEnded(active[place]));
    if (going.length < active.length) for (const state of states) state.keep(going);
    active = going.map((place) => active[place]);
    onStep(active);
    if (active.length === 0) return;
    last = await step(parts, weights, active, states);
  }
}

/** The token that each text goes on with, from the hidden states `[B, H]` of its last one, which are overwritten. */
async function nextTokens(
  { head, architecture }: Parts,
  weights: WeightSource,
  active: readonly Text[],
  last: Float32Array,
): Promise<readonly number[]> {
  const drawn = active.some(({ sampling }) => sampling.temperature > 0);
  const logits = drawn ? await head.logits(weights, last.slice()) : null;
  const [{ argMax, overflowed }] = await head.score(weights, [{ hidden: last, pairs: NO_PAIRS }]);
  return active.map(({ index, generated, sampling, uniform }, place) => {
    if (overflowed[place]) throw errors.notFinite(`request ${index}, new token ${generated.length}`);
    const V = architecture.vocabSize;
    if (logits === null || sampling.temperature === 0) return argMax[place];
    return sampleToken(logits.subarray(place * V, (place + 1) * V), sampling, uniform());
  });
}

/** Fills the states from the prompts; returns the hidden states of their last tokens, float32 `[B, H]`. */
async function readPrompts(
  { architecture, forward }: Parts,
  weights: WeightSource,
  wave: readonly Text[],
  states: readonly BlockState[],
): Promise<Float32Array> {
  const H = architecture.hiddenSize;
  const parts = promptParts(wave.map(({ request }) => request.prompt));
  const chunks = parts.map((texts) =>
    packSequences(
      texts.map((text) => wave[text].request.prompt),
      texts.map((text) => readLength(wave[text].request)),
    ),
  );
  const places = parts.map((texts) => {
    let from = 0;
    return texts.map((text) => {
      const to = from + wave[text].request.prompt.length;
      const place = { text, from, to };
      from = to;
      return place;
    });
  });
  const travelled = await forward.run(weights, chunks, {
    remember: (block, part) => ({ state: states[block], texts: places[part] }),
  });
  const last = new Float32Array(wave.length * H);
  travelled.forEach(({ hidden }, part) => {
    for (const { text, to } of places[part]) last.set(hidden.subarray((to - 1) * H, to * H), text * H);
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
  { forward }: Parts,
  weights: WeightSource,
  active: readonly Text[],
  states: readonly BlockState[],
): Promise<Float32Array> {
  const tokens = Int32Array.from(active, ({ generated }) => generated.at(-1)!);
  const positions = Int32Array.from(
    active,
    ({ request, generated }) => request.prompt.length + generated.length - 1,
  );
  const lengths = Int32Array.from(active, ({ request }) => readLength(request));
  const longest = Math.max(...positions) + 1;
  let hidden = await forward.embed(weights, { tokens, positions });
  for (const [index, state] of states.entries()) {
    state.grow(longest);
    const runner = await forward.loadBlock(weights, index);
    hidden = await runner.step({ positions, lengths }, hidden, state);
  }
  return hidden;
}

function hasEnded({ request, generated }: Text): boolean {
  return generated.length >= request.maxNewTokens || request.stop(generated);
}

function neededLength({ prompt, maxNewTokens }: GenerateRequest): number {
  return prompt.length + maxNewTokens;
}

/** Tokens that are read if generation goes on to its end: the last one is only written. */
function readLength({ prompt, maxNewTokens }: GenerateRequest): number {
  return prompt.length + Math.max(0, maxNewTokens - 1);
}
