/** The part with the heat map of drift, and a column then and now when a cell is opened. */

import { skeleton, fill, h, icon, notice } from '../ui/dom';
import { RequestError, type MonitorReport, type Source } from '../data/source';
import type { Selection, CellPosition } from './selection';
import { list } from './controls';
import { drawDistribution } from './distribution';
import { measuresOf, driftMatrix, type DriftMatrix } from './driftMatrix';
import { makeHeatMap } from './heatMap';
import { driftMetric, keyOf, nameOf } from './series';
import { windowName } from './timeFormat';

export interface DriftSection {
  element: HTMLElement;
  draw(answer: MonitorReport, choices: Selection): void;
}

export function makeDriftSection(
  source: Source,
  set: (change: Partial<Selection>) => void,
): DriftSection {
  const who = list('Version and stage of the heat map', (key) =>
    set({ subject: key, openCell: null }),
  );
  const detector = list('Detector of drift', (name) => set({ measure: name }));
  const empty = h('div');
  const below = h('div', { class: 'nbm-distribution', hidden: true });
  let matrix: DriftMatrix | null = null;
  const map = makeHeatMap({
    open: (column, time) => set({ openCell: { column, time } }),
    follow: (column) => matrix && set({ metric: driftMetric({ measure: matrix.measure, column }) }),
    every: () => set({ allColumns: true }),
  });
  const element = h(
    'section',
    { class: 'nbm-part', 'aria-label': 'Drift' },
    h(
      'div',
      { class: 'nbm-part-line' },
      h('h3', null, 'Drift against the training data'),
      detector.element,
      who.element,
    ),
    empty,
    map.element,
    below,
  );
  let asked = '';
  let window: string | undefined;

  function draw(answer: MonitorReport, choices: Selection): void {
    const people = whoDrifts(answer);
    const key = people.some(([each]) => each === choices.subject)
      ? choices.subject
      : (people[0]?.[0] ?? '');
    const names = measuresOf(answer, key);
    const chosen = names.includes(choices.measure) ? choices.measure : (names[0] ?? '');
    who.draw(people, key);
    detector.draw(
      names.map((name) => [name, name]),
      chosen,
    );
    matrix = driftMatrix(answer, chosen, key);
    const none = matrix.rows.length === 0;
    detector.element.hidden = who.element.hidden = map.element.hidden = none;
    fill(empty, none && notice('empty', 'Drift was not judged.', WHY));
    if (!none) {
      const { allColumns, openCell } = choices;
      map.draw({ matrix, width: answer.windowSeconds, allColumns, openCell });
    }
    window = answer.window;
    void follow(answer, key, none ? null : choices.openCell);
  }

  /** Show the column of `place`, or close what is shown. */
  async function follow(
    answer: MonitorReport,
    key: string,
    place: CellPosition | null,
  ): Promise<void> {
    const asking = place
      ? JSON.stringify([answer.ref, key, place, answer.windowSeconds, answer.state])
      : '';
    if (asking === asked) {
      return;
    }
    const other = !sameCell(asked, asking);
    asked = asking;
    below.hidden = !place;
    if (!place) {
      below.replaceChildren();
      return;
    }
    const body = other
      ? h('div', { class: 'nbm-distribution-room' }, skeleton(7))
      : below.lastElementChild!;
    if (other) {
      fill(below, heading(answer, place), body);
      below.scrollIntoView?.({ block: 'nearest' });
    }
    const [version = '', stage = ''] = key.split('\0');
    try {
      const { column, time } = place;
      const found = await source.ask('distribution', { version, stage, column, window, time });
      if (asking === asked) {
        fill(body, drawDistribution(found, answer.windowSeconds));
      }
    } catch (error) {
      if (!(error instanceof RequestError)) {
        throw error;
      }
      if (asking === asked) {
        fill(body, notice('error', error.what, error.hint));
      }
    }
  }

  function heading(answer: MonitorReport, place: CellPosition): HTMLElement {
    const close = (): void => {
      set({ openCell: null });
      map.focus(place.column, place.time);
    };
    const { column, time } = place;
    const title = `${column} then and now, ${windowName(time, answer.windowSeconds)}`;
    below.onkeydown = (event) => {
      if (event.key === 'Escape') {
        event.preventDefault();
        close();
      }
    };
    return h(
      'div',
      { class: 'nbm-part-line' },
      h('h4', { title }, title),
      h('span', { class: 'nbm-space' }),
      h(
        'button',
        {
          type: 'button',
          class: 'nbm-button nbm-button-quiet',
          'aria-label': 'Close then and now',
          title: 'Close (Escape)',
          onclick: close,
        },
        icon('close'),
      ),
    );
  }

  return { element, draw };
}

const WHY =
  'A version is judged once rows of it are logged, if it was committed with its data: --data VARIABLE.';

/** Versions and stages that were judged; who answered last comes first. */
function whoDrifts({ drift, loggedVersions }: MonitorReport): Array<readonly [string, string]> {
  const last = new Map(loggedVersions.map((each) => [keyOf(each), each.last]));
  const found = new Map(drift.map((each) => [keyOf(each), nameOf(each)]));
  return [...found].sort(([a], [b]) => (last.get(b) ?? 0) - (last.get(a) ?? 0));
}

/** Whether two questions are about the same cell, the one perhaps of an older answer. */
function sameCell(one: string, other: string): boolean {
  const cell = (asked: string): string =>
    asked && JSON.stringify((JSON.parse(asked) as unknown[]).slice(0, 4));
  return one !== '' && cell(one) === cell(other);
}
