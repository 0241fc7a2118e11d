/** Documents that tell the facts of one person, town or thing, in changing order and words. */
import { type Person, type Thing, type Town, world } from './facts.ts';
import { capital, possessive, subject, type Telling, withArticle } from './telling.ts';

/** A way to say each fact of a person; `who` is the name or a pronoun, able to open a sentence. */
function personSentences(person: Person, who: string, telling: Telling): string[] {
  return [...lifeSentences(person, who, telling), ...tasteSentences(person, who, telling)];
}

function lifeSentences(person: Person, who: string, telling: Telling): string[] {
  const say = (...variants: string[]) => telling.pick(variants);
  return [
    say(
      `${who} lives in ${person.town.name}.`,
      `${who} has a house in ${person.town.name}.`,
      `${who} calls ${person.town.name} home.`,
      `The home of ${person.name} is in ${person.town.name}.`,
      `In ${person.town.name} everybody knows ${person.name}.`,
    ),
    say(
      `${who} works as ${withArticle(person.trade)}.`,
      `${who} is ${withArticle(person.trade)} by trade.`,
      `${who} earns a living as ${withArticle(person.trade)}.`,
      `By trade ${person.name} is ${withArticle(person.trade)}.`,
      `The ${person.trade} ${person.name} is never idle.`,
    ),
    say(
      `${who} loves ${person.hobby}.`,
      `${who} spends free hours on ${person.hobby}.`,
      `In the evenings ${person.name} enjoys ${person.hobby}.`,
      `Nothing pleases ${person.name} more than ${person.hobby}.`,
      `The favourite pastime of ${person.name} is ${person.hobby}.`,
    ),
  ];
}

function tasteSentences(person: Person, who: string, telling: Telling): string[] {
  const own = possessive(person);
  const friend = world().people[person.friend]!;
  const say = (...variants: string[]) => telling.pick(variants);
  return [
    say(
      `${who} likes the colour ${person.colour} best.`,
      `${capital(own)} favourite colour is ${person.colour}, as all who visit ${person.name} can see.`,
      `The door of ${person.name} is painted ${person.colour}, ${own} favourite colour.`,
      `${who} always wears something ${person.colour}.`,
      `For ${person.name} no colour is as fine as ${person.colour}.`,
    ),
    say(
      `${who} keeps ${withArticle(person.animal)}.`,
      `${who} is seldom seen without ${own} ${person.animal}.`,
      `The ${person.animal} of ${person.name} sleeps by the stove.`,
      `${who} shares the house with ${withArticle(person.animal)}.`,
      `Each morning ${person.name} feeds ${own} ${person.animal}.`,
    ),
    say(
      `${capital(own)} best friend is ${friend.name}, and ${person.name} writes to that friend often.`,
      `The best friend of ${person.name} is ${friend.name}.`,
      `${who} trusts nobody more than ${friend.name}.`,
      `${who} has been friends with ${friend.name} since school.`,
      `${person.name} and ${friend.name} are the best of friends, says ${person.name}.`,
    ),
  ];
}

export function portrait(person: Person, telling: Telling): string {
  const opening = telling.pick([
    `This is the story of ${person.name}.`,
    `Let me tell you about ${person.name}.`,
    `Many people have heard of ${person.name}.`,
    `${person.name} is well known.`,
    `A few words about ${person.name}.`,
  ]);
  const sentences = telling.rng.shuffle(personSentences(person, '\0', telling));
  const kept = sentences.slice(0, 3 + telling.rng.int(4));
  const told = kept.map((sentence, index) =>
    sentence.replace('\0', index === 0 || telling.chance(0.35) ? person.name : capital(subject(person))),
  );
  return [opening, ...told].join(' ');
}

export function townPortrait(town: Town, telling: Telling): string {
  const say = (...variants: string[]) => telling.pick(variants);
  const people = world().residents.get(town) ?? [];
  const facts = telling.rng
    .shuffle([
      say(
        `${town.name} lies in ${town.region}.`,
        `${town.name} is a town in ${town.region}.`,
        `To reach ${town.name} you travel to ${town.region}.`,
      ),
      say(
        `${town.name} stands on ${town.river}.`,
        `${capital(town.river)} flows through ${town.name}.`,
        `The bridge of ${town.name} crosses ${town.river}.`,
      ),
      say(
        `${town.name} is famous for ${town.product}.`,
        `The ${town.product} of ${town.name} are sold far and wide.`,
        `Traders come to ${town.name} for ${town.product}.`,
      ),
      say(
        `${town.name} was founded in ${town.founded}.`,
        `The first houses of ${town.name} were built in ${town.founded}.`,
        `A stone in ${town.name} bears the year ${town.founded}, when the town was founded.`,
      ),
    ])
    .slice(0, 2 + telling.rng.int(3));
  const residents = telling.sample(people, Math.min(people.length, 1 + telling.rng.int(3)));
  const lines = residents.map((person) =>
    say(
      `${person.name}, the ${person.trade}, lives there.`,
      `Ask for ${person.name}, who is ${withArticle(person.trade)} in the town.`,
      `There you may meet ${person.name}, who loves ${person.hobby}.`,
      `One of its people is ${person.name}, who keeps ${withArticle(person.animal)}.`,
    ),
  );
  return [...facts, ...lines].join(' ');
}

export function thingPortrait(thing: Thing, telling: Telling): string {
  const say = (...variants: string[]) => telling.pick(variants);
  const facts = telling.rng.shuffle([
    say(
      `${capital(thing.name)} belongs to ${thing.owner.name}.`,
      `The owner of ${thing.name} is ${thing.owner.name}.`,
      `${thing.owner.name} owns ${thing.name}.`,
    ),
    say(
      `${capital(thing.name)} is made of ${thing.material}.`,
      `Whoever made ${thing.name} worked in ${thing.material}.`,
      `Under the paint, ${thing.name} is all ${thing.material}.`,
    ),
    say(
      `${capital(thing.name)} is kept in ${thing.place}.`,
      `You will find ${thing.name} in ${thing.place}.`,
      `For safety, ${thing.name} is locked up in ${thing.place}.`,
    ),
  ]);
  const ending = say(
    'It is very old.',
    `It is worth ${telling.rng.int(90) + 10} coins.`,
    'Nobody knows who made it.',
    'Children like to look at it.',
    'Once it was stolen and found again.',
  );
  return [...facts, ending].slice(0, 2 + telling.rng.int(3)).join(' ');
}
