/** What Astro asks to render components that are given no `client:` directive and no slot; React does the others. */
import { createElement, type FunctionComponent } from 'react';
import { staticMarkup } from './static-markup.ts';

type Props = Readonly<Record<string, unknown>>;

export default {
  name: 'static-markup',
  supportsAstroStaticSlot: true,
  check: async (
    component: unknown,
    _props: Props,
    slots: Props,
    metadata?: { readonly hydrate?: unknown },
  ): Promise<boolean> =>
    typeof component === 'function' && metadata?.hydrate === undefined && Object.keys(slots).length === 0,
  renderToStaticMarkup: async (component: FunctionComponent, props: Props) => ({
    html: staticMarkup(createElement(component, props)),
  }),
};
