/** The image of a block, and that of everything outside blocks. */
import { engineErrors as errors } from '../../errors/engine.ts';
import type {
  Architecture,
  Attention,
  Block,
  ExpertsFeedForward,
  FeedForward,
  LatentAttention,
  Mixer,
  Norms,
  SelectiveScan,
} from '../../families/architecture.ts';
import { type Layout, layOut, linearParts, normParts, type Part, vectorPart } from './layout.ts';
import type { Dtype } from './matrix.ts';

/** @throws engine/unsupported */
export function blockLayout(block: Block, hiddenSize: number, dtype: Dtype): Layout {
  const { mixer, mixerNorms, feedForward, feedForwardNorms } = block;
  return layOut(
    [
      ...normsParts('mixer', mixerNorms, hiddenSize),
      ...mixerParts(mixer),
      ...normsParts('feedForward', feedForwardNorms, hiddenSize),
      ...(feedForward === null ? [] : feedForwardParts(feedForward)),
    ],
    dtype,
  );
}

/** Embedding, learned positions, final norm and head; a tied head shares the embedding's part. */
export function topLayout(architecture: Architecture, dtype: Dtype): Layout {
  const { embedding, vocabSize, hiddenSize, maxPositions, finalNorm, headProjection, head } = architecture;
  const table = (name: string, tensor: string, N: number, K: number): Part => ({
    ...{ kind: 'matrix', name, N, K, isExact: false },
    sources: [{ kind: 'tensor', tensor, rows: N }],
  });
  const { positions, projection, norm } = embedding;
  return layOut(
    [
      table('embedding', embedding.tensor, vocabSize, projection?.inFeatures ?? hiddenSize),
      ...(positions === null
        ? []
        : [table('positions', positions.tensor, positions.offset + maxPositions, hiddenSize)]),
      ...(projection === null ? [] : linearParts('projection', [projection])),
      ...normParts('norm', norm, hiddenSize),
      ...normParts('finalNorm', finalNorm, hiddenSize),
      ...(headProjection === null ? [] : linearParts('headProjection', [headProjection])),
      ...(isTied(architecture) ? [] : [table('head', head.tensor, vocabSize, head.inFeatures)]),
      ...vectorPart('head.bias', head.bias ?? null, vocabSize),
    ],
    dtype,
  );
}

export function isTied({ embedding, head }: Architecture): boolean {
  return embedding.tensor === head.tensor;
}

function normsParts(prefix: string, norms: Norms, length: number): Part[] {
  const places = ['before', 'output', 'after'] as const;
  return places.flatMap((place) => normParts(`${prefix}.${place}`, norms[place], length));
}

function mixerParts(mixer: Mixer): Part[] {
  switch (mixer.kind) {
    case 'attention':
      return attentionParts(mixer);
    case 'latent-attention':
      return latentParts(mixer);
    case 'selective-scan':
      return scanParts(mixer);
  }
}

function attentionParts({ q, k, v, o, heads, kvHeads, headDim, queryKeyNorm, position }: Attention): Part[] {
  const over = queryKeyNorm?.over ?? 'head';
  const width = (count: number) => (over === 'head' ? headDim : count * headDim);
  return [
    ...linearParts('qkv', [q, k, v]),
    ...normParts('q.norm', queryKeyNorm?.q ?? null, width(heads)),
    ...normParts('k.norm', queryKeyNorm?.k ?? null, width(kvHeads)),
    ...slopeParts(position.kind, heads),
    ...linearParts('o', [o]),
  ];
}

/** Queries and the latent of keys and values read the same input, so they are one matrix. */
function latentParts({
  query,
  kvDown,
  kvNorm,
  kvUp,
  latentSize,
  o,
  position,
  heads,
}: LatentAttention): Part[] {
  const parts = [
    ...linearParts('latent', [query.kind === 'full' ? query.q : query.down, kvDown]),
    ...normParts('kv.norm', kvNorm, latentSize),
    ...linearParts('kv.up', [kvUp]),
    ...slopeParts(position.kind, heads),
    ...linearParts('o', [o]),
  ];
  if (query.kind === 'full') return parts;
  return [
    ...parts,
    ...normParts('q.norm', query.norm, query.down.outFeatures),
    ...linearParts('q.up', [query.up]),
  ];
}

/** Slopes come from the description; the writer fills them in. */
function slopeParts(kind: string, heads: number): Part[] {
  if (kind !== 'alibi') return [];
  return [{ kind: 'vector', name: 'slopes', sources: [{ kind: 'zeros', length: heads }], length: heads }];
}

function scanParts(mixer: SelectiveScan): Part[] {
  const { innerSize, stateSize, convolution, input, parameters, step, output, logDecay, skip } = mixer;
  return [
    ...linearParts('input', [input]),
    ...vectorPart('convolution', convolution.tensor, innerSize * convolution.width),
    ...vectorPart('convolution.bias', convolution.bias, innerSize),
    ...linearParts('parameters', [parameters]),
    ...linearParts('step', [step]),
    ...vectorPart('decay', logDecay, innerSize * stateSize),
    ...vectorPart('skip', skip, innerSize),
    ...linearParts('output', [output]),
  ];
}

function feedForwardParts(feedForward: FeedForward): Part[] {
  switch (feedForward.kind) {
    case 'mlp':
      return [...linearParts('up', [feedForward.up]), ...linearParts('down', [feedForward.down])];
    case 'glu':
      return [
        ...linearParts('gateUp', [feedForward.gate, feedForward.up]),
        ...linearParts('down', [feedForward.down]),
      ];
    case 'experts':
      return expertsParts(feedForward);
  }
}

/** All experts one below the other: gate and up of each `[E, 2I, H]`, down `[E, H, I]`. */
function expertsParts({ router, experts, shared }: ExpertsFeedForward): Part[] {
  const linears = experts.flatMap(({ gate, up, down }) => [gate, up, down]);
  if (linears.some(({ bias }) => bias !== undefined))
    throw errors.unsupported('cuda', 'a bias of an expert that only some tokens go to');
  return [
    ...linearParts('router', [router], true),
    ...linearParts(
      'experts.gateUp',
      experts.flatMap(({ gate, up }) => [gate, up]),
    ),
    ...linearParts(
      'experts.down',
      experts.map(({ down }) => down),
    ),
    ...(shared === null
      ? []
      : [
          ...linearParts('shared.gateUp', [shared.feedForward.gate, shared.feedForward.up]),
          ...linearParts('shared.down', [shared.feedForward.down]),
          ...(shared.gate === null ? [] : linearParts('shared.gate', [shared.gate], true)),
        ]),
  ];
}
