/** Small controls above the charts: a choice among options, side by side or in a list. */

import { fill, h } from '../ui/dom';

/** Value, short title, and full title. */
export type Option = readonly [value: string, title: string, full?: string];

export interface Choice {
  element: HTMLElement;
  /** Set the options and the chosen value. */
  draw(options: readonly Option[], value: string): void;
}

let controlCount = 0;

/** A few options side by side, as radio buttons. */
export function segments(label: string, choose: (value: string) => void): Choice {
  controlCount += 1;
  const name = `nbm-segments-${controlCount}`;
  const group = h('span', { class: 'nbm-segments-container' });
  const element = h(
    'fieldset',
    { class: 'nbm-segments' },
    h('legend', { class: 'nbm-hidden' }, label),
    h('span', { class: 'nbm-faint', 'aria-hidden': true }, label),
    group,
  );
  group.addEventListener('change', (event) => choose((event.target as HTMLInputElement).value));
  let drawn = '';
  function draw(options: readonly Option[], value: string): void {
    const state = JSON.stringify(options);
    if (state !== drawn) {
      drawn = state;
      fill(
        group,
        options.map(([each, title, full]) =>
          h(
            'label',
            { class: 'nbm-segment', title: full },
            h('input', {
              type: 'radio',
              name,
              value: each,
              class: 'nbm-hidden',
              'aria-label': full ?? title,
            }),
            h('span', null, title),
          ),
        ),
      );
    }
    for (const input of group.querySelectorAll('input')) {
      input.checked = input.value === value;
    }
  }
  return { element, draw };
}

/** Options in a list that opens. */
export function list(label: string, choose: (value: string) => void): Choice {
  const select = h('select', { class: 'nbm-input nbm-list', 'aria-label': label });
  select.addEventListener('change', () => choose(select.value));
  let drawn = '';
  function draw(options: readonly Option[], value: string): void {
    const state = JSON.stringify(options);
    if (state !== drawn) {
      drawn = state;
      fill(
        select,
        options.map(([each, title]) => h('option', { value: each }, title)),
      );
    }
    select.value = value;
    select.title = options.find(([each]) => each === value)?.[1] ?? '';
    select.disabled = options.length < 2;
  }
  return { element: select, draw };
}
