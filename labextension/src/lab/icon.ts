import { LabIcon } from '@jupyterlab/ui-components';

import { svg } from '../view/ui/dom';

/** A cube whose last version is active. */
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16">
  <g class="jp-icon3 jp-icon-selectable" fill="#616161">
    <path d="M8 1 2 4.2v7.6L8 15l6-3.2V4.2zm0 1.7 4.1 2.2L8 7.1 3.9 4.9zM3.4 6.2l3.9 2.1v4.5l-3.9-2.1zm5.3 6.6V8.3l3.9-2.1v4.5z"/>
  </g>
</svg>`;

export const modelIcon = new LabIcon({ name: 'nbmodel:model', svgstr: SVG });

/** Icons of the side panel's toolbar, 16 x 16. */
export const PATHS = {
  add: 'M8 3v10M3 8h10',
  compare: 'M6 3H2.5v10H6M10 3h3.5v10H10M8 1.5v13',
  pull: 'M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11',
  push: 'M8 10.5v-8M4.5 6 8 2.5 11.5 6M2.5 13.5h11',
  refresh: 'M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3',
} as const;

/** Draw one of `PATHS`; screen readers skip it. */
export function drawIcon(path: string): SVGSVGElement {
  return svg(
    'svg',
    { class: 'nbm-icon', viewBox: '0 0 16 16', 'aria-hidden': true, focusable: 'false' },
    svg('path', { d: path }),
  );
}
