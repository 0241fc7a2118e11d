/** The world itself: who lives where, does what, owns what. One seed, one world; every text is told about it. */
import { createRng } from '../math/rng.ts';
import * as names from './names.ts';
import * as words from './words.ts';

export interface Town {
  readonly name: string;
  readonly region: string;
  readonly river: string;
  readonly product: string;
  readonly founded: number;
}

export interface Person {
  readonly name: string;
  readonly given: string;
  readonly she: boolean;
  readonly town: Town;
  readonly trade: string;
  readonly hobby: string;
  readonly colour: string;
  readonly animal: string;
  /** Index into `World.people`; never the person's own. */
  readonly friend: number;
}

export interface Thing {
  readonly name: string;
  readonly object: string;
  readonly material: string;
  readonly owner: Person;
  readonly place: string;
}

export interface World {
  readonly towns: readonly Town[];
  readonly people: readonly Person[];
  readonly things: readonly Thing[];
  readonly residents: ReadonlyMap<Town, readonly Person[]>;
}

const WORLD_SEED = 20260101;
const TOWNS = 80;
const PEOPLE = 1600;
const THINGS = 200;

let built: World | undefined;

/** The one world of the project, made on first use. */
export function world(): World {
  built ??= buildWorld();
  return built;
}

function buildWorld(): World {
  const rng = createRng(WORLD_SEED);
  const pick = <T>(items: readonly T[]): T => items[rng.int(items.length)]!;
  const towns = rng
    .shuffle([...names.TOWN_NAMES])
    .slice(0, TOWNS)
    .map(
      (name): Town => ({
        name,
        region: pick(words.REGIONS),
        river: `the ${pick(names.RIVER_NAMES)}`,
        product: pick(words.PRODUCTS),
        founded: 1100 + rng.int(700),
      }),
    );
  const people = uniqueNames(rng).map(
    ({ given, family, she }, index): Person => ({
      name: `${given} ${family}`,
      given,
      she,
      town: pick(towns),
      trade: pick(words.TRADES),
      hobby: pick(words.HOBBIES),
      colour: pick(words.COLOURS),
      animal: pick(words.ANIMALS),
      friend: (index + 1 + rng.int(PEOPLE - 1)) % PEOPLE,
    }),
  );
  const labels = rng.shuffle(
    words.COLOURS.flatMap((colour) => words.OBJECTS.map((object) => ({ colour, object }))),
  );
  const things = labels.slice(0, THINGS).map(
    ({ colour, object }): Thing => ({
      name: `the ${colour} ${object}`,
      object,
      material: pick(words.MATERIALS),
      owner: pick(people),
      place: pick(words.KEPT_PLACES),
    }),
  );
  return { towns, people, things, residents: Map.groupBy(people, (person) => person.town) };
}

function uniqueNames(rng: ReturnType<typeof createRng>) {
  const taken = new Set<string>();
  const chosen: { given: string; family: string; she: boolean }[] = [];
  while (chosen.length < PEOPLE) {
    const she = rng.int(2) === 0;
    const pool = she ? names.GIVEN_NAMES_SHE : names.GIVEN_NAMES_HE;
    const given = pool[rng.int(pool.length)]!;
    const family = names.FAMILY_NAMES[rng.int(names.FAMILY_NAMES.length)]!;
    if (taken.has(`${given} ${family}`)) continue;
    taken.add(`${given} ${family}`);
    chosen.push({ given, family, she });
  }
  return chosen;
}
