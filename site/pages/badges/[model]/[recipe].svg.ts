/** Badges for model cards and READMEs: `badges/<model>/<recipe>.svg`. */
import type { APIRoute } from 'astro';
import { type Badge, badgeSvg, badges } from '../../../lib/release/badge.ts';

export async function getStaticPaths() {
  return (await badges()).map((badge) => ({
    params: { model: badge.model, recipe: badge.name },
    props: { badge },
  }));
}

export const GET: APIRoute<{ badge: Badge }> = ({ props }) =>
  new Response(badgeSvg(props.badge), { headers: { 'content-type': 'image/svg+xml' } });
