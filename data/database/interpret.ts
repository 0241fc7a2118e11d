import type { Source, Suspect, Task, TaskRule } from '../catalog-schema.ts';
import type { OriginalRow } from '../published-schema.ts';
import { FP16, formatRecipe, type Recipe, type Sparsity } from '../recipe.ts';
import type { Catalogues } from './catalogues.ts';
import { modelLabelKey } from './catalogues.ts';
import type { Row } from './insert.ts';
import { show } from './problems.ts';

type Add = (field: string, found: string, fix: string) => void;

/** Says which model, recipe, task and number the labels of one source mean. */
export class Interpreter {
  readonly #source: Source;
  readonly #catalogues: Catalogues;
  readonly #suspects: readonly Suspect[];
  readonly #rules = new Map<string, TaskRule[]>();

  constructor(source: Source, catalogues: Catalogues) {
    this.#source = source;
    this.#catalogues = catalogues;
    this.#suspects = catalogues.suspects.filter((suspect) => suspect.source === source.id);
    for (const rule of catalogues.taskRules) {
      if (rule.sources !== undefined && !rule.sources.includes(source.id)) continue;
      const key = `${rule.task}\n${rule.metric}`;
      const known = this.#rules.get(key);
      if (known === undefined) this.#rules.set(key, [rule]);
      else known.push(rule);
    }
  }

  /** Columns of `reported` that depend on the labels; null when a label is unknown, which `add` is told. */
  interpret(row: OriginalRow, table: string, add: Add): Row | null {
    const model = this.#model(row.model);
    const recipe = this.#recipe(row, add);
    const rule = this.#rule(row);
    const printed = Number(row.value);
    if (model === undefined) add('model', show(row.model), 'Map the label in labels/models.json.');
    if (rule === undefined)
      add('column', show(`${row.task} ${row.metric}`), 'Map the pair in labels/tasks.json.');
    if (row.value.trim() === '' || !Number.isFinite(printed)) {
      add('value', show(row.value), 'Write the number that the source prints.');
      return null;
    }
    if (model === undefined || rule === undefined || recipe === null) return null;
    const task = this.#catalogues.tasks.get(rule.to);
    if (task === undefined) return null;
    const value = scaled(row.value, rule.scale);
    if (task.kind === 'accuracy' && (value < 0 || value > 1)) {
      add('value', row.value, `A share of right answers must lie between 0 and ${1 / rule.scale}.`);
      return null;
    }
    return {
      model_id: model,
      ...recipe,
      ...this.#bits(row),
      task_id: task.id,
      metric: rule.as,
      shots: number(row.shots),
      context_length: row.context_length || null,
      position: number(row.position),
      value,
      printed: /(?:^|; )printed as ([^;]+)/.exec(row.note)?.[1] ?? row.value,
      std_error: this.#stdError(row, rule.scale),
      n: itemCount(task, row.position),
      is_baseline: isTrue(row.is_baseline),
      ...this.#keys(row, table),
      suspect_reason: this.#suspect(row),
    };
  }

  #model(label: string): string | undefined {
    const labels = this.#catalogues.modelLabels;
    const own = labels.get(modelLabelKey({ label, source: this.#source.id }));
    return (own ?? labels.get(label))?.model;
  }

  #recipe(row: OriginalRow, add: Add): Row | null {
    const label = this.#catalogues.methodLabels.get(row.method);
    if (label === undefined) {
      add('config', show(row.method), 'Map the label in labels/methods.json.');
      return null;
    }
    const recipe: Recipe = {
      ...FP16,
      ...(isTrue(row.is_baseline) ? {} : compression(row)),
      method: label.method,
      symmetric: label.symmetric ?? false,
      actOrder: label.actOrder ?? false,
      variant: variantOf(row, label.variant),
    };
    return { method_id: label.method, recipe_id: formatRecipe(recipe) };
  }

  #rule(row: OriginalRow): TaskRule | undefined {
    return this.#rules
      .get(`${row.task}\n${row.metric}`)
      ?.find(
        (rule) =>
          (rule.context_length === undefined || rule.context_length === row.context_length) &&
          (rule.with_position === undefined || row.position !== ''),
      );
  }

  #bits(row: OriginalRow): Row {
    const gib = /model size ([\d.]+) GiB/.exec(row.note)?.[1];
    const bits = number(row.w_bits);
    const printed = this.#source.bits_are_true || row.note.includes('bits per weight as printed');
    return {
      tensor: row.tensor === '' ? 'none' : row.tensor,
      w_bits: bits,
      a_bits: number(row.a_bits),
      kv_bits: number(row.kv_bits),
      group_size: number(row.group_size),
      sparsity: number(row.sparsity),
      sparsity_pattern: row.sparsity_pattern || null,
      bits_per_weight: printed && row.tensor !== '' ? bits : null,
      size_bytes: gib === undefined ? null : Number(gib) * 2 ** 30,
    };
  }

  #stdError(row: OriginalRow, scale: number): number | null {
    if (!this.#source.std_error_in_note) return null;
    const printed = /^\+-([\d.]+)/.exec(row.note)?.[1];
    return printed === undefined ? null : Number(printed) * scale;
  }

  /** What a row and its baseline have in common. A baseline's own table can differ from where it is looked for. */
  #keys(row: OriginalRow, table: string): Row {
    const { baseline_scope, baseline_tables, baseline_groups } = this.#source;
    const common = [row.model, row.task, row.metric, row.shots, row.context_length, row.position];
    const key = (place: string) =>
      JSON.stringify([
        row.source_id,
        baseline_scope === 'source' ? '' : place,
        baseline_groups[place]?.[row.method] ?? '',
        ...common,
      ]);
    return { own_key: key(table), baseline_key: key(baseline_tables[table] ?? table) };
  }

  #suspect(row: OriginalRow): string | null {
    const found = this.#suspects.find(
      ({ note, model, task, method }) =>
        (note === undefined || row.note.includes(note)) &&
        (model === undefined || model === row.model) &&
        (task === undefined || task === row.task) &&
        (method === undefined || method === row.method),
    );
    return found?.reason ?? null;
  }
}

/** What a source does not print stays out of the id: the variant then says so. */
function compression(row: OriginalRow): Partial<Recipe> {
  const group = number(row.group_size);
  const [w, a, kv] = [number(row.w_bits), number(row.a_bits), number(row.kv_bits)];
  const below16 = (bits: number | null): bits is number => bits !== null && bits < 16;
  const weights = below16(w) ? { bits: w, group } : null;
  return {
    weights,
    activations: below16(a) ? { bits: a } : null,
    kv: below16(kv) ? { bits: kv, group: weights === null ? group : null } : null,
    sparsity: sparsityOf(row),
  };
}

function sparsityOf(row: OriginalRow): Sparsity | null {
  const pattern = /^(\d+):(\d+)$/.exec(row.sparsity_pattern);
  if (pattern !== null) return { kind: 'n:m', n: Number(pattern[1]), m: Number(pattern[2]) };
  const share = number(row.sparsity);
  return share === null || share === 0 ? null : { kind: 'share', percent: Number((share * 100).toFixed(4)) };
}

function variantOf(row: OriginalRow, variant: string | undefined): string | null {
  const parts = variant === undefined ? [] : [variant];
  const inferred = /INFERRED (W\dKV\d)/.exec(row.note)?.[1];
  if (inferred !== undefined) parts.push(`${inferred.toLowerCase()}_inferred`);
  else if (row.tensor.startsWith('W')) {
    if (row.w_bits === '') parts.push('w_unstated');
    if (row.tensor === 'WA' && row.a_bits === '') parts.push('a_unstated');
  }
  return parts.length === 0 ? null : parts.join('_');
}

function itemCount(task: Task, position: string): number | null {
  return task.n_by_position !== null && position !== ''
    ? (task.n_by_position[Number(position)] ?? null)
    : task.n;
}

/** Moves the decimal point instead of multiplying, so that 61.35 % is exactly 0.6135. */
function scaled(text: string, scale: number): number {
  return scale === 0.01 ? Number(`${text}e-2`) : Number(text) * scale;
}

function number(text: string): number | null {
  return text === '' ? null : Number(text);
}

function isTrue(text: string): boolean {
  return text === '1' || text === 'true';
}
