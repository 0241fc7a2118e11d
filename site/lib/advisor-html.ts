/** The advisor's answer as HTML: made while the site is built, and again in the browser for every other question. */

import type { Answer, Option } from './advisor-answer.ts';
import type { AdviceData, Evidence } from './advisor-data.ts';
import { EVERY } from './advisor-state.ts';
import { bitsText, bytesText, percent, plural } from './format.ts';
import type { Memory } from './memory-model.ts';
import { escapeXml } from './xml.ts';

export interface Frame {
  /** What the model is called; another model than that of the evidence has its size for a name. */
  readonly name: string;
  /** Whether the model itself has evidence; else that of `data.name` stands in. */
  readonly isOther: boolean;
  readonly needs: readonly string[];
  readonly memory: number;
  /** Address of a page of the site. */
  readonly href: (path: string) => string;
}

const SHOWN = { 1: 14, 2: 6, 3: 6, 4: 6 } as Readonly<Record<number, number>>;

/** Beyond this share lost the page points to smaller models. */
const MUCH = 0.25;

export function answerHtml(data: AdviceData, found: Answer, frame: Frame): string {
  return [
    verdict(found, frame),
    provenance(data, found, frame),
    found.groups.length > 0 ? table(data, found, frame) : '',
    others(found, frame),
    gaps(data, found, frame),
  ].join('');
}

/** The answer in two sentences. */
function verdict(found: Answer, { name, memory }: Frame): string {
  const room =
    found.roomBits > 0
      ? `Beside cache and workspace there is room for ${bitsText(Math.floor(found.roomBits * 100) / 100)} bits a weight.`
      : 'There is no room for any weights beside cache and workspace: shorten the context or the batch.';
  const whole = `At 16 bit ${escapeXml(name)} takes ${bytesText(found.uncompressed.total)}`;
  const sixteen = found.fitsUncompressed
    ? `${whole}, which fits ${bytesText(memory)}: nothing has to be lost.`
    : `${whole}, which does not fit ${bytesText(memory)}.`;
  const best = found.groups[0]?.options[0];
  const choice =
    best === undefined
      ? found.fitsUncompressed
        ? ''
        : '<p class="choice">No recipe that this source knows fits.</p>'
      : `<p class="choice">${found.fitsUncompressed ? 'To save memory' : 'Use'} <strong>${escapeXml(best.recipe.title)}</strong> ${chips(best)}:
         ${bytesText(best.memory.total)}, expected to lose <strong>${percent(best.worst.loss)}</strong>${best.worst.ability === 'all' ? '' : ` in ${escapeXml(best.worst.ability)}`}${ends(best.worst)}.${best.worst.loss > MUCH ? ' So much is lost that a smaller model at more bits may keep more.' : ''}</p>`;
  return `${choice}<p>${sixteen} ${room}</p>`;
}

function ends({ low, high, interval }: Evidence): string {
  if (interval === null || low === null || high === null) return ' (no interval published)';
  const words = interval === '95 %' ? '95 % interval' : 'lowest and highest of the results';
  return ` (${percent(low)} to ${percent(high)}, ${words})`;
}

function provenance(data: AdviceData, { source }: Answer, { isOther, needs, href }: Frame): string {
  const who =
    source.id === EVERY
      ? `<strong>This ranking mixes sources</strong> (all that is ${source.origin}): they tested on different tasks, so that small differences mean nothing.`
      : `All numbers in the table are of one source, <a href="${href(`/sources/${source.id}/`)}">${escapeXml(source.title)}</a> (${source.origin}), so that they compare.`;
  const sort =
    needs.length > 1
      ? ' Sorted by the ability that loses most among those you chose.'
      : needs.length === 1
        ? ` Sorted by what is lost in ${escapeXml(needs[0]!)}.`
        : ' Sorted by the mean loss over abilities.';
  const other = isOther
    ? ` Nothing is known about this model: it is taken to be shaped like ${escapeXml(data.name)}, whose evidence stands in.`
    : '';
  return `<p class="muted">${who}${sort}${other}</p>`;
}

function table(data: AdviceData, found: Answer, frame: Frame): string {
  const bodies = found.groups.map(({ nearness, options }, index) => {
    const most = SHOWN[nearness] ?? 6;
    const shown = options.slice(0, most);
    const rest = options.length - shown.length;
    const head = `<tr class="group"><th scope="rowgroup" colspan="5">${nearnessWords(nearness, data, frame)}</th></tr>`;
    const more =
      rest > 0
        ? `<tr><td class="wide muted" colspan="5">and ${plural(rest, 'recipe')} that lost more or are less known</td></tr>`
        : '';
    return `<tbody${index === 0 ? '' : ' class="further"'}>${head}${shown.map((option) => row(data, option, frame)).join('')}${more}</tbody>`;
  });
  const large =
    found.tooLarge > 0
      ? ` ${plural(found.tooLarge, 'recipe')} of this source ${found.tooLarge === 1 ? 'does' : 'do'} not fit.`
      : '';
  return `<div class="table-scroll cards" tabindex="0" role="region" aria-label="Recipes that fit">
    <table class="advice"><caption>Recipes that fit.${large} ≈: not told apart from the first of its group, as their intervals meet; where there is no interval, nobody can tell. A loss below zero is a gain, most often noise.</caption>
    <thead><tr><th scope="col">Recipe</th><th scope="col" class="num">True bits</th><th scope="col" class="num">Memory</th>
    <th scope="col">Expected to lose</th><th scope="col">Evidence</th></tr></thead>${bodies.join('')}</table></div>`;
}

function nearnessWords(nearness: number, { name }: AdviceData, { isOther }: Frame): string {
  const model = escapeXml(name);
  if (nearness === 1) return `Tested on ${model} itself`;
  if (nearness === 2) return `Tested on the release line of ${model}, at most twice or half its size`;
  if (nearness === 3)
    return isOther
      ? `Tested on ${model} or its family, of about this size`
      : `Tested on the family of ${model}, at most twice or half its size`;
  return isOther
    ? `Tested on ${model} and other models of about this size`
    : 'Tested on other families of about this size only: a hint, no more';
}

function chips({ recipe }: Option): string {
  return recipe.chips.map((chip) => `<b class="chip">${escapeXml(chip)}</b>`).join(' ');
}

function row(data: AdviceData, option: Option, { href, memory, needs }: Frame): string {
  const { recipe, worst } = option;
  const mark = `<svg class="mark reported" style="color:${escapeXml(recipe.mark.color)}" aria-hidden="true"><use href="#s-${escapeXml(recipe.mark.shape)}"></use></svg>`;
  const tie = option.isTied ? '<span class="tie" title="not told apart from the first">≈</span>' : '';
  const losses =
    needs.length < 2
      ? loss(worst, tie)
      : option.by.map((one, index) => loss(one, index === 0 ? tie : '', needs[index])).join('');
  return `<tr><th scope="row" class="wide">${mark} <a href="${href(`/methods/${recipe.method}/`)}">${escapeXml(recipe.title)}</a> ${chips(option)}<span class="note"><code>${escapeXml(recipe.id)}</code></span></th>
    <td class="num" data-label="True bits">${bitsText(recipe.bits_per_weight)}<span class="note">${recipe.basis}</span></td>
    <td class="num" data-label="Memory">${bytesText(option.memory.total)}${share(option.memory, memory)}</td>
    <td class="loss" data-label="Expected to lose">${losses}</td>
    <td class="evidence-words" data-label="Evidence">${evidenceWords(worst, rowsBehind(data, option, href))}</td></tr>`;
}

/** A bar of what is taken; its parts stand in words below. */
function share({ total, weights, cache }: Memory, available: number): string {
  const part = Math.min(1, total / available).toFixed(3);
  const rest = total - weights - cache;
  return `<span class="taken" style="--t:${part}"></span><span class="note">weights ${bytesText(weights)}, cache ${bytesText(cache)}, rest ${bytesText(rest)}</span>`;
}

function loss(evidence: Evidence | null, tie: string, need?: string): string {
  const name = need === undefined ? '' : `<span class="need">${escapeXml(need)}</span> `;
  if (evidence === null) return `<span class="one">${name}<em>not known</em></span>`;
  const { low, high, interval } = evidence;
  const range = interval === null ? 'no interval' : `${percent(low)} … ${percent(high)}`;
  const kept = (value: number) => Math.min(1, Math.max(0, 1 - value)).toFixed(3);
  const bar = `<span class="kept-bar" style="--k:${kept(evidence.loss)};--lo:${kept(high ?? evidence.loss)};--hi:${kept(low ?? evidence.loss)}">${interval === null ? '' : '<i></i>'}</span>`;
  return `<span class="one">${name}${bar} <strong>${percent(evidence.loss)}</strong> ${tie} <span class="note">${range}</span></span>`;
}

/** Address of the values behind a recipe's number, each of which leads to its origin; null where many models have some. */
function rowsBehind(data: AdviceData, { recipe, worst }: Option, href: Frame['href']): string | null {
  if (worst.models !== 1) return null;
  const source = data.sources[worst.source]!;
  const from = source.id === EVERY ? `origin=${source.origin}` : `source=${encodeURIComponent(source.id)}`;
  return `${href('/')}?view=results&model=${encodeURIComponent(worst.example)}&method=${encodeURIComponent(recipe.method)}&bits=${recipe.nominal}&${from}`;
}

function evidenceWords(
  { results, sources, models, tasks, example, interval }: Evidence,
  address: string | null,
): string {
  const range = interval === 'range' ? ', range of results' : interval === null ? '' : ', 95 % interval';
  const where =
    models === 1
      ? `on ${escapeXml(example)}`
      : `on ${plural(models, 'model')}, such as ${escapeXml(example)}`;
  const who = sources > 1 ? ` by ${plural(sources, 'source')}` : '';
  const count = plural(results, 'result');
  const linked = address === null ? count : `<a href="${escapeXml(address)}">${count}</a>`;
  return `${linked} ${where}${who}, ${tasks === 1 ? 'one task' : `up to ${tasks} tasks`}${range}`;
}

/** The same question to every other source: whether they agree on the method is worth more than any digit. */
function others({ others: list }: Answer, { href }: Frame): string {
  if (list.length === 0) return '';
  const rows = list.map(({ source, option }) => {
    const tasks = option.worst.tasks === 1 ? 'one task' : plural(option.worst.tasks, 'task');
    return `<tr><th scope="row" class="wide"><a href="${href(`/sources/${source.id}/`)}">${escapeXml(source.title)}</a></th>
      <td class="wide">${escapeXml(option.recipe.title)} ${chips(option)}</td><td class="num" data-label="Memory">${bytesText(option.memory.total)}</td>
      <td class="num" data-label="Lost">${percent(option.worst.loss)}</td><td class="num" data-label="Tasks">${tasks}</td></tr>`;
  });
  return `<h3>What each other source would choose</h3><div class="table-scroll cards" tabindex="0" role="region" aria-label="Choices of other sources">
    <table><caption>The least lost among the recipes that fit and that the source tested on this model. Losses of different sources do not compare.</caption>
    <thead><tr><th scope="col">Source</th><th scope="col">Recipe</th><th scope="col" class="num">Memory</th><th scope="col" class="num">Lost</th><th scope="col" class="num">Tasks</th></tr></thead>
    <tbody>${rows.join('')}</tbody></table></div>`;
}

/** What is not known, and the command that would tell. */
function gaps(data: AdviceData, found: Answer, { name, needs, isOther, href }: Frame): string {
  const options = found.groups.flatMap((group) => group.options);
  const unsure = options.filter(({ worst }) => worst.interval === null).length;
  const partly = options.filter(({ by }) => by.includes(null)).length;
  const points = [
    isOther ? `Nobody whose results are here tested ${escapeXml(name)}.` : '',
    found.unknownBits.length > 0
      ? `Nothing is known about ${escapeXml(name)} at ${found.unknownBits.join(', ')} bits, though ${found.unknownBits.length === 1 ? 'that fits' : 'they fit'}.`
      : '',
    ...found.unknownNeeds.map((need) => `No result of this source tells of ${escapeXml(need)}.`),
    partly > 0 && needs.length > 1
      ? `${plural(partly, 'recipe')} of those that fit ${partly === 1 ? 'was' : 'were'} not tested in every ability you chose; they stand last.`
      : '',
    unsure > 0
      ? `${unsure} of ${plural(options.length, 'number')} ${unsure === 1 ? 'has' : 'have'} no published interval.`
      : '',
    'Nothing here is measured by this project on a model of this size: its own runs are of models of a few million parameters.',
  ].filter((point) => point !== '');
  const recipe =
    options.find((option) => option.recipe.runs && option.nearness > 1)?.recipe ??
    options.find(({ recipe }) => recipe.runs)?.recipe;
  const command = `pnpm eval --model <folder or Hugging Face id> --recipe fp16 --recipe ${recipe?.id ?? commandFor(found)} --data <folder>`;
  const first = data.evidence.some(({ source }) => data.sources[source]!.origin !== 'reported')
    ? points.slice(0, -1)
    : points;
  return `<h3>What is not known</h3><ul>${first.map((point) => `<li>${point}</li>`).join('')}</ul>
    <p>To measure it, with a checkpoint of the model (<a href="${href('/coverage/')}">all gaps</a>):</p><pre tabindex="0"><code>${escapeXml(command)}</code></pre>`;
}

function commandFor({ unknownBits }: Answer): string {
  return `gptq-w${unknownBits[0] ?? 4}g128`;
}
