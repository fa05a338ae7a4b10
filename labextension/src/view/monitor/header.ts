/** The header of the charts: version or stage, span, windows, and the number of logged rows. */

import { fill, h, icon } from '../ui/dom';
import { countedRows, countedVersions } from '../data/format';
import type { MonitorReport } from '../data/monitorReport';
import { stageReference } from '../data/references';
import { fittingWindow, type MonitorQuery, type Selection } from './selection';
import { list, segments, type Choice, type Option } from './controls';
import { minute, windowName } from './timeFormat';
import { trans } from '../translation';

const spans = (): readonly Option[] => [
  ['', trans.__('All'), trans.__('The whole log')],
  ['90d', '90d', trans.__('90 days')],
  ['30d', '30d', trans.__('30 days')],
  ['7d', '7d', trans.__('7 days')],
  ['24h', '24h', trans.__('24 hours')],
];
const windows = (): readonly Option[] => [
  ['1h', '1h', trans.__('1 hour')],
  ['1d', '1d', trans.__('1 day')],
  ['1w', '1w', trans.__('1 week')],
];

/** The header of the report; `ask` receives each change of the question. */
export class MonitorHeader {
  readonly element: HTMLElement;
  private readonly refs: Map<string, string>;
  private readonly subject: Choice;
  private readonly span: Choice;
  private readonly window: Choice;
  private readonly until: UntilButton;
  private readonly facts = h('p', { class: 'nbm-monitor-facts nbm-faint' });
  private readonly dot = h('span', { class: 'nbm-live', role: 'status' });
  private readonly message = h('span', { class: 'nbm-monitor-message', role: 'status' });
  private query: MonitorQuery;

  constructor(
    private readonly model: string,
    /** Whether the report is a copy that answers no other question. */
    private readonly recorded: boolean,
    ask: (change: Partial<MonitorQuery>) => void,
  ) {
    this.query = { ref: model };
    this.refs = new Map([[model, trans.__('All of %1', model)]]);
    this.subject = list(trans.__('Version or stage'), (ref) => ask({ ref }));
    this.span = segments(trans.__('Span'), (since) => ask(this.spanChange(since)));
    this.window = segments(trans.__('Windows'), (window) => ask({ window }));
    this.until = new UntilButton(() => ask({ until: '' }));
    const label = trans.__('Model, time and windows');
    this.element = h(
      'header',
      { class: 'nbm-monitor-head' },
      h(
        'div',
        {
          class: 'nbm-monitor-controls',
          role: 'group',
          'aria-label': label,
          hidden: recorded,
        },
        this.subject.element,
        this.span.element,
        this.window.element,
        this.until.element,
      ),
      h(
        'div',
        { class: 'nbm-monitor-line' },
        this.facts,
        this.message,
        h('span', { class: 'nbm-space' }),
        this.dot,
      ),
    );
  }

  draw({ query }: Selection, answer: MonitorReport | null): void {
    this.query = query;
    const { ref, since = '' } = query;
    const window = query.window || (answer?.window ?? '');
    for (const choice of [...refsOf(this.model, answer), ref]) {
      this.refs.set(choice, this.refs.get(choice) ?? choice);
    }
    this.subject.draw([...this.refs], ref);
    this.span.draw(
      having(spans(), since, (own) => trans.__('since %1', own)),
      since,
    );
    this.window.draw(window ? having(windows(), window, (own) => own) : windows(), window);
    this.until.draw(query.until ?? '');
    this.facts.textContent = answer ? factsOf(answer) : ' ';
    if (this.recorded && answer) {
      this.dot.classList.add('nbm-live-recorded');
      fill(this.dot, trans.__('As of %1 UTC', minute(answer.until)));
    }
  }

  /** Show whether the page is live; `trouble` says why it is not. */
  live(trouble: string): void {
    const { dot } = this;
    if (this.recorded) {
      return;
    }
    const words = trouble ? trans.__('Not live') : trans.__('Live');
    if (dot.title !== trouble || dot.textContent !== words) {
      fill(dot, words, trouble && h('span', { class: 'nbm-hidden' }, `: ${trouble}`));
      dot.title = trouble;
      dot.classList.toggle('nbm-live-not', trouble !== '');
    }
  }

  /** Report the result of an action. */
  report(result: string): void {
    this.message.replaceChildren(result);
  }

  /** A new span, with windows that fit it. */
  private spanChange(since: string): Partial<MonitorQuery> {
    const { window } = this.query;
    const sizes = windows().map(([size]) => size);
    return window ? { since, window: fittingWindow(since, window, sizes) } : { since };
  }
}

/** The stages and versions of a report. */
function refsOf(model: string, answer: MonitorReport | null): string[] {
  const logged = answer?.loggedVersions ?? [];
  return logged.flatMap(({ version, stage }) => [
    ...(stage ? [stageReference(model, stage)] : []),
    version,
  ]);
}

/** Shows that the report ends in the past, and returns to the present. */
class UntilButton {
  readonly element: HTMLElement;

  constructor(press: () => void) {
    const props = { type: 'button', class: 'nbm-button', hidden: true, onclick: press };
    this.element = h('button', props);
  }

  draw(until: string): void {
    this.element.hidden = !until;
    fill(this.element, trans.__('until %1', until), icon('close'));
    const label = trans.__('Until %1: show the present instead', until);
    this.element.setAttribute('aria-label', label);
  }
}

/** The usual options, and the value in use if it is not among them. */
function having(
  usual: readonly Option[],
  value: string,
  title: (value: string) => string,
): readonly Option[] {
  return usual.some(([each]) => each === value) ? usual : [...usual, [value, title(value)]];
}

function factsOf({ loggedVersions, windowSeconds }: MonitorReport): string {
  if (loggedVersions.length === 0) {
    return trans.__('No rows logged in this time');
  }
  const rows = loggedVersions.reduce((sum, each) => sum + each.rows, 0);
  const versions = new Set(loggedVersions.map(({ version }) => version)).size;
  const first = Math.min(...loggedVersions.map((each) => each.first));
  const last = Math.max(...loggedVersions.map((each) => each.last));
  const name = (time: number): string =>
    windowSeconds < 86_400 ? minute(time) : windowName(time, 86_400);
  const [from, to] = [name(first), name(last)];
  const amounts = trans.__('%1 of %2', countedRows(rows), countedVersions(versions));
  const range = from === to ? from : trans.__('%1 to %2', from, to);
  return `${amounts}, ${range} UTC`;
}
