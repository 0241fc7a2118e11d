/** What the collection takes from a paper: methods, numbers, claims. */
import { type Method, methods, type Source, sources } from './catalogue.ts';
import { type Claim, claims } from './claims.ts';
import { once } from './once.ts';

export interface PaperLinks {
  /** Methods that it describes. */
  readonly methods: readonly Method[];
  /** Sources with its numbers. */
  readonly sources: readonly Source[];
  readonly claims: readonly { readonly claim: Claim; readonly where: string; readonly says: string }[];
}

const all = once(async () => [await methods(), await sources(), await claims()] as const);

export async function paperLinks(paper: string): Promise<PaperLinks> {
  const [methods, sources, claims] = await all();
  return {
    methods: methods.filter(({ paper_id }) => paper_id === paper),
    sources: sources.filter(({ paper_id }) => paper_id === paper),
    claims: claims.flatMap((claim) =>
      claim.citations
        .filter((citation) => citation.paper.id === paper)
        .map(({ where, says }) => ({ claim, where, says })),
    ),
  };
}
