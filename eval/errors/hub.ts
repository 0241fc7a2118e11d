/** Every message about fetching models from a Hugging Face hub. */
import { BitlossError } from '../../data/errors.ts';

export const hubErrors = {
  id: (id: string) =>
    new BitlossError(
      'hub/id',
      `[hub] "${id}": this is neither an existing folder nor a model id such as mistralai/Mistral-7B-v0.1.`,
      'Check the spelling; a folder may be given as ./name.',
      { id },
    ),
  revision: (id: string, revision: string) =>
    new BitlossError(
      'hub/revision',
      `[hub] ${id}: "${revision}" cannot be the name of a branch, a tag or a commit.`,
      'Copy the revision from the model page; main is the usual one.',
      { id, revision },
    ),
  token: () =>
    new BitlossError(
      'hub/token',
      '[hub] HF_TOKEN does not look like an access token, which begins with "hf_".',
      'Copy the token again, or unset HF_TOKEN for public models.',
    ),
  denied: (id: string, status: number, hasToken: boolean, cause: unknown) =>
    new BitlossError(
      'hub/denied',
      `[hub] ${id}: the hub refuses access (status ${status}); the model does not exist, is private, or is gated.`,
      hasToken
        ? 'Check the id, accept the licence on the model page, and see that the token may read it.'
        : 'Check the id, accept the licence on the model page, and set HF_TOKEN.',
      { id, status },
      cause,
    ),
  notFound: (id: string, revision: string, cause: unknown) =>
    new BitlossError(
      'hub/not-found',
      `[hub] ${id}: the hub has no such model, or no revision "${revision}" of it (status 404).`,
      'Check the id and the revision on the model page.',
      { id, revision },
      cause,
    ),
  failed: (id: string, what: string, cause: unknown) =>
    new BitlossError(
      'hub/failed',
      `[hub] ${id}: ${what}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Run again; what was fetched so far is kept.',
      { id, what },
      cause,
    ),
  network: (id: string, endpoint: string, cause: unknown) =>
    new BitlossError(
      'hub/network',
      `[hub] ${id}: ${endpoint} cannot be reached (${reason(cause)}), and the cache has no complete copy.`,
      'Check the connection and HF_ENDPOINT, or give a folder that has the model.',
      { id, endpoint },
      cause,
    ),
  offline: (id: string, cacheFolder: string) =>
    new BitlossError(
      'hub/offline',
      `[hub] ${id}: HF_HUB_OFFLINE is set and ${cacheFolder} has no complete copy.`,
      'Unset HF_HUB_OFFLINE to fetch it, or give a folder that has the model.',
      { id, cacheFolder },
    ),
  missing: (id: string, file: string) =>
    new BitlossError(
      'hub/missing-file',
      `[hub] ${id}: the model has no ${file}.`,
      'Choose a model with config.json, tokenizer.json and .safetensors weights.',
      { id, file },
    ),
  incomplete: (id: string, file: string, got: number, size: number, cause: unknown) =>
    new BitlossError(
      'hub/incomplete',
      `[hub] ${id}: ${file}: the connection ended after ${got} of ${size} bytes.`,
      'Run again; it goes on from there.',
      { id, file, got, size },
      cause,
    ),
  corrupt: (id: string, file: string, expected: string, got: string) =>
    new BitlossError(
      'hub/corrupt',
      `[hub] ${id}: ${file}: the content has hash ${got}, the hub announced ${expected}. The file was thrown away.`,
      'Run again; if it happens twice, the endpoint or a proxy is at fault.',
      { id, file, expected, got },
    ),
  listing: (id: string, why: string) =>
    new BitlossError(
      'hub/listing',
      `[hub] ${id}: the hub's answer cannot be used: ${why}.`,
      'Check that HF_ENDPOINT is a Hugging Face hub.',
      { id },
    ),
  cacheWrite: (id: string, folder: string, cause: unknown) =>
    new BitlossError(
      'hub/cache-write',
      `[hub] ${id}: the cache ${folder} cannot be written (${reason(cause)}).`,
      'Free some space, or set HF_HUB_CACHE to a folder that can be written.',
      { id, folder },
      cause,
    ),
};

/** The system's code for what went wrong, such as ECONNREFUSED; fetch hides it one level down. */
function reason(cause: unknown): string {
  for (let error = cause; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string') return error.code;
  }
  return cause instanceof Error ? cause.message : String(cause);
}
