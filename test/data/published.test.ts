/** The compact form loses nothing, and every label in it has a meaning. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  methodLabelSchema,
  modelLabelSchema,
  suspectSchema,
  taskRuleSchema,
} from '../../data/catalog-schema.ts';
import { formatCsv, parseCsv } from '../../data/csv.ts';
import { compactSource, expandRow } from '../../data/published-compact.ts';
import { importPublished } from '../../data/published-import.ts';
import {
  filesSchema,
  headerSchema,
  ORIGINAL_COLUMNS,
  type OriginalRow,
} from '../../data/published-schema.ts';
import { DATA } from './data-folder.ts';

const folder = join(DATA, 'published');
const read = (file: string) => readFileSync(join(folder, file), 'utf8');
const files = filesSchema.parse(JSON.parse(read('files.json')));
const sources = new Map(files.flatMap(({ order }) => order).map(([id]) => [id, readSource(id)] as const));
const rows = [...sources.values()].flat();

function readSource(id: string): OriginalRow[] {
  const header = headerSchema.parse(JSON.parse(read(`${id}.json`)));
  return parseCsv(read(`${id}.csv`))
    .records.slice(1)
    .map(({ fields }) => expandRow(header, fields));
}

/** The original table, byte for byte. */
function reconstruct({ columns, order }: (typeof files)[number]): string {
  const next = new Map<string, number>();
  const body = order.flatMap(([id, count]) => {
    const start = next.get(id) ?? 0;
    next.set(id, start + count);
    return sources.get(id)!.slice(start, start + count);
  });
  return formatCsv([columns, ...body.map((row) => columns.map((column) => row[column]))]);
}

describe('published results', () => {
  it.each(files)('$file can be made again, to the byte', (file) => {
    expect(createHash('sha256').update(reconstruct(file)).digest('hex')).toBe(file.sha256);
  });

  it('have the rows that their READMEs count', () => {
    expect(Object.fromEntries(files.map(({ file, rows: count }) => [file, count]))).toEqual({
      'llama3.csv': 503,
      'methods.csv': 9642,
      'qllm-eval.csv': 5909,
      'llm-kick.csv': 80,
    });
    expect(sources.size).toBe(45);
    expect(rows.length).toBe(16_134);
    const counts = Object.fromEntries([...sources].map(([id, { length }]) => [id, length]));
    expect(counts).toMatchObject({
      'auto-round': 4646,
      vptq: 646,
      omniquant: 393,
      'slim-llm': 305,
      'low-bit-llama': 279,
    });
    expect(counts).toMatchObject({
      'llama.cpp': 270,
      billm: 256,
      affinequant: 229,
      duquant: 224,
      eora: 12,
      baichuan2: 12,
    });
    const isBaseline = ({ is_baseline }: OriginalRow) => is_baseline === '1' || is_baseline === 'true';
    expect(rows.filter(isBaseline).length).toBe(1800 + 548 + 5);
    const tensors = Map.groupBy(
      rows.filter((row) => sources.get('qllm_eval')!.includes(row)),
      ({ method }) => method,
    );
    expect([tensors.get('FP16')!.length, tensors.get('RTN')!.length, tensors.get('AWQ')!.length]).toEqual([
      548, 5181, 180,
    ]);
  });

  it('have values that sum to what was read', () => {
    // Sums of the original tables by decimal arithmetic; perplexities of broken models would drown the rest.
    const sum = (id: (source: string) => boolean) =>
      rows
        .filter(({ source_id, metric }) => id(source_id) && !metric.includes('perplexity'))
        .reduce((total, { value }) => total + Number(value), 0);
    expect(sum((id) => id === 'huang2024-llama3')).toBeCloseTo(SUMS.llama3, 4);
    expect(sum((id) => id === 'qllm_eval')).toBeCloseTo(SUMS.qllm, 4);
    expect(sum((id) => id === 'llm_kick')).toBeCloseTo(SUMS.kick, 4);
    expect(sum((id) => !/^(huang2024-llama3|qllm_eval|llm_kick)$/.test(id))).toBeCloseTo(SUMS.methods, 4);
  });

  it('stay small and one CSV a source', () => {
    const names = readdirSync(folder);
    const bytes = names.reduce((total, name) => total + statSync(join(folder, name)).size, 0);
    expect(bytes).toBeLessThan(2.5e6);
    expect(
      names
        .filter((name) => name.endsWith('.csv'))
        .map((name) => name.slice(0, -4))
        .sort(),
    ).toEqual([...sources.keys()].sort());
  });

  const original = process.env['BITLOSS_PUBLISHED'];
  const missing = original === undefined || !existsSync(original);
  it.skipIf(missing)(
    `are what the import makes of the original folder${missing ? ' (skipped: BITLOSS_PUBLISHED names no folder)' : ''}`,
    () => {
      const made = importPublished(
        files.map(({ file }) => ({ file, text: readFileSync(join(original!, file), 'utf8') })),
      );
      for (const [name, content] of made) expect(read(name), name).toBe(content);
      expect([...made.keys()].sort()).toEqual(readdirSync(folder).sort());
    },
  );
});

const SUMS = { llama3: 19831.05, qllm: 116697.997788451, kick: 1839.95, methods: 425423.8338014 };

describe('the compact form', () => {
  const text = fc.string({ unit: fc.constantFrom(...'ab ,"\n;#.~*'), maxLength: 12 });
  const row = fc.record(
    Object.fromEntries(
      ORIGINAL_COLUMNS.map((column) => [column, column === 'source_id' ? fc.constant('s') : text]),
    ),
  ) as fc.Arbitrary<OriginalRow>;

  it('gives back any rows, whatever their texts', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (wanted) => {
        fc.pre(wanted.every(({ note }) => !/(^|; )~/.test(note)));
        const { header, csv } = compactSource([...wanted, ...wanted]);
        const { records, problems } = parseCsv(csv);
        expect(problems).toEqual([]);
        expect(records.slice(1).map(({ fields }) => expandRow(header, fields))).toEqual([
          ...wanted,
          ...wanted,
        ]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('labels', () => {
  const list = <S extends z.ZodType>(file: string, schema: S) =>
    z.array(schema).parse(JSON.parse(readFileSync(join(DATA, file), 'utf8')));
  const methods = list('labels/methods.json', methodLabelSchema);
  const models = list('labels/models.json', modelLabelSchema);
  const rules = list('labels/tasks.json', taskRuleSchema);

  it('all 371 of methods and 147 of models are mapped, and none besides', () => {
    const printed = new Set(rows.map(({ method }) => method));
    expect(printed.size).toBe(371);
    expect(methods.map(({ label }) => label).sort()).toEqual([...printed].sort());
    const named = new Set(rows.map(({ model }) => model));
    expect(named.size).toBe(147);
    const own = new Set(rows.map(({ source_id, model }) => `${source_id} ${model}`));
    expect(
      models.filter(
        ({ label, source }) => !(source === undefined ? named.has(label) : own.has(`${source} ${label}`)),
      ),
    ).toEqual([]);
  });

  it('every task rule is used', () => {
    const pairs = new Set(rows.map(({ task, metric }) => `${task}|${metric}`));
    expect(rules.filter(({ task, metric }) => !pairs.has(`${task}|${metric}`))).toEqual([]);
  });

  it('every suspicion fits some row', () => {
    for (const { source, reason: _, note, ...labels } of list('suspects.json', suspectSchema)) {
      const hit = sources
        .get(source)!
        .some(
          (row) =>
            row.note.includes(note ?? '') &&
            Object.entries(labels).every(([column, label]) => row[column as 'model'] === label),
        );
      expect(hit, `${source} ${note ?? JSON.stringify(labels)}`).toBe(true);
    }
  });

  it('a label that leaves base or chat open is not mapped to either', () => {
    const unlabelled = new Set(
      rows.filter(({ note }) => note.includes('base/chat variant not given')).map(({ model }) => model),
    );
    expect(unlabelled.size).toBe(8);
    for (const { label, source, model } of models)
      if (source === 'qllm_eval' && unlabelled.has(label)) expect(model).toMatch(/-unstated$/);
  });
});
