/** Passages whose last word can only be told by somebody who has followed the text before it. */
import { type Person, world } from './facts.ts';
import { capital, possessive, subject, type Telling } from './telling.ts';
import * as words from './words.ts';

/** A passage of four to seven sentences; the last word occurs earlier in it. No period at the end. */
export function passage(telling: Telling): string {
  const [first, second] = telling.sample(world().people, 2) as [Person, Person];
  return telling.pick(makers)(first, second, telling);
}

type PassageMaker = (first: Person, second: Person, telling: Telling) => string;

const filler = (person: Person, telling: Telling) =>
  telling
    .sample(
      [
        `${telling.pick(words.WEATHERS)}.`,
        `${person.given} was ${telling.pick(words.MOODS)}.`,
        `It was ${telling.pick(words.DAYS)}, and ${subject(person)} had slept badly.`,
        `Somewhere a bell rang ${telling.pick(words.NUMBERS)} times.`,
        `${capital(subject(person))} counted to ${telling.pick(words.NUMBERS)} and waited.`,
        `The road was long and there was nobody to talk to.`,
      ],
      1 + telling.rng.int(3),
    )
    .join(' ');

const makers: readonly PassageMaker[] = [
  (first, second, telling) => {
    const object = telling.pick(words.OBJECTS.filter((name) => !name.includes(' ')));
    return `${first.name} had lost a ${object} and looked for it everywhere. ${filler(first, telling)} At last ${second.name} came by and asked what was wrong. ${first.given} told the whole story, and together they searched until they found the ${object}`;
  },
  (first, second, telling) => {
    const goods = telling.pick(words.GOODS);
    return `${first.name} promised to bring ${telling.pick(words.NUMBERS)} ${goods} to ${second.name}. ${filler(first, telling)} On the way ${subject(first)} stopped twice to rest. When ${second.given} opened the door, the first thing ${subject(second)} asked for was the ${goods}`;
  },
  (first, second, telling) => {
    const colour = telling.pick(words.COLOURS);
    return `${first.name} and ${second.name} were painting a fence, and they chose ${colour} paint. ${filler(second, telling)} By evening the work was done. Even ${possessive(first)} hands and shoes were ${colour}`;
  },
  (first, second, telling) => {
    const town = telling.pick(world().towns);
    return `${first.name} was on the way to ${town.name} with a heavy bag. ${filler(first, telling)} A stranger named ${second.name} offered a seat on a cart. They talked about the harvest, and before night fell they saw the lights of ${town.name}`;
  },
  (first, second, telling) => {
    const animal = telling.pick(words.ANIMALS);
    return `Behind the house ${first.name} heard a strange noise. It was a young ${animal}, cold and wet. ${filler(first, telling)} ${second.name} brought milk and a blanket. They made a bed of straw, and soon there slept a happy little ${animal}`;
  },
  (first, second, telling) =>
    `${first.name} sat next to ${second.name} at the feast. ${filler(first, telling)} There was music and too much to eat. When somebody asked who had cooked the soup, everyone pointed at the cook, and the cook pointed at ${second.given}. Nobody had known it, not even ${first.given}`,
];
