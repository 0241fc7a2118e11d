/** Every compression method, by id. A new one is a file here and a line below. */
import { FP16, formatRecipe, type Recipe } from '../../data/recipe.ts';
import { type ForwardPrecision, precisionOf } from '../engines/forward-quantizer.ts';
import { methodErrors } from '../errors/method.ts';
import { awq } from './awq.ts';
import { billm } from './billm.ts';
import { dbLlm } from './db-llm.ts';
import { gptq } from './gptq.ts';
import { hqq } from './hqq.ts';
import { irQlora } from './ir-qlora.ts';
import { llmInt8 } from './llm.int8.ts';
import { magnitude } from './magnitude.ts';
import type { Method } from './method.ts';
import { nf4 } from './nf4.ts';
import { pbLlm } from './pb-llm.ts';
import { quarot } from './quarot.ts';
import { quarotRtn } from './quarot-rtn.ts';
import { quip } from './quip.ts';
import { rtn } from './rtn.ts';
import { slimLlm } from './slim-llm.ts';
import { smoothquant } from './smoothquant.ts';
import { smoothquantGptq } from './smoothquant-gptq.ts';
import { sparsegpt } from './sparsegpt.ts';
import { wanda } from './wanda.ts';

export const methods = {
  rtn,
  gptq,
  magnitude,
  wanda,
  sparsegpt,
  'pb-llm': pbLlm,
  billm,
  'db-llm': dbLlm,
  'slim-llm': slimLlm,
  nf4,
  'ir-qlora': irQlora,
  hqq,
  'llm.int8': llmInt8,
  quarot,
  'quarot-rtn': quarotRtn,
  awq,
  smoothquant,
  'smoothquant-gptq': smoothquantGptq,
  quip,
} as const satisfies Record<string, Method>;

export type MethodId = keyof typeof methods;

/** Throws `method/unknown` with the nearest known name. */
export function findMethod(id: string): Method {
  if (Object.hasOwn(methods, id)) return methods[id as MethodId];
  throw methodErrors.unknown(id, Object.keys(methods));
}

/** The method of a recipe. Throws `method/unknown`, `method/unsupported`. */
export function methodFor(recipe: Recipe): Method {
  const method = findMethod(recipe.method);
  const reason = method.supports(recipe);
  if (reason !== null) throw methodErrors.unsupported(formatRecipe(recipe), reason);
  return method;
}

/** What the forward pass rounds with a supported recipe. Throws `method/unknown`. */
export function precisionFor(recipe: Recipe): ForwardPrecision {
  const method: Method | null = recipe.method === FP16.method ? null : findMethod(recipe.method);
  return method?.precision?.(recipe) ?? precisionOf(recipe);
}
