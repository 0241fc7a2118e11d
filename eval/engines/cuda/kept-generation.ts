/**
 * Device memory and recorded steps of a generation, kept for the next one of the same size: recording takes as long as
 * several tokens. The memory is given back when something else needs it.
 */

import { DecodeStep, type Drawing } from './decode-step.ts';
import type { Claim } from './memory.ts';
import type { Session } from './session.ts';
import { TextMemory, type TextMemoryShape } from './text-memory.ts';
import { attentionScratchBytes } from './text-sizes.ts';

export interface Place {
  readonly memory: TextMemory;
  readonly step: DecodeStep;
}

interface Kept extends Place {
  readonly key: string;
  /** Whose weights the recorded steps read. */
  readonly images: object;
  readonly claim: Claim;
}

export class KeptGeneration {
  #kept: Kept | null = null;

  /** A place for texts of a shape, with no text in it. Throws `engine/device-memory`. */
  place(session: Session, shape: TextMemoryShape, drawing: Drawing, isRecorded: boolean): Place {
    const { images, workspace, plan, memory: device } = session.parts;
    const { slots, pages, maxPages } = shape;
    const key = JSON.stringify([slots, pages, maxPages, drawing, isRecorded, workspace, plan.hiddenBytes]);
    const kept = this.#kept;
    if (kept !== null && kept.key === key && kept.images === images && kept.claim.isHeld) {
      kept.memory.clear();
      device.touch(kept.claim);
      return kept;
    }
    this.release();
    const scratchBytes = attentionScratchBytes(session.ops.kernels, shape);
    const claim = device.claim(TextMemory.bytesOf(shape, scratchBytes), () => this.#forget());
    const memory = new TextMemory(shape, claim.at, scratchBytes);
    const step = new DecodeStep(session, memory, drawing, { isRecorded });
    this.#kept = { key, images, claim, memory, step };
    // What is left of earlier work must be finite where kernels read beyond the end of a text.
    session.ops.kernels.fill({ to: claim.at, value: 0, bytes: claim.bytes });
    return this.#kept;
  }

  release(): void {
    this.#kept?.claim.release();
  }

  #forget(): void {
    this.#kept?.step.close();
    this.#kept = null;
  }
}
