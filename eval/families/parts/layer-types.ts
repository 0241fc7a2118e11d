/** Configs that say of every layer whether its attention has a window. */
import { z } from 'zod';

export const layerTypesKey = z
  .array(z.enum(['full_attention', 'sliding_attention']))
  .max(4096)
  .nullish();

type LayerTypes = z.infer<typeof layerTypesKey>;

/** Reports a list that does not have one entry a layer. */
export function checkLayerTypes(types: LayerTypes, layers: number, context: z.RefinementCtx): void {
  if (types === null || types === undefined || types.length === layers) return;
  context.addIssue({
    code: 'custom',
    path: ['layer_types'],
    message: `it has ${types.length} entries for ${layers} layers`,
  });
}

/** Whether layer `index` has a window: as listed, or by the rule of the class. */
export function isWindowed(types: LayerTypes, index: number, rule: (index: number) => boolean): boolean {
  return types ? types[index] === 'sliding_attention' : rule(index);
}
