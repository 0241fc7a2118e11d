/** How many texts are generated at a time. */
import { engineErrors as errors } from '../../errors/engine.ts';
import { pagesFor } from './pages.ts';
import type { Session } from './session.ts';
import { bucketOf } from './slots.ts';
import { TextMemory, type TextMemoryShape } from './text-memory.ts';
import type { Group } from './text-queue.ts';
import { attentionScratchBytes, pageBytes } from './text-sizes.ts';

/** Slots whose texts read the weights together; more of them save time only where a step is mostly launches. */
const ORDINARY_SLOTS = 64;
/** Memory that more slots than those may take. */
const MANY_SLOTS_BYTES = 2 ** 30;

/** As many slots and pages as the texts need and the memory has. Throws `engine/device-memory` where one text does not fit. */
export function sizeOf(
  session: Session,
  { texts }: Group,
  most: number,
): { readonly shape: TextMemoryShape; readonly slots: number } {
  const { architecture, room, plan } = session.parts;
  // The workspace of a step is that of a chunk.
  const limit = Math.min(most, texts.length, 2 ** Math.floor(Math.log2(plan.chunkTokens)));
  const { dtype } = session.ops;
  const maxPages = Math.max(1, pagesFor(texts[0]!.readLength));
  const perPage = pageBytes(architecture, dtype);
  const limits = session.limits;
  for (let slots = bucketOf(limit); ; slots /= 2) {
    // Tables are read in rows of four values.
    const shape = { architecture, dtype, slots: Math.max(4, slots), maxPages, limits };
    const scratchBytes = attentionScratchBytes(session.ops.kernels, shape);
    const fixed = TextMemory.bytesOf({ ...shape, pages: 0 }, scratchBytes) + architecture.blocks.length * 512;
    const wanted = texts.slice(0, slots).reduce((sum, { readLength }) => sum + pagesFor(readLength), 0);
    const fitting = perPage === 0 ? wanted : Math.floor((room() - fixed) / perPage);
    const pages = Math.max(1, Math.min(wanted, fitting));
    if (slots > ORDINARY_SLOTS && fixed + wanted * perPage > Math.min(MANY_SLOTS_BYTES, room())) continue;
    if (room() >= fixed && fitting >= maxPages && (pages === wanted || slots === 1 || fitting >= wanted / 2))
      return { shape: { ...shape, pages }, slots: Math.min(slots, most) };
    if (slots === 1)
      throw errors.deviceMemory(plan.totalBytes + fixed + maxPages * perPage, plan.totalBytes + room(), {
        ...{ maxPages, pageBytes: perPage, fixedBytes: fixed },
      });
  }
}
