/** What the forward pass rounds, in words. */
import type { ForwardGrid, ForwardPrecision } from './forward-quantizer.ts';

/** In full sentences, for the reader of a number. */
export function describePrecision({ activations, kv }: ForwardPrecision): readonly string[] {
  const groups = kv?.group === -1 ? 'token and head' : `token, head and ${kv?.group} neighbouring numbers`;
  const order = kv?.preRope ? '; keys before their rotary embedding' : '';
  return [
    ...(activations === null
      ? []
      : [
          `The inputs of all compressed linears are rounded to ${activations.bits} bits, one ${gridWords(activations)} a token.`,
        ]),
    ...(kv === null
      ? []
      : [`Keys and values are rounded to ${kv.bits} bits, one ${gridWords(kv)} a ${groups}${order}.`]),
  ];
}

function gridWords({ symmetric, clip, outliers, rotation }: ForwardGrid): string {
  return [
    symmetric ? 'symmetric grid' : 'grid',
    ...(clip === 1 ? [] : [`over ${clip} of the range`]),
    ...(rotation === null ? [] : [`behind a rotation with seed ${rotation}`]),
    ...(outliers === null ? [] : [`for what is below ${outliers}, the rest passing as it is,`]),
  ].join(' ');
}
