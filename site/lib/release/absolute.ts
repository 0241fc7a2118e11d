/** Addresses for those who read a file away from the site: with the host, where the build was told one (`BITLOSS_SITE`). */
import { href } from '../url.ts';

export const HAS_HOST = import.meta.env.SITE !== undefined;

/** `absolute('/data/')` → `https://host/base/data/`; without a host the path alone, which resolves against the file. */
export function absolute(path: string): string {
  return HAS_HOST ? new URL(href(path), import.meta.env.SITE).href : href(path);
}
