/** Names of the synthetic world, put together from syllables so that no real person or place occurs. */

const GIVEN_START = [
  'Ma',
  'To',
  'Li',
  'Be',
  'Ka',
  'Ru',
  'Si',
  'No',
  'Pe',
  'Da',
  'Jo',
  'Fi',
  'Ha',
  'Le',
  'Wi',
  'Za',
  'Or',
  'El',
  'Im',
  'Ul',
] as const;
const GIVEN_END_SHE = ['ra', 'lia', 'na', 'sa', 'mie', 'tta', 'nya', 'ris'] as const;
const GIVEN_END_HE = ['ven', 'ron', 'mas', 'lek', 'dric', 'bo', 'kan', 'stor'] as const;
const FAMILY_START = [
  'Vol',
  'Tarn',
  'Bram',
  'Quill',
  'Hest',
  'Morr',
  'Pell',
  'Sorn',
  'Drab',
  'Lund',
  'Fenn',
  'Gost',
  'Karr',
  'Yarl',
  'Wick',
  'Nebb',
] as const;
const FAMILY_END = ['ander', 'ley', 'by', 'ovic', 'man', 'ett', 'ock', 'ini', 'well', 'stone'] as const;
const TOWN_START = [
  'Ash',
  'Bir',
  'Cor',
  'Dun',
  'Elm',
  'Fal',
  'Gran',
  'Hol',
  'Ink',
  'Jas',
  'Kel',
  'Lor',
  'Mar',
  'Nor',
  'Oth',
  'Pol',
  'Ras',
  'Sel',
  'Tor',
  'Ush',
] as const;
const TOWN_END = [
  'ford',
  'wick',
  'haven',
  'mere',
  'dale',
  'gate',
  'bury',
  'mouth',
  'field',
  'stead',
] as const;
const RIVER_START = [
  'Ab',
  'Cle',
  'Dri',
  'Eo',
  'Fru',
  'Gla',
  'Isk',
  'Lim',
  'Osk',
  'Pra',
  'Sku',
  'Tev',
] as const;
const RIVER_END = ['na', 'sel', 'bourne', 'wen', 'dra', 'min'] as const;

const combine = (starts: readonly string[], ends: readonly string[]) =>
  starts.flatMap((start) => ends.map((end) => start + end));

export const GIVEN_NAMES_SHE = combine(GIVEN_START, GIVEN_END_SHE);
export const GIVEN_NAMES_HE = combine(GIVEN_START, GIVEN_END_HE);
export const FAMILY_NAMES = combine(FAMILY_START, FAMILY_END);
export const TOWN_NAMES = combine(TOWN_START, TOWN_END);
export const RIVER_NAMES = combine(RIVER_START, RIVER_END);
