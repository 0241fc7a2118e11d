/** Cosines and sines by position in device memory, one table a rotation rule of a model. */
import type { Architecture, Rope } from '../../families/architecture.ts';
import type { RotationTables } from './block-context.ts';
import type { Device } from './device.ts';

/** Rotation rules of a model, each once. */
export function ropesOf({ blocks }: Architecture): readonly Rope[] {
  const ropes = new Map<string, Rope>();
  for (const { mixer } of blocks) {
    if (mixer.kind === 'selective-scan' || mixer.position.kind !== 'rope') continue;
    ropes.set(JSON.stringify(mixer.position), mixer.position);
  }
  return [...ropes.values()];
}

/** Bytes of the tables of `positions` positions. */
export function rotationBytes(architecture: Architecture, positions: number): number {
  const values = ropesOf(architecture).reduce(
    (sum, { inverseFrequencies, long }) => sum + inverseFrequencies.length * (long === null ? 1 : 2),
    0,
  );
  return 2 * values * positions * Float32Array.BYTES_PER_ELEMENT;
}

/** Float32 `[rows, half]`: row p is position p; where a rule has `long`, row positions + p is position p of a long text. */
export function rotationTable(
  { inverseFrequencies, attentionFactor, long }: Rope,
  positions: number,
): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const half = inverseFrequencies.length;
  const rules = [{ inverseFrequencies, attentionFactor }, ...(long === null ? [] : [long])];
  const cos = new Float32Array(rules.length * positions * half);
  const sin = new Float32Array(cos.length);
  let at = 0;
  for (const rule of rules) {
    for (let position = 0; position < positions; position += 1) {
      for (const frequency of rule.inverseFrequencies) {
        const angle = position * frequency;
        cos[at] = Math.cos(angle) * rule.attentionFactor;
        sin[at] = Math.sin(angle) * rule.attentionFactor;
        at += 1;
      }
    }
  }
  return { cos, sin };
}

export class Rotations {
  readonly #device: Device;
  readonly #keys = new WeakMap<Rope, string>();
  readonly #tables = new Map<string, RotationTables>();
  /** Positions that the tables have. */
  readonly positions: number;

  constructor(device: Device, architecture: Architecture, positions: number) {
    this.#device = device;
    this.positions = positions;
    for (const rope of ropesOf(architecture)) {
      const { cos, sin } = rotationTable(rope, positions);
      this.#tables.set(JSON.stringify(rope), { cos: device.uploaded(cos), sin: device.uploaded(sin) });
    }
  }

  of(rope: Rope): RotationTables {
    const key = this.#keys.get(rope) ?? JSON.stringify(rope);
    this.#keys.set(rope, key);
    const tables = this.#tables.get(key);
    if (tables === undefined) throw new TypeError('the rotation rule belongs to another model');
    return tables;
  }

  close(): void {
    for (const { cos, sin } of this.#tables.values()) {
      this.#device.free(cos);
      this.#device.free(sin);
    }
    this.#tables.clear();
  }
}
