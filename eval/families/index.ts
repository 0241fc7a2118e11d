/** The families that can be evaluated. Copy `mistral.ts` to add one. */
import { z } from 'zod';
import { familyErrors as errors } from '../errors/checkpoint.ts';
import { didYouMean } from '../nearest.ts';
import type { Architecture } from './architecture.ts';
import { bloom } from './bloom.ts';
import { chatglm } from './chatglm.ts';
import { deepseekV2 } from './deepseek-v2.ts';
import { falcon } from './falcon.ts';
import type { Family } from './family.ts';
import { gemma } from './gemma.ts';
import { gemma2 } from './gemma2.ts';
import { gptNeox } from './gpt-neox.ts';
import { llama } from './llama.ts';
import { mamba } from './mamba.ts';
import { mistral } from './mistral.ts';
import { mixtral } from './mixtral.ts';
import { olmoe } from './olmoe.ts';
import { opt } from './opt.ts';
import { phi3 } from './phi3.ts';
import { qwen2 } from './qwen2.ts';
import { qwen2Moe } from './qwen2-moe.ts';
import { qwen3 } from './qwen3.ts';
import { stablelm } from './stablelm.ts';

export const families = {
  bloom,
  chatglm,
  deepseek_v2: deepseekV2,
  falcon,
  gemma,
  gemma2,
  gpt_neox: gptNeox,
  llama,
  mamba,
  mistral,
  mixtral,
  olmoe,
  opt,
  phi3,
  qwen2,
  qwen2_moe: qwen2Moe,
  qwen3,
  stablelm,
} as const satisfies Record<string, Family>;

export type FamilyId = keyof typeof families;

/** What transformers reads for every class. A quantized or custom-code checkpoint means something else than it seems. */
const common = z.looseObject({
  model_type: z.string(),
  architectures: z.array(z.string()).nullish(),
  quantization_config: z
    .null('a checkpoint that is already quantized is not supported; use the 16-bit one')
    .optional(),
  auto_map: z.looseObject({ AutoModelForCausalLM: z.string().optional() }).nullish(),
});

/**
 * Describes the model of a parsed `config.json`.
 * @param where  file name for messages
 * @throws family/unknown with the nearest known families, family/config with every problem at once
 */
export function describeModel(config: unknown, where: string): Architecture {
  const { model_type: modelType, architectures, auto_map: code } = parse(common, config, where);
  if (!Object.hasOwn(families, modelType)) {
    const known = Object.keys(families);
    throw errors.unknown(where, modelType, didYouMean(modelType, known), known);
  }
  const family: Family = families[modelType as FamilyId];
  const known = [family.architectureClass, ...(family.remoteClasses ?? [])];
  const others = (architectures ?? []).filter((name) => !known.includes(name));
  if (others.length > 0) {
    throw errors.config(where, [
      `architectures: "${others.join('", "')}" is not ${family.architectureClass}`,
    ]);
  }
  // The class is named after the file: `owner/repository--modeling_chatglm.ChatGLMForConditionalGeneration`.
  const own = code?.AutoModelForCausalLM?.split('.').at(-1);
  if (own !== undefined && !(family.remoteClasses ?? []).includes(own)) {
    throw errors.config(where, [
      `auto_map.AutoModelForCausalLM: model code that comes with the checkpoint is never run, and "${own}" is not known to compute what ${family.architectureClass} does`,
    ]);
  }
  return family.describe(parse(family.config, config, where));
}

function parse<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw errors.config(
    where,
    result.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    ),
  );
}
