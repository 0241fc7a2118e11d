/** Hostile and broken JSON: what stands in the file is not what a parser would make of it. */
import type { Corruption } from './corruption.ts';

const FIELD = '"schema": 2,';
const insert = (json: string) => (text: string) => text.replace(FIELD, `${FIELD}\n${json},`);
/** In the name of the processor, which is shown on the page of a run. */
const cpu = (json: string) => (text: string) => text.replace(/"cpu": "[^"]*"/, `"cpu": ${json}`);
const firstValue = (json: string) => (text: string) => text.replace(/\[\[(\d[^,]*),/, `[[${json},`);

export const textCorruptions: readonly Corruption[] = [
  { does: 'adds a field', rule: 'schema', text: insert('"award": "first"') },
  {
    does: 'cuts the file off in the middle',
    rule: 'json-syntax',
    text: (text) => text.slice(0, text.length / 2),
  },
  {
    does: 'leaves a comma before a closing brace',
    rule: 'json-syntax',
    text: (text) => text.replace(/\}\s*$/, ',}'),
  },
  { does: 'writes after the end of the JSON', rule: 'json-syntax', text: (text) => `${text}{}` },
  { does: 'empties the file', rule: 'json-syntax', text: () => '' },
  { does: 'begins the file with a byte order mark', rule: 'encoding', text: (text) => `\ufeff${text}` },
  {
    does: 'saves the file in UTF-16',
    rule: 'encoding',
    text: (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  },
  {
    does: 'puts bytes into a text that are no UTF-8',
    rule: 'encoding',
    text: (text) =>
      Buffer.concat([Buffer.from(text.slice(0, 20)), Buffer.from([0xc3, 0x28]), Buffer.from(text.slice(20))]),
  },
  { does: 'gives a field twice, with two values', rule: 'json-duplicate-key', text: insert('"schema": 1') },
  {
    does: 'gives a field twice, once with an escaped name',
    rule: 'json-duplicate-key',
    text: insert('"\\u0073chema": 1'),
  },
  { does: 'adds __proto__', rule: 'json-forbidden-key', text: insert('"__proto__": {"isAdmin": true}') },
  {
    does: 'adds constructor.prototype',
    rule: 'json-forbidden-key',
    text: insert('"constructor": {"prototype": {}}'),
  },
  {
    does: 'adds __proto__ with an escaped letter',
    rule: 'json-forbidden-key',
    text: insert('"__pr\\u006fto__": []'),
  },
  {
    does: 'nests 100,000 lists',
    rule: 'json-depth',
    text: insert(`"deep": ${'['.repeat(100_000)}${']'.repeat(100_000)}`),
  },
  {
    does: 'nests 5,000 objects',
    rule: 'json-depth',
    text: insert(`"deep": ${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`),
  },
  { does: 'writes NaN for a value', rule: 'json-number', text: firstValue('NaN') },
  { does: 'writes -Infinity for a value', rule: 'json-number', text: firstValue('-Infinity') },
  { does: 'writes 1e999 for a value', rule: 'json-number', text: firstValue('1e999') },
  { does: 'writes a number of 400 digits', rule: 'json-number', text: firstValue(`0.${'3'.repeat(400)}`) },
  { does: 'writes a whole number beyond 2^53', rule: 'json-number', text: insert('"big": 9007199254740993') },
  { does: 'writes a number with leading zeros', rule: 'json-syntax', text: firstValue('007') },
  { does: 'puts a script into a text', rule: 'markup', text: cpu('"<script>alert(1)</script>"') },
  {
    does: 'puts an element with an event handler into a text',
    rule: 'markup',
    text: cpu('"<img src=x onerror=alert(1)>"'),
  },
  { does: 'escapes markup as JSON', rule: 'markup', text: cpu('"\\u003cscript\\u003e"') },
  { does: 'puts an entity into a text', rule: 'markup', text: cpu('"&#x3C;script"') },
  { does: 'puts a javascript: address into a text', rule: 'markup', text: cpu('"javascript:alert(1)"') },
  { does: 'puts a Markdown link into a text', rule: 'markup', text: cpu('"[a chip](https://example.org)"') },
  { does: 'begins a text as a formula', rule: 'markup', text: cpu('"=HYPERLINK(1)"') },
  { does: 'turns the direction of a text', rule: 'invisible', text: cpu('"a\\u202egpj.exe"') },
  { does: 'hides a zero-width space in a text', rule: 'invisible', text: cpu('"Xe\u200bon"') },
  { does: 'puts a raw control character into a text', rule: 'invisible', text: cpu('"a\u0007b"') },
  { does: 'puts an escaped control character into a text', rule: 'invisible', text: cpu('"a\\u001b[31mb"') },
  { does: 'puts half of a surrogate pair into a text', rule: 'invisible', text: cpu('"a\\ud800b"') },
  { does: 'writes a text of 100,000 characters', rule: 'text-length', text: cpu(`"${'x'.repeat(100_000)}"`) },
  {
    does: 'makes the file 5 MiB large',
    rule: 'file-size',
    text: (text) => `${text}${' '.repeat(5 * 2 ** 20)}`,
  },
];
