/** Attention over whole texts, and of one new token over a paged cache. */
import { BL } from '../../../eval/engines/cuda/kernels.gen.ts';
import { type Operation, SIZE } from './operation.ts';

const HEADS = 32;
const KV_HEADS = 8;
const DIM = 128;
const WIDE = HEADS * DIM;
const NARROW = KV_HEADS * DIM;
const PAGE = 64;

const RULE = {
  dtype: BL.BF16,
  heads: HEADS,
  kvHeads: KV_HEADS,
  qkDim: DIM,
  vDim: DIM,
  scale: 1 / Math.sqrt(DIM),
  softCap: 0,
  window: 0,
  slopes: 0,
  roundedFactor: 0,
  outStride: WIDE,
};

function prefill(texts: number, length: number): Operation {
  const rows = texts * length;
  return {
    name: 'attention',
    shape: `${texts} texts of ${length}, ${HEADS} heads on ${KV_HEADS}`,
    // Two products over the half of all pairs that causality leaves.
    work: { flops: 2 * texts * WIDE * length * (length + 1) },
    prepare({ random, filled, upload, kernels }) {
      const q = random('bf16', rows * WIDE);
      const k = random('bf16', rows * NARROW);
      const v = random('bf16', rows * NARROW);
      const out = filled(rows * WIDE * SIZE.bf16);
      const table = Array.from({ length: texts }, (_, s) => [s * length, length, 0, 0, 0, s * length]);
      const segments = upload(Int32Array.from(table.flat()));
      const strides = { qStride: WIDE, kStride: NARROW, vStride: NARROW };
      const where = { segments, S: texts, maxQueries: length, rung: -1 };
      return () => kernels.attention({ ...RULE, ...strides, ...where, q, k, v, out });
    },
  };
}

function decode(texts: number, length: number): Operation {
  const pages = Math.ceil(length / PAGE);
  return {
    name: 'attention_decode',
    shape: `${texts} texts at ${length} positions`,
    work: { bytes: 2 * texts * length * NARROW * SIZE.bf16 },
    prepare({ random, filled, upload, kernels }) {
      const q = random('bf16', texts * WIDE);
      const [kCache, vCache] = [0, 1].map(() => random('bf16', texts * pages * PAGE * NARROW)) as [
        number,
        number,
      ];
      const out = filled(texts * WIDE * SIZE.bf16);
      const pageTable = upload(Int32Array.from({ length: texts * pages }, (_, page) => page));
      const positions = upload(new Int32Array(texts).fill(length - 1));
      const bytes = new BigInt64Array(1);
      kernels.attentionScratch({ B: texts, heads: HEADS, vDim: DIM, maxPositions: length, bytes });
      const scratch = filled(Number(bytes[0]));
      const cache = {
        qStride: WIDE,
        kCache,
        vCache,
        pageTable,
        maxPages: pages,
        pageSize: PAGE,
        positions,
        B: texts,
        scratch,
      };
      return () => kernels.attentionDecode({ ...RULE, ...cache, q, out });
    },
  };
}

export const attentionOperations: readonly Operation[] = [
  prefill(8, 2048),
  prefill(64, 256),
  decode(1, 8192),
  decode(8, 8192),
];
