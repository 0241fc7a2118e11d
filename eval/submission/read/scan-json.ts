/**
 * Looks at a JSON text token by token before anything is built from it. `JSON.parse` lets the last of two equal keys win,
 * turns 1e999 into Infinity and rounds long integers without a word, and a schema that sees its result cannot tell.
 */
import { inert } from '../problem.ts';
import { type TextFault, textFault } from './text-faults.ts';

export interface ScanFault extends TextFault {
  readonly path: readonly (string | number)[];
  /** Of the character where it was found. */
  readonly offset: number;
}

const DEEPEST = 32;
const LONGEST_NUMBER = 40;
const MOST_FAULTS = 50;
/** Names that objects of JavaScript have already. */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype', 'hasOwnProperty']);

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[-+]?[A-Za-z_]+/y;
const SPACE = /[ \t\r\n]*/y;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/sy;

/** A raw control character is no JSON; its escape is, and is then refused like any other. */
const escaped = (control: string) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;

interface Frame {
  /** Null in a list. */
  readonly keys: Set<string> | null;
  count: number;
  /** Key or index of the member that is read; null before the first. */
  step: string | number | null;
}

/** Ends a scan where the text is no JSON any more. */
class Stop extends Error {}

/** Every fault of a text, at most 50. */
export function scanJson(text: string): readonly ScanFault[] {
  const scanner = new Scanner(text);
  try {
    scanner.scan();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  }
  return scanner.faults;
}

class Scanner {
  readonly faults: ScanFault[] = [];
  readonly #text: string;
  readonly #frames: Frame[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): void {
    this.#value();
    while (this.#frames.length > 0) this.#member();
    this.#take(SPACE);
    if (this.#at < this.#text.length) this.#stop('json-syntax', 'Nothing may follow the closing brace.');
  }

  /** The next member of the innermost list or object, or its end. */
  #member(): void {
    const frame = this.#frames.at(-1)!;
    const end = frame.keys === null ? ']' : '}';
    this.#take(SPACE);
    if (this.#text[this.#at] === end) {
      this.#at += 1;
      this.#frames.pop();
      return;
    }
    if (frame.count > 0) this.#expect(',', `Write a comma or "${end}" here.`);
    if (frame.keys === null) frame.step = frame.count;
    else this.#key(frame, frame.keys);
    frame.count += 1;
    this.#value();
  }

  #key(frame: Frame, keys: Set<string>): void {
    this.#take(SPACE);
    const offset = this.#at;
    const key = this.#string();
    frame.step = key;
    if (keys.has(key))
      this.#add('json-duplicate-key', offset, `a second ${inert(key)}`, 'Keep one of the two.');
    if (FORBIDDEN.has(key))
      this.#add(
        'json-forbidden-key',
        offset,
        `the field ${inert(key)}`,
        'No field has this name; remove it.',
      );
    keys.add(key);
    this.#check(key, offset);
    this.#expect(':', 'Write a colon between the name of a field and its value.');
  }

  #value(): void {
    this.#take(SPACE);
    const offset = this.#at;
    const first = this.#text[offset];
    if (first === '{' || first === '[') this.#open(first === '{');
    else if (first === '"') this.#check(this.#string(), offset);
    else this.#scalar(offset);
  }

  #open(isObject: boolean): void {
    if (this.#frames.length === DEEPEST)
      this.#stop('json-depth', `Nothing that is checked lies deeper than ${DEEPEST} lists and objects.`);
    this.#frames.push({ keys: isObject ? new Set() : null, count: 0, step: null });
    this.#at += 1;
  }

  #scalar(offset: number): void {
    const number = this.#take(NUMBER);
    if (number !== '') {
      this.#number(number, offset);
      return;
    }
    const word = this.#take(WORD);
    if (word === 'true' || word === 'false' || word === 'null') return;
    if (!/^[-+]?(?:nan|inf(?:inity)?)$/i.test(word)) {
      this.#at = offset;
      this.#stop('json-syntax', 'Write the file again as valid JSON.');
    }
    this.#add('json-number', offset, inert(word), 'A number is finite; record a failed cell with its error.');
  }

  #number(text: string, offset: number): void {
    const value = Number(text);
    if (!Number.isFinite(value))
      this.#add('json-number', offset, inert(text), 'A number is finite; this one is too large.');
    else if (text.length > LONGEST_NUMBER)
      this.#add('json-number', offset, inert(text), `A number has at most ${LONGEST_NUMBER} characters.`);
    else if (Number.isInteger(value) && Math.abs(value) > Number.MAX_SAFE_INTEGER)
      this.#add('json-number', offset, text, 'A whole number beyond 2^53 is not read exactly.');
  }

  /** Passes a string and gives what it says. */
  #string(): string {
    const offset = this.#at;
    const text = this.#take(STRING);
    if (text === '') this.#stop('json-syntax', 'Write a text in double quotes here, and end it.');
    if (!text.includes('\\')) return text.slice(1, -1);
    try {
      return JSON.parse(text.replace(/\p{Cc}/gu, escaped)) as string;
    } catch {
      this.#at = offset;
      return this.#stop('json-syntax', 'Write the escapes of this text as JSON has them.');
    }
  }

  #check(text: string, offset: number): void {
    const fault = textFault(text);
    if (fault !== null) this.#add(fault.rule, offset, fault.found, fault.fix);
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [text] = pattern.exec(this.#text) ?? [''];
    this.#at += text.length;
    return text;
  }

  #expect(character: string, fix: string): void {
    this.#take(SPACE);
    if (this.#text[this.#at] !== character) this.#stop('json-syntax', fix);
    this.#at += 1;
  }

  #add(rule: string, offset: number, found: string, fix: string): void {
    const path = this.#frames.map(({ step }) => step).filter((step) => step !== null);
    this.faults.push({ path, offset, rule, found, fix });
    if (this.faults.length >= MOST_FAULTS) throw new Stop();
  }

  #stop(rule: string, fix: string): never {
    const found =
      this.#at < this.#text.length ? inert(this.#text.slice(this.#at, this.#at + 20)) : 'the end of the file';
    this.#add(rule, this.#at, found, fix);
    throw new Stop();
  }
}
