/** Stories and letters: people of the world meet, travel and trade; what they do is free, who they are is fact. */
import { type Person, world } from './facts.ts';
import { capital, objective, possessive, subject, type Telling, withArticle } from './telling.ts';
import * as words from './words.ts';

export function scene(person: Person, telling: Telling): string {
  const friend = world().people[person.friend]!;
  const sentences = [
    `${telling.pick(words.WEATHERS)} in ${person.town.name} on ${telling.pick(words.DAYS)}.`,
    `${capital(telling.pick(words.TIMES))} ${person.name}, the ${person.trade}, ${telling.pick(['left the house', 'locked the door', 'walked down to the river', 'came home', 'sat by the window'])}.`,
    ...telling.sample(eventMakers, 2 + telling.rng.int(3)).map((make) => make(person, friend, telling)),
    telling.pick([
      `Then ${subject(person)} went home and thought about ${person.hobby}.`,
      `In the end ${subject(person)} was ${telling.pick(words.MOODS)} but content.`,
      `At home the ${person.animal} was waiting.`,
      `That night ${person.given} dreamed of something ${person.colour}.`,
    ]),
  ];
  return sentences.join(' ');
}

type EventMaker = (person: Person, friend: Person, telling: Telling) => string;

const eventMakers: readonly EventMaker[] = [
  (person, _friend, telling) =>
    `At the market ${subject(person)} bought ${telling.pick(words.NUMBERS)} ${telling.pick(words.GOODS)} and ${telling.pick(words.NUMBERS)} ${telling.pick(words.GOODS)}.`,
  (person, friend, telling) =>
    `A letter had come from ${friend.name} in ${friend.town.name}, and it made ${objective(person)} ${telling.pick(words.MOODS)}.`,
  (person, friend) =>
    `${person.given} wanted to visit ${friend.given}, who lives in ${friend.town.name} and works as ${withArticle(friend.trade)}.`,
  (person) => `${capital(possessive(person))} ${person.animal} ran ahead as always.`,
  (person, _friend, telling) =>
    `Somebody asked for the way to ${telling.pick(world().towns).name}, and ${person.given} ${telling.pick(['pointed east', `shook ${possessive(person)} head`, 'drew a map', 'laughed'])}.`,
  (person, _friend, telling) =>
    `"${telling.pick(['What a day', 'I am late', `Nobody works as hard as a ${person.trade}`, `I would rather be at home with my ${person.animal}`, 'Where did I put my hat'])}," ${subject(person)} said.`,
  (_person, _friend, telling) => {
    const thing = telling.pick(world().things);
    return `People were talking about ${thing.name}, which belongs to ${thing.owner.name}.`;
  },
  (person, _friend, telling) =>
    `${capital(subject(person))} counted ${possessive(person)} coins: there were ${telling.pick(words.NUMBERS)} of them.`,
  (person) =>
    `A cart loaded with ${person.town.product} rolled by, for that is what ${person.town.name} is famous for.`,
];

export function letter(person: Person, telling: Telling): string {
  const friend = world().people[person.friend]!;
  const say = (...variants: string[]) => telling.pick(variants);
  const body = telling.rng.shuffle([
    say(`Here in ${person.town.name} all is well.`, `Greetings from ${person.town.name}.`),
    say(
      `My work as ${withArticle(person.trade)} leaves me ${telling.pick(words.MOODS)}.`,
      `A ${person.trade} never rests, as you know.`,
    ),
    say(`My ${person.animal} sends its love.`, `The ${person.animal} has been ill but is better now.`),
    say(
      `I still find time for ${person.hobby}.`,
      `Last ${telling.pick(words.DAYS)} was all ${person.hobby}.`,
    ),
    say(
      `How are things in ${friend.town.name}?`,
      `Is ${friend.town.name} as cold as it is here?`,
      `Do you still work as ${withArticle(friend.trade)}?`,
    ),
    say(
      `I have painted the room ${person.colour}, my favourite colour.`,
      `I bought a ${person.colour} coat, of course.`,
    ),
  ]);
  const chosen = body.slice(0, 3 + telling.rng.int(3));
  return `Dear ${friend.given}, ${chosen.join(' ')} Your friend, ${person.name}`;
}
