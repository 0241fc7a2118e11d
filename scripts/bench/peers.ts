/** Drives the Python side, which measures what people use today, and reads its JSON lines. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { z } from 'zod';
import type { Measurement, Rates } from '../../data/bench-schema.ts';

const SCRIPT = path.join(import.meta.dirname, 'peers', 'run.py');

const milliseconds = z.array(z.number().positive()).min(1);
const lineSchema = z.union([
  z.object({ name: z.literal('versions'), python: z.string(), torch: z.string(), transformers: z.string() }),
  z.object({ name: z.string(), error: z.string() }),
  z.object({
    name: z.literal('rates'),
    copy_bytes_per_second: z.number().positive(),
    matmul_flops_per_second: z.number().positive(),
  }),
  z.object({
    name: z.string(),
    case: z.string().optional(),
    label: z.string(),
    device_ms: milliseconds,
    wall_ms: milliseconds,
    warm_ups: z.int().nonnegative(),
  }),
]);
type Line = z.infer<typeof lineSchema>;

export interface PeerResults {
  /** Null where Python did not get that far. */
  readonly versions: Readonly<Record<string, string>> | null;
  /** What PyTorch reached in a large copy and a large product; null where it did not run. */
  readonly rates: Rates | null;
  /** @param amount  work of one repeat in the unit of the row that it is shown in */
  measurement(name: string, amount: number, itsCase?: string): Measurement;
}

/** @param output  everything that the script wrote to standard output
 *  @param failure why the process did not end well, or null */
export function readPeers(output: string, failure: string | null): PeerResults {
  const lines = output.split('\n').flatMap(readLine);
  const versions = lines.find((line) => 'torch' in line);
  const rates = lines.find((line) => 'copy_bytes_per_second' in line);
  return {
    versions: versions === undefined ? null : namesOf(versions),
    rates: rates === undefined ? null : ratesOf(rates),
    measurement(name, amount, itsCase) {
      const mine = lines.filter((line) => line.name === name);
      const failed = mine.find((line) => 'error' in line);
      if (failed !== undefined) return { not_measured: failed.error.slice(0, 400) };
      const found = mine.find((line) => 'label' in line && (itsCase === undefined || line.case === itsCase));
      if (found === undefined || !('label' in found))
        return {
          not_measured: (failure ?? `The peer printed no line for ${itsCase ?? name}.`).slice(0, 400),
        };
      const { label, device_ms, wall_ms, warm_ups } = found;
      return { label, amount, device_ms, wall_ms, warm_ups };
    },
  };
}

/** For runs that leave the peers out. */
export function noPeers(why: string): PeerResults {
  return readPeers('', why);
}

/**
 * Runs every wanted peer in one process, so that the model is made once; its memory is free again when this returns.
 * @param settings  what the script reads on standard input
 */
export async function runPeers(
  python: string,
  settings: object,
  log: (line: string) => void,
): Promise<PeerResults> {
  const child = spawn(python, [SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'] });
  const output: string[] = [];
  const errors: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors.push(text);
    for (const line of text.split('\n'))
      if (line.endsWith('…') || line.endsWith(' done')) log(`  peer: ${line}`);
  });
  // A process that does not read its input is reported by how it ends.
  child.stdin.on('error', () => {}).end(JSON.stringify(settings));
  const failure = await new Promise<string | null>((resolve) => {
    child.on('error', (error) => resolve(`${python} does not start: ${error.message}.`));
    child.on('close', (code, signal) =>
      resolve(code === 0 ? null : ended(python, code ?? signal, errors.join(''))),
    );
  });
  return readPeers(output.join(''), failure);
}

function ended(python: string, how: number | string | null, errors: string): string {
  const last = errors.trim().split('\n').at(-1) ?? '';
  return `${python} ended with ${how}${last === '' ? '' : `: ${last}`}. It needs PyTorch with CUDA and transformers.`;
}

function readLine(text: string): Line[] {
  if (!text.startsWith('{')) return [];
  const parsed = lineSchema.safeParse(JSON.parse(text));
  return parsed.success ? [parsed.data] : [];
}

function ratesOf({
  copy_bytes_per_second,
  matmul_flops_per_second,
}: Extract<Line, { copy_bytes_per_second: number }>): Rates {
  return { copy_bytes_per_second, matmul_flops_per_second };
}

function namesOf(line: Line): Record<string, string> {
  return Object.fromEntries(
    Object.entries(line).filter(
      (entry): entry is [string, string] => entry[0] !== 'name' && typeof entry[1] === 'string',
    ),
  );
}
