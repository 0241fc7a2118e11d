/**
 * The header of a .safetensors file, read as untrusted input: every size and offset is checked before it is used.
 * Layout: u64 little-endian header length, that many bytes of JSON, then the data. Offsets count from the data's start.
 * Source: the format description of huggingface/safetensors.
 */
import { safetensorsErrors as errors } from '../errors/checkpoint.ts';

export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Half-open byte range, counted from the start of the data. */
  readonly begin: number;
  readonly end: number;
}

/** Longer headers are refused by the reference implementation too. */
export const MAX_HEADER_BYTES = 100_000_000;
const MAX_DIMENSIONS = 8;

/** Bytes an element, for the types of the format. */
export const BYTES_PER_ELEMENT = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type Dtype = keyof typeof BYTES_PER_ELEMENT;

/** Checks the header length field. Throws `safetensors/too-small` or `safetensors/header-too-long`. */
export function checkHeaderLength(file: string, lengthField: Uint8Array, fileBytes: number): number {
  if (fileBytes < 10) throw errors.tooSmall(file, fileBytes);
  const claimed = new DataView(lengthField.buffer, lengthField.byteOffset, 8).getBigUint64(0, true);
  const limit = Math.min(fileBytes - 8, MAX_HEADER_BYTES);
  if (claimed > BigInt(limit)) throw errors.headerTooLong(file, claimed, limit);
  return Number(claimed);
}

/**
 * Parses the JSON part.
 * @param dataBytes  bytes of the file after the header; the tensors must cover them exactly
 * @throws safetensors/header-json, safetensors/entries (all problems at once)
 */
export function parseHeader(file: string, json: Uint8Array, dataBytes: number): Map<string, TensorInfo> {
  const text = decodeUtf8(file, json);
  const header = parseObject(file, text);
  const problems = duplicateKeys(text).map((name) => `tensor "${name}" appears more than once`);
  const tensors = new Map<string, TensorInfo>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const info = readEntry(name, entry, dataBytes);
    if (typeof info === 'string') problems.push(`tensor "${name}": ${info}`);
    else tensors.set(name, info);
  }
  if (problems.length === 0) problems.push(...coverageProblems([...tensors.values()], dataBytes));
  if (problems.length > 0) throw errors.entries(file, problems);
  return tensors;
}

function decodeUtf8(file: string, json: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(json);
  } catch (cause) {
    throw errors.headerJson(file, 'it is not UTF-8 text', cause);
  }
}

function parseObject(file: string, text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw errors.headerJson(file, 'it is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw errors.headerJson(file, 'it is not a JSON object');
  }
  return value;
}

/** Keys of the outermost object that occur twice; `JSON.parse` would silently keep the last. `text` is valid JSON. */
function duplicateKeys(text: string): string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  let depth = 0;
  let isKeyNext = true;
  // By hand, since a pattern for strings exhausts the stack on one of many megabytes.
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    else if (char === ',' && depth === 1) isKeyNext = true;
    else if (char === '"') {
      const end = stringEnd(text, at);
      if (depth === 1 && isKeyNext) {
        isKeyNext = false;
        const key = JSON.parse(text.slice(at, end + 1)) as string;
        if (seen.has(key)) twice.add(key);
        seen.add(key);
      }
      at = end;
    }
  }
  return [...twice];
}

/** Index of the quote that closes the string opened at `start`. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
}

/** One header entry, or what is wrong with it. */
function readEntry(name: string, entry: unknown, dataBytes: number): TensorInfo | string {
  if (typeof entry !== 'object' || entry === null) return 'its entry is not an object';
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  if (!isDtype(dtype)) return `unknown dtype ${JSON.stringify(dtype)}`;
  const size = BYTES_PER_ELEMENT[dtype];
  if (!isCounts(shape) || shape.length > MAX_DIMENSIONS) {
    return `shape ${JSON.stringify(shape)} is not a list of at most ${MAX_DIMENSIONS} whole numbers`;
  }
  if (!isCounts(offsets) || offsets.length !== 2) {
    return `data_offsets ${JSON.stringify(offsets)} are not two whole numbers`;
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) return `data_offsets ${begin}…${end} run backwards`;
  if (end > dataBytes) return `data_offsets end at ${end}, but the file has ${dataBytes} bytes of data`;
  const bytes = shape.reduce((product, dimension) => product * dimension, size);
  if (bytes !== end - begin) {
    return `shape [${shape.join(', ')}] of ${dtype} needs ${bytes} bytes, data_offsets hold ${end - begin}`;
  }
  if (begin % size !== 0)
    return `data_offsets begin at ${begin}, not a multiple of the ${size} bytes of ${dtype}`;
  return { name, dtype, shape, begin, end };
}

function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(BYTES_PER_ELEMENT, value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Overlaps, holes and trailing bytes: tensors must tile the data. */
function coverageProblems(tensors: TensorInfo[], dataBytes: number): string[] {
  const problems: string[] = [];
  let covered = 0;
  let previous = 'the header';
  for (const { name, begin, end } of tensors.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) problems.push(`tensor "${name}" overlaps "${previous}" by ${covered - begin} bytes`);
    if (begin > covered)
      problems.push(`${begin - covered} bytes between "${previous}" and "${name}" belong to no tensor`);
    if (end >= covered) previous = name;
    covered = Math.max(covered, end);
  }
  if (covered < dataBytes) problems.push(`${dataBytes - covered} bytes at the end belong to no tensor`);
  return problems;
}
