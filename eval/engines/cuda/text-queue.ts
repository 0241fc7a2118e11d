/** Texts that are to be generated: their tokens so far, and which of them can run in one step. */
import { engineErrors as errors } from '../../errors/engine.ts';
import type { GenerateRequest, OnProgress } from '../engine.ts';
import { GREEDY, uniformsOf } from '../sampling.ts';
import type { Drawing } from './decode-step.ts';

export interface Text {
  /** Number of the request. */
  readonly index: number;
  readonly request: GenerateRequest;
  readonly generated: number[];
  /** Tokens that are read if it goes on to its end. */
  readonly readLength: number;
  /** The number that the next token is drawn with. */
  readonly uniform: () => number;
}

/** Texts that are drawn in the same way, the longest first. */
export interface Group {
  readonly drawing: Drawing;
  readonly texts: readonly Text[];
}

export class TextQueue {
  readonly results: readonly number[][];
  readonly groups: readonly Group[];
  readonly #onProgress: OnProgress | undefined;
  readonly #total: number;
  #done = 0;

  constructor(requests: readonly GenerateRequest[], onProgress?: OnProgress) {
    this.results = requests.map(() => []);
    this.#onProgress = onProgress;
    const texts = requests.map((request, index): Text => {
      const { prompt, maxNewTokens, sampling = GREEDY } = request;
      const uniform = sampling.temperature === 0 ? () => 0 : uniformsOf(sampling);
      const readLength = prompt.length + Math.max(0, maxNewTokens - 1);
      return { index, request, generated: this.results[index]!, readLength, uniform };
    });
    const asked = texts
      .filter(({ request }) => request.maxNewTokens > 0)
      .sort((a, b) => b.readLength - a.readLength);
    this.#total = asked.reduce((sum, { request }) => sum + lengthOf(request), 0);
    const byDrawing = Map.groupBy(asked, ({ request }) => JSON.stringify(drawingOf(request)));
    this.groups = [...byDrawing.values()].map((own) => ({ drawing: drawingOf(own[0]!.request), texts: own }));
  }

  /** Adds a token; returns whether the text has ended. Throws `engine/not-finite` for a token of −1. */
  add({ index, request, generated }: Text, token: number): boolean {
    if (token < 0) throw errors.notFinite(`request ${index}, new token ${generated.length}`);
    generated.push(token);
    this.#done += generated.length === 1 ? request.prompt.length + 1 : 1;
    const hasEnded = generated.length >= request.maxNewTokens || request.stop(generated);
    if (hasEnded) this.#done += request.maxNewTokens - generated.length;
    return hasEnded;
  }

  report(): void {
    this.#onProgress?.(this.#done, this.#total);
  }
}

function drawingOf({ sampling = GREEDY }: GenerateRequest): Drawing {
  const { temperature, topK, topP } = sampling;
  // Greedy texts need no other numbers, so that they all run together.
  return temperature === 0 ? { temperature, topK: 0, topP: 1 } : { temperature, topK, topP };
}

function lengthOf({ prompt, maxNewTokens }: GenerateRequest): number {
  return prompt.length + maxNewTokens;
}
