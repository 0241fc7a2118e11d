/** Every kind of corruption that the mutation test plants, by what is spoilt. */
import { cellCorruptions } from './cells.ts';
import type { Corruption } from './corruption.ts';
import { manifestCorruptions } from './manifest.ts';
import { numberCorruptions } from './numbers.ts';
import { outcomeCorruptions } from './outcomes.ts';
import { placeCorruptions } from './places.ts';
import { textCorruptions } from './text.ts';
import { trustCorruptions } from './trust.ts';

export const corruptions: Readonly<Record<string, readonly Corruption[]>> = {
  'The JSON text': textCorruptions,
  'The manifest': manifestCorruptions,
  Numbers: numberCorruptions,
  'Names and cells': cellCorruptions,
  'Outcomes of items': outcomeCorruptions,
  'Places, copies and changes': placeCorruptions,
  'Records of trust': trustCorruptions,
};
