/** Generates texts that are drawn in the same way: who runs in which slot, and the steps between. */
import type { DecodeStep } from './decode-step.ts';
import type { GenerateOptions } from './generate.ts';
import type { KeptGeneration } from './kept-generation.ts';
import { PageAllocator, pagesFor } from './pages.ts';
import { type Prompt, readPrompts } from './prefill.ts';
import type { Residence } from './residence.ts';
import type { Session } from './session.ts';
import { bucketOf, MAX_SLOTS, Slots } from './slots.ts';
import { MOST_STEPS, type TextMemory } from './text-memory.ts';
import type { Group, Text, TextQueue } from './text-queue.ts';
import { sizeOf } from './text-slots.ts';

interface Running {
  readonly text: Text;
  readonly pages: readonly number[];
}

/** Trips to the device after which signals and timers get their turn. */
const TRIPS_BETWEEN_TURNS = 4;
/** Texts wait until this share of the slots is free, so that their prompts are read together. */
const SHARE_OF_WAVE = 1 / 4;

export async function generateTexts(
  residence: Residence,
  group: Group,
  queue: TextQueue,
  options: GenerateOptions,
  kept: KeptGeneration,
): Promise<void> {
  const longest = group.texts[0]!.readLength;
  return residence.use(longest, async (session) => {
    const { shape, slots } = sizeOf(session, group, options.slots ?? MAX_SLOTS);
    const { memory, step } = kept.place(session, shape, group.drawing, options.graphs ?? true);
    try {
      await new Generation(session, memory, step, group, queue, {
        slots,
        steps: options.steps ?? MOST_STEPS,
      }).run();
    } catch (error) {
      // Whatever stopped it, nothing of it is worth keeping.
      kept.release();
      throw error;
    }
  });
}

class Generation {
  readonly #session: Session;
  readonly #memory: TextMemory;
  readonly #step: DecodeStep;
  readonly #queue: TextQueue;
  readonly #isDrawn: boolean;
  readonly #waiting: Text[];
  readonly #pages: PageAllocator;
  readonly #slots: Slots<Running>;
  readonly #tokens: Int32Array;
  readonly #steps: number;
  readonly #wave: number;

  constructor(
    session: Session,
    memory: TextMemory,
    step: DecodeStep,
    group: Group,
    queue: TextQueue,
    { slots, steps }: { readonly slots: number; readonly steps: number },
  ) {
    const { shape } = memory;
    this.#session = session;
    this.#memory = memory;
    this.#step = step;
    this.#queue = queue;
    this.#isDrawn = group.drawing.temperature > 0;
    this.#waiting = [...group.texts];
    this.#pages = new PageAllocator(shape.pages);
    this.#slots = new Slots(slots);
    this.#tokens = new Int32Array(MOST_STEPS * shape.slots);
    this.#steps = Math.min(steps, MOST_STEPS);
    this.#wave = Math.ceil(slots * SHARE_OF_WAVE);
  }

  async run(): Promise<void> {
    const { device } = this.#session.parts;
    for (let trips = 1; ; trips += 1) {
      let changed = await this.#admit();
      if (this.#slots.span === 0 && this.#waiting.length === 0) return;
      // All that were admitted may have ended with their first token.
      if (this.#slots.span === 0) continue;
      changed = this.#closeUp() || changed;
      if (changed) this.#memory.send(device);
      const { running, span } = this.#slots;
      const steps = this.#stepsFor(running);
      if (this.#isDrawn) this.#sendUniforms(running, steps, this.#memory.drawings);
      await this.#step.run(bucketOf(span), steps);
      const tokens = this.#tokens.subarray(0, steps * this.#memory.shape.slots);
      this.#take(device.download(this.#memory.history, tokens), running, steps);
      this.#queue.report();
      if (trips % TRIPS_BETWEEN_TURNS === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** As many as every text has tokens left: none may go on beyond its pages. */
  #stepsFor(running: readonly (readonly [number, Running])[]): number {
    let steps = this.#steps;
    for (const [, { text }] of running)
      steps = Math.min(steps, text.request.maxNewTokens - text.generated.length);
    return steps;
  }

  /** Moves texts of high slots to low ones where that makes steps smaller. */
  #closeUp(): boolean {
    const moves = this.#slots.compact();
    for (const { from, to } of moves) this.#memory.move(this.#session.ops.kernels, from, to);
    return moves.length > 0;
  }

  /** Adds the new tokens, step by step; texts that end leave, and what the device wrote behind their end is not read. */
  #take(tokens: Int32Array, running: readonly (readonly [number, Running])[], steps: number): void {
    const memory = this.#memory;
    const { slots } = memory.shape;
    let going = running;
    for (let step = 0; step < steps && going.length > 0; step += 1) {
      going = going.filter(([slot, own]) => {
        const hasEnded = this.#queue.add(own.text, tokens[step * slots + slot]!);
        if (hasEnded) this.#leave(slot, own);
        return !hasEnded;
      });
    }
    for (const [slot] of going) {
      memory.ids[slot] = tokens[(steps - 1) * slots + slot]!;
      memory.positions[slot]! += steps;
      for (const rows of memory.rows) rows[slot]! += steps;
    }
    if (going.length < running.length) memory.send(this.#session.parts.device);
  }

  #leave(slot: number, { pages }: Running): void {
    this.#slots.remove(slot);
    this.#pages.release(pages);
    this.#memory.positions[slot] = -1;
  }

  /** Lets waiting texts in, many at a time, as long as there are slots and pages, and reads their prompts. */
  async #admit(): Promise<boolean> {
    let hasChanged = false;
    const { free, span } = this.#slots;
    if (span > 0 && free < Math.min(this.#waiting.length, this.#wave)) return false;
    for (let admitted = this.#next(); admitted.length > 0; admitted = this.#next()) {
      hasChanged = true;
      this.#memory.send(this.#session.parts.device);
      await readPrompts(this.#session, this.#memory, admitted.map(promptOf));
      await this.#firstTokens(admitted);
    }
    return hasChanged;
  }

  /** Texts that can be admitted now and whose prompts fit in one chunk. */
  #next(): (readonly [number, Running])[] {
    const { chunkTokens } = this.#session.parts.plan;
    const admitted: (readonly [number, Running])[] = [];
    let tokens = 0;
    while (this.#waiting.length > 0 && !this.#slots.isFull) {
      const text = this.#waiting[0]!;
      const { length } = text.request.prompt;
      if (admitted.length > 0 && tokens + length > chunkTokens) break;
      const pages = this.#pages.take(pagesFor(text.readLength));
      if (pages === null) break;
      this.#waiting.shift();
      tokens += length;
      const slot = this.#slots.add({ text, pages });
      this.#memory.pageTable.set(pages, slot * this.#memory.shape.maxPages);
      admitted.push([slot, { text, pages }]);
    }
    return admitted;
  }

  /** The token behind each prompt; hidden states are in the order of the texts, not of their slots. */
  async #firstTokens(admitted: readonly (readonly [number, Running])[]): Promise<void> {
    const memory = this.#memory;
    const { device, rotations } = this.#session.parts;
    const places = admitted.map(([, own], place) => [place, own] as const);
    if (this.#isDrawn) this.#sendUniforms(places, 1, memory.drawing);
    await this.#step.begin(admitted.length);
    const tokens = device.download(memory.tokens, this.#tokens.subarray(0, admitted.length));
    for (const [place, [slot, own]] of admitted.entries()) {
      const { text } = own;
      if (this.#queue.add(text, tokens[place]!)) {
        this.#leave(slot, own);
        continue;
      }
      const position = text.request.prompt.length;
      memory.ids[slot] = tokens[place]!;
      memory.positions[slot] = position;
      for (const [i, rows] of memory.rows.entries()) {
        const isLong = i > 0 && text.readLength > memory.shape.limits[i - 1]!;
        rows[slot] = position + (isLong ? rotations.positions : 0);
      }
    }
    this.#queue.report();
  }

  /** Numbers for `steps` tokens of each text go to `[steps, slots]` at `to`. */
  #sendUniforms(running: readonly (readonly [number, Running])[], steps: number, to: number): void {
    const { uniforms, shape } = this.#memory;
    for (const [slot, { text }] of running)
      for (let step = 0; step < steps; step += 1) uniforms[step * shape.slots + slot] = text.uniform();
    this.#session.parts.device.upload(to, uniforms.subarray(0, steps * shape.slots));
  }
}

function promptOf([slot, { text }]: readonly [number, Running]): Prompt {
  return { tokens: text.request.prompt, length: text.readLength, slot };
}
