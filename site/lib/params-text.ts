import { NONE } from './format.ts';

/** Number of parameters, given in billions, in the unit a person would use: `6.74 B`, `125 M`. */
export function paramsText(billions: number | null): string {
  if (billions === null) return NONE;
  return billions < 1 ? `${Number((billions * 1000).toPrecision(3))} M` : `${Number(billions.toFixed(2))} B`;
}
