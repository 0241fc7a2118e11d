/** Generates texts that are drawn in the same way: who runs in which slot, and the steps between. */
import { engineErrors as errors } from '../../errors/engine.ts';
import type { DecodeStep } from './decode-step.ts';
import type { GenerateOptions } from './generate.ts';
import type { KeptGeneration } from './kept-generation.ts';
import { PageAllocator, pagesFor } from './pages.ts';
import { type Prompt, readPrompts } from './prefill.ts';
import type { Residence } from './residence.ts';
import type { Session } from './session.ts';
import { bucketOf, MAX_SLOTS, Slots } from './slots.ts';
import { attentionScratchBytes, pageBytes, TextMemory, type TextMemoryShape } from './text-memory.ts';
import type { Group, Text, TextQueue } from './text-queue.ts';

interface Running {
  readonly text: Text;
  readonly pages: readonly number[];
}

/** Steps after which signals and timers get their turn. */
const STEPS_BETWEEN_TURNS = 16;

export async function generateTexts(
  residence: Residence,
  group: Group,
  queue: TextQueue,
  options: GenerateOptions,
  kept: KeptGeneration,
): Promise<void> {
  const longest = group.texts[0]!.readLength;
  const session = await residence.session(longest);
  const { shape, slots } = sizeOf(session, group, options.slots ?? MAX_SLOTS);
  const { memory, step } = kept.place(session, shape, group.drawing, options.graphs ?? true);
  try {
    await new Generation(session, memory, step, group, queue, slots).run();
  } catch (error) {
    // Whatever stopped it, nothing of it is worth keeping.
    kept.release();
    throw error;
  }
}

/** As many slots and pages as the texts need and the memory has. Throws `engine/device-memory` where one text does not fit. */
function sizeOf(
  session: Session,
  { texts }: Group,
  most: number,
): { readonly shape: TextMemoryShape; readonly slots: number } {
  const { architecture, room, plan } = session.parts;
  const { dtype } = session.ops;
  const maxPages = Math.max(1, pagesFor(texts[0]!.readLength));
  const perPage = pageBytes(architecture, dtype);
  const limits = session.limits;
  for (let slots = bucketOf(Math.min(most, texts.length)); ; slots /= 2) {
    // Tables are read in rows of four values.
    const shape = { architecture, dtype, slots: Math.max(4, slots), maxPages, limits };
    const scratchBytes = attentionScratchBytes(session.ops.kernels, shape);
    const fixed = TextMemory.bytesOf({ ...shape, pages: 0 }, scratchBytes) + architecture.blocks.length * 512;
    const wanted = texts.slice(0, slots).reduce((sum, { readLength }) => sum + pagesFor(readLength), 0);
    const fitting = perPage === 0 ? wanted : Math.floor((room() - fixed) / perPage);
    const pages = Math.max(1, Math.min(wanted, fitting));
    if (room() >= fixed && fitting >= maxPages && (pages === wanted || slots === 1 || fitting >= wanted / 2))
      return { shape: { ...shape, pages }, slots: Math.min(slots, most) };
    if (slots === 1)
      throw errors.deviceMemory(plan.totalBytes + fixed + maxPages * perPage, plan.totalBytes + room(), {
        ...{ maxPages, pageBytes: perPage, fixedBytes: fixed },
      });
  }
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

  constructor(
    session: Session,
    memory: TextMemory,
    step: DecodeStep,
    group: Group,
    queue: TextQueue,
    slots: number,
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
    this.#tokens = new Int32Array(shape.slots);
  }

  async run(): Promise<void> {
    const { device } = this.#session.parts;
    for (let steps = 1; ; steps += 1) {
      let changed = await this.#admit();
      const { running } = this.#slots;
      if (running.length === 0 && this.#waiting.length === 0) return;
      // All that were admitted may have ended with their first token.
      if (running.length === 0) continue;
      changed = this.#closeUp() || changed;
      if (changed) this.#memory.send(device);
      const B = bucketOf(this.#slots.span);
      if (this.#isDrawn) this.#sendUniforms(this.#slots.running);
      await this.#step.run(B);
      this.#take(device.download(this.#memory.tokens, this.#tokens), this.#slots.running);
      this.#queue.report();
      if (steps % STEPS_BETWEEN_TURNS === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Moves texts of high slots to low ones where that makes steps smaller. */
  #closeUp(): boolean {
    const moves = this.#slots.compact();
    for (const { from, to } of moves) this.#memory.move(this.#session.ops.kernels, from, to);
    return moves.length > 0;
  }

  /** Adds the new tokens; texts that end leave. */
  #take(tokens: Int32Array, running: readonly (readonly [number, Running])[]): void {
    const memory = this.#memory;
    let left = false;
    for (const [slot, { text, pages }] of running) {
      const token = tokens[slot]!;
      if (this.#queue.add(text, token)) {
        this.#slots.remove(slot);
        this.#pages.release(pages);
        memory.positions[slot] = -1;
        left = true;
        continue;
      }
      memory.ids[slot] = token;
      memory.positions[slot]! += 1;
      for (const rows of memory.rows) rows[slot]! += 1;
    }
    if (left) memory.send(this.#session.parts.device);
  }

  /** Lets waiting texts in, as long as there are slots and pages, and reads their prompts. */
  async #admit(): Promise<boolean> {
    let hasChanged = false;
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
    if (this.#isDrawn) this.#sendUniforms(admitted.map(([, own], place) => [place, own] as const));
    await this.#step.begin(admitted.length);
    const tokens = device.download(memory.tokens, this.#tokens);
    for (const [place, [slot, own]] of admitted.entries()) {
      const { text, pages } = own;
      if (this.#queue.add(text, tokens[place]!)) {
        this.#slots.remove(slot);
        this.#pages.release(pages);
        memory.positions[slot] = -1;
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

  #sendUniforms(running: readonly (readonly [number, Running])[]): void {
    for (const [slot, { text }] of running) this.#memory.uniforms[slot] = text.uniform();
    this.#session.parts.device.upload(this.#memory.drawing, this.#memory.uniforms);
  }
}

function promptOf([slot, { text }]: readonly [number, Running]): Prompt {
  return { tokens: text.request.prompt, length: text.readLength, slot };
}
