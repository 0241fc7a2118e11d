/** Which experts each token goes to, and with what share: the part of a mixture of experts that is not arithmetic. */
import type { ExpertsFeedForward } from '../families/architecture.ts';

export type RoutingRule = Pick<ExpertsFeedForward, 'perToken' | 'renormalize' | 'factor' | 'groups'>;

/** The tokens of one expert, in order, and the factor on what it returns for each. */
export interface Route {
  readonly rows: Int32Array;
  readonly shares: Float32Array;
}

/**
 * Picks the `perToken` best experts of each token; of equal ones the lowest number wins. With groups, only experts of
 * the best groups can be picked, a group being as good as its best expert.
 * Sources: Shazeer et al. 2017, arXiv:1701.06538, section 2.1; groups: DeepSeek-AI 2024, arXiv:2405.04434, section 2.2.2.
 * @param probabilities  float32 `[M, experts]`, a softmax over all experts
 * @returns              one route an expert
 */
export function route(probabilities: Float32Array, experts: number, rule: RoutingRule): readonly Route[] {
  const M = probabilities.length / experts;
  const rows: number[][] = Array.from({ length: experts }, () => []);
  const shares: number[][] = Array.from({ length: experts }, () => []);
  for (let row = 0; row < M; row += 1) {
    const scores = probabilities.subarray(row * experts, (row + 1) * experts);
    const chosen = highest(allowed(scores, rule.groups), rule.perToken);
    const sum = rule.renormalize ? chosen.reduce((total, expert) => total + scores[expert], 0) : 1;
    for (const expert of chosen) {
      rows[expert].push(row);
      shares[expert].push((scores[expert] / sum) * rule.factor);
    }
  }
  return rows.map((own, expert) => ({
    rows: Int32Array.from(own),
    shares: Float32Array.from(shares[expert]),
  }));
}

/** The scores with −∞ for every expert outside the best groups. */
function allowed(scores: Float32Array, groups: RoutingRule['groups']): Float32Array {
  if (groups === null) return scores;
  const size = scores.length / groups.count;
  const best = Float32Array.from({ length: groups.count }, (_, group) =>
    Math.max(...scores.subarray(group * size, (group + 1) * size)),
  );
  const open = new Set(highest(best, groups.perToken));
  return scores.map((score, expert) => (open.has(Math.floor(expert / size)) ? score : -Infinity));
}

/** Places of the `count` largest values, the lowest place first among equals. */
function highest(values: Float32Array, count: number): number[] {
  const places: number[] = [];
  for (let place = 0; place < values.length; place += 1) {
    let at = places.length;
    while (at > 0 && values[place] > values[places[at - 1]]) at -= 1;
    if (at < count) places.splice(at, 0, place);
    if (places.length > count) places.pop();
  }
  return places;
}
