/**
 * Finds on which line of a JSON text a value begins, so that a fault in a long file can be pointed at.
 * Works on texts that `JSON.parse` accepts.
 */

/** 1-based line of the value at `path`, or of its nearest enclosing value that exists. */
export function lineOfPath(text: string, path: readonly PropertyKey[]): number {
  const walker = new Walker(text);
  return text.slice(0, walker.find(path)).split('\n').length;
}

class Walker {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Offset of the value at `path`. */
  find(path: readonly PropertyKey[]): number {
    this.#space();
    let start = this.#at;
    for (const step of path) {
      const inside =
        this.#text[this.#at] === '[' ? this.#enterArray(Number(step)) : this.#enterObject(String(step));
      if (!inside) return start;
      start = this.#at;
    }
    return start;
  }

  #enterArray(index: number): boolean {
    this.#step();
    for (let i = 0; i < index && this.#text[this.#at] !== ']'; i++) {
      this.#skip();
      if (this.#text[this.#at] === ',') this.#step();
    }
    return this.#text[this.#at] !== ']';
  }

  #enterObject(name: string): boolean {
    if (this.#text[this.#at] !== '{') return false;
    this.#step();
    while (this.#text[this.#at] === '"') {
      const start = this.#at;
      this.#skipString();
      const key: unknown = JSON.parse(this.#text.slice(start, this.#at));
      this.#space();
      this.#step();
      if (key === name) return true;
      this.#skip();
      this.#step();
    }
    return false;
  }

  /** Passes one structural character and the space after it. */
  #step(): void {
    this.#at += 1;
    this.#space();
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  /** Passes one whole value and the space after it. */
  #skip(): void {
    let depth = 0;
    do {
      const character = this.#text[this.#at];
      if (character === '"') this.#skipString();
      else {
        if (character === '{' || character === '[') depth += 1;
        if (character === '}' || character === ']') depth -= 1;
        this.#at += 1;
        if (depth === 0 && !/[{[\]}]/.test(character)) this.#skipScalar();
      }
    } while (depth > 0 && this.#at < this.#text.length);
    this.#space();
  }

  #skipScalar(): void {
    while (/[^\s,\]}]/.test(this.#text[this.#at] ?? ',')) this.#at += 1;
  }

  #skipString(): void {
    this.#at += 1;
    while (this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    this.#at += 1;
  }
}
