/** The colour variables of the site, for drawings that leave its pages or come back to them. */
import tokens from '../styles/tokens.css?raw';

/** `light-dark(…)` as written, by the name of the variable. */
export const COLOR_PAIRS: ReadonlyMap<string, string> = new Map(
  [...tokens.matchAll(/(--[\w-]+): (light-dark\([^;]+\));/g)].map(([, name, pair]) => [name!, pair!]),
);

const LIGHT = new Map(
  [...COLOR_PAIRS].map(([name, pair]) => [name, pair.replace(/^light-dark\(([^,]+),.*$/, '$1')]),
);

/** Variables of one light colour have almost one dark colour too; the last, a colour of charts, stands for all. */
const NAMES = new Map([...LIGHT].map(([name, color]) => [color, name]));

/** The colours of the light theme in place of variables: the text means the same anywhere. */
export function withLightColors(text: string): string {
  return text.replaceAll(/var\((--[\w-]+)\)/g, (variable, name: string) => LIGHT.get(name) ?? variable);
}

/** Undoes {@link withLightColors} in JSON, so that it follows the theme of the page. */
export function withVariables(json: string): string {
  return json.replaceAll(/"(#[0-9a-f]{6})"/g, (text, color: string) => {
    const name = NAMES.get(color);
    return name === undefined ? text : `"var(${name})"`;
  });
}
