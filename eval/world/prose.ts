/** Tellings of the world that ask nothing: portraits, scenes, letters and passages. */
import { world } from './facts.ts';
import { passage } from './passages.ts';
import { portrait, thingPortrait, townPortrait } from './portraits.ts';
import { letter, scene } from './scenes.ts';
import { drawIn, type Part } from './split.ts';
import type { Telling } from './telling.ts';

export type Prose = 'portrait' | 'town' | 'thing' | 'scene' | 'letter' | 'passage';

const tellers: Readonly<Record<Prose, (telling: Telling) => string>> = {
  portrait: (telling) => portrait(telling.pick(world().people), telling),
  town: (telling) => townPortrait(telling.pick(world().towns), telling),
  thing: (telling) => thingPortrait(telling.pick(world().things), telling),
  scene: (telling) => scene(telling.pick(world().people), telling),
  letter: (telling) => letter(telling.pick(world().people), telling),
  passage: (telling) => `${passage(telling)}.`,
};

/** A document whose text, which is its key, is in the part. */
export const prose = (telling: Telling, part: Part, kind: Prose): string =>
  drawIn(
    part,
    (text) => text,
    () => tellers[kind](telling),
  );
