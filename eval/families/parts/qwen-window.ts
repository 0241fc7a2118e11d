/** Which layers of a Qwen model have a window. */
import { z } from 'zod';
import { isWindowed, layerTypesKey } from './layer-types.ts';

export const qwenWindowKeys = {
  use_sliding_window: z.boolean().default(false),
  sliding_window: z.int().positive().nullable().default(4096),
  max_window_layers: z.int().nonnegative().default(28),
  layer_types: layerTypesKey,
};

interface QwenWindow {
  readonly use_sliding_window: boolean;
  readonly sliding_window: number | null;
  readonly max_window_layers: number;
  readonly layer_types?: z.infer<typeof layerTypesKey>;
}

/** Layers from `max_window_layers` on, where windows are used at all. */
export function qwenWindow(config: QwenWindow, index: number): number | null {
  if (!config.use_sliding_window) return null;
  const rule = (layer: number) => layer >= config.max_window_layers;
  return isWindowed(config.layer_types, index, rule) ? config.sliding_window : null;
}
