/** The row of a model in the status of a server. */

import { stageChip } from '../view/ui/chips';
import { copyButton } from '../view/ui/copy';
import { fill, h } from '../view/ui/dom';
import { count } from '../view/data/format';
import { parseReference } from '../view/data/references';
import { makeRequestSparkline } from './requestSparkline';
import { NONE, latency, logged, rate, type ModelStatus } from './serverStatus';

export const COLUMNS: ReadonlyArray<
  readonly [heading: string, about: string, text: (model: ModelStatus) => string]
> = [
  ['Requests/s', 'In the last ten seconds', ({ requestsPerSecond }) => rate(requestsPerSecond)],
  ['Rows/s', 'In the last ten seconds', ({ rowsPerSecond }) => rate(rowsPerSecond)],
  ['p50', 'Half of the latest answers took no longer', ({ p50 }) => latency(p50)],
  ['p99', '99% of the latest answers took no longer', ({ p99 }) => latency(p99)],
  ['Errors', 'Requests refused or failed since the start', ({ errors }) => count(errors)],
  ['Logged', 'Rows in the prediction log', logged],
];

/** A model: two lines of the table, whose texts change. */
export class ModelRow {
  readonly elements: readonly HTMLElement[];
  private readonly name = h('span', { class: 'nbm-server-name' });
  private readonly beside = h('span', { class: 'nbm-server-beside' });
  private readonly cells = COLUMNS.map(([heading]) =>
    h('td', { 'data-column': heading.toLowerCase() }, NONE),
  );
  private readonly flow = makeRequestSparkline();
  private readonly ask = h('td', { colspan: COLUMNS.length + 2, class: 'nbm-server-ask' });
  private print = '';
  private line = '';

  constructor(version: string, follows: string) {
    const stage = parseReference(follows)?.stage;
    const heading = h(
      'th',
      { scope: 'row' },
      this.name,
      stage && h('span', { title: `Follows ${follows}` }, stageChip(stage)),
      this.beside,
    );
    this.name.textContent = version;
    this.flow.draw([]);
    this.elements = [
      h('tr', null, heading, this.cells, h('td', { class: 'nbm-server-flow' }, this.flow.element)),
      h('tr', null, this.ask),
    ];
  }

  draw(model: ModelStatus, line: string): void {
    const print = JSON.stringify([model.version, model.canary, model.canaryShare, model.shadow]);
    if (print !== this.print) {
      this.print = print;
      this.name.textContent = model.version;
      const percent = `${Number((model.canaryShare * 100).toFixed(2))}%`;
      fill(
        this.beside,
        model.canary && h('span', null, `canary ${model.canary} ${percent}`),
        model.shadow && h('span', null, `shadow ${model.shadow}`),
      );
    }
    COLUMNS.forEach(([, , text], index) => write(this.cells[index]!, text(model)));
    this.cells[4]!.classList.toggle('nbm-server-bad', model.hasNewErrors);
    this.cells[5]!.classList.toggle('nbm-server-bad', Boolean(model.rowsDropped));
    this.flow.draw(model.requestHistory);
    if (line !== this.line) {
      this.line = line;
      fill(
        this.ask,
        h('div', null, h('code', { title: line }, line), copyButton(line, 'Copy the line')),
      );
    }
  }
}

/** Set a text only if it differs, so that a screen reader reads it once. */
export function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
