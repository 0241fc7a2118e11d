/** What nvidia-smi says about the GPU while it works: clocks, temperature, power. */
import { $ } from 'zx';
import type { GpuState } from '../../data/bench-schema.ts';

const FIELDS = ['clocks.sm', 'clocks.mem', 'temperature.gpu', 'power.draw'];

export async function readGpuState(): Promise<GpuState> {
  const { stdout } = await $({
    quiet: true,
  })`nvidia-smi -i ${firstVisible(process.env)} --query-gpu=${FIELDS.join(',')} --format=csv,noheader,nounits`;
  return parseGpuState(stdout);
}

/** What nvidia-smi calls the first GPU that CUDA shows, on machines whose cards are all alike. */
export function firstVisible({ CUDA_VISIBLE_DEVICES: visible = '' }: NodeJS.ProcessEnv): string {
  return visible.split(',')[0]!.trim() || '0';
}

/** Reads the first GPU of a listing of clocks (MHz), temperature (°C) and power (W). */
export function parseGpuState(listing: string): GpuState {
  const [sm, memory, temperature, power] = listing
    .split('\n')[0]
    .split(',')
    .map((part) => Number(part.trim()));
  if (!Number.isFinite(sm) || !Number.isFinite(memory)) {
    throw new Error(
      `[bench] nvidia-smi: no clocks in "${listing.trim()}". Run nvidia-smi by hand to see what is wrong.`,
    );
  }
  const known = (value: number | undefined) => (Number.isFinite(value) ? value! : null);
  return { sm_mhz: sm, memory_mhz: memory, temperature_c: known(temperature), power_w: known(power) };
}

/** Name of one card where the machine is described by how many it has: `4 × NVIDIA H200` → `NVIDIA H200`. */
export function cardName(gpu: string): string {
  return gpu.replace(/^\d+ × /, '');
}

/** Folder name of a GPU: `NVIDIA H100 80GB HBM3` → `nvidia-h100-80gb-hbm3`. */
export function gpuSlug(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
