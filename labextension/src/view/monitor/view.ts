/** The monitoring of a model: draws the report, and updates it while it is visible. */

import { openDialog } from '../ui/dialog';
import { skeleton, fill, h, notice, type Child } from '../ui/dom';
import { section } from '../tabs/facts';
import { count } from '../data/format';
import { rollbackQuestion } from '../ui/questions';
import { toRequestError } from '../tabs/unreadable';
import type { ActionResult } from '../data/answers';
import type { MonitorReport } from '../data/monitorReport';
import type { TabContext } from '../ui/tab';
import { alertTable, firing } from './alerts';
import { makeAnomalies } from './anomalies';
import { memoryOf, type MonitorQuery, type Selection, type Memory } from './selection';
import { MetricSection } from './metricSection';
import { DriftSection } from './driftSection';
import { MonitorHeader } from './header';
import { Verdicts } from './verdicts';
import { repeat, whileVisible } from './visibility';
import { trans } from '../translation';

/** Milliseconds between two checks for changes. */
const CHECK_INTERVAL_MS = 5000;

/** Draw the monitor of the version's model. */
export function drawMonitor(context: TabContext): HTMLElement {
  return new Monitor(context).element;
}

class Monitor {
  readonly element: HTMLElement;
  private readonly model: string;
  private readonly memory: Memory;
  private readonly head: MonitorHeader;
  private readonly metricSection;
  private readonly drift;
  private readonly anomalies;
  private readonly verdicts = new Verdicts();
  private readonly trouble = h('div', { class: 'nbm-monitor-trouble' });
  private readonly unreadable = h('div', { class: 'nbm-monitor-unreadable' });
  private readonly firing = h('div', { class: 'nbm-monitor-firing', 'aria-live': 'polite' });
  private readonly body = h('div', { class: 'nbm-monitor-body' });
  private readonly alerts = h('div', { class: 'nbm-monitor-alerts' });
  private readonly remarks = h('div', { class: 'nbm-monitor-remarks' });
  /** In the place of everything until the first answer, which would move what is there. */
  private readonly waiting = h('div', { class: 'nbm-monitor-waiting' }, skeleton(9));
  private turn = 0;
  /** The alerts that are drawn now, as JSON. */
  private fired = '';

  constructor(private readonly context: TabContext) {
    this.model = context.version.row.model;
    this.memory = memoryOf(context.source, this.model);
    const set = (change: Partial<Selection>): void => this.set(change);
    const recorded = !context.source.can('monitoringState');
    this.head = new MonitorHeader(this.model, recorded, (change) => this.change(change));
    this.metricSection = new MetricSection(set);
    this.drift = new DriftSection(context.source, set);
    this.anomalies = makeAnomalies((metric) => {
      set({ metric });
      this.metricSection.show();
    });
    this.element = h(
      'div',
      { class: 'nbm-monitor' },
      this.verdicts.element,
      this.head.element,
      this.trouble,
      this.unreadable,
      this.firing,
      this.body,
      this.waiting,
    );
    this.draw();
    void this.ask();
    whileVisible(this.element, () => this.live());
  }

  /** Follow changes while the element is visible; returns a function that stops this. */
  private live(): () => void {
    const { source } = this.context;
    this.head.live('');
    const unlisten = source.onChange(() => void this.ask());
    const stop = source.can('monitoringState')
      ? repeat(() => this.checkForChanges(), CHECK_INTERVAL_MS)
      : () => undefined;
    void this.checkForChanges();
    return () => {
      unlisten();
      stop();
    };
  }

  private async checkForChanges(): Promise<void> {
    const { answer } = this.memory;
    if (!answer || !this.context.source.can('monitoringState') || !this.element.isConnected) {
      return;
    }
    try {
      const { state } = await this.context.source.ask('monitoringState', { model: this.model });
      this.head.live('');
      if (state !== answer.state && answer === this.memory.answer) {
        await this.ask();
      }
    } catch (error) {
      this.head.live(toRequestError(error).message);
    }
  }

  /** Request the report; if several requests are open, only the last one counts. */
  private async ask(): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    this.body.setAttribute('aria-busy', 'true');
    try {
      const answer = await this.context.source.ask('monitor', this.memory.selection.query);
      if (turn === this.turn) {
        this.memory.answer = answer;
        this.trouble.replaceChildren();
        this.draw();
      }
    } catch (error) {
      const { what, hint } = toRequestError(error);
      if (turn === this.turn) {
        fill(this.trouble, notice('error', what, hint), this.retryButton());
        this.draw();
      }
    } finally {
      if (turn === this.turn) {
        this.body.setAttribute('aria-busy', 'false');
        this.body.classList.remove('nbm-monitor-loading');
      }
    }
  }

  /** None in a page whose report was recorded: another attempt cannot help. */
  private retryButton(): Child {
    const onclick = (): void => void this.ask();
    return (
      this.context.source.can('monitoringState') &&
      h('button', { type: 'button', class: 'nbm-button', onclick }, trans.__('Try again'))
    );
  }

  /** Change the question. */
  private change(change: Partial<MonitorQuery>): void {
    const { selection } = this.memory;
    const entries = Object.entries({ ...selection.query, ...change });
    const query = Object.fromEntries(
      entries.filter(([, value]) => value),
    ) as unknown as MonitorQuery;
    this.memory.selection = { ...selection, query, openCell: null, range: null };
    this.body.classList.add('nbm-monitor-loading'); // the user waits for the answer, so the page shows this
    this.draw();
    void this.ask();
  }

  /** Change the view of the same report. */
  private set(change: Partial<Selection>): void {
    this.memory.selection = { ...this.memory.selection, ...change };
    this.draw();
  }

  private draw(): void {
    const { selection, answer } = this.memory;
    const first = !answer && !this.trouble.hasChildNodes();
    this.waiting.hidden = !first;
    this.head.element.hidden = first;
    this.body.hidden = first;
    this.head.draw(selection, answer);
    this.verdicts.draw(answer?.verdicts ?? []);
    if (answer) {
      this.drawFiring(answer);
      this.drawBody(answer, selection);
    } else {
      this.body.replaceChildren();
    }
  }

  /** Draw the alerts only if they changed: the user may be about to press a button. */
  private drawFiring({ alerts, windowSeconds }: MonitorReport): void {
    const { source, readOnly, open, host, done } = this.context;
    const state = JSON.stringify([alerts, windowSeconds]);
    if (state === this.fired) {
      return;
    }
    this.fired = state;
    const after = (result: ActionResult): void => {
      this.head.report(result.text);
      done(result);
      void this.ask();
    };
    const rollBack = (stage: string): void => {
      openDialog(host, rollbackQuestion({ source, done: after }, this.model, [stage]));
    };
    const can = source.can('rollback') && !readOnly;
    fill(this.firing, firing(alerts, windowSeconds, { open, rollBack: can ? rollBack : null }));
    fill(
      this.alerts,
      alerts.length > 0 && section(trans.__('Alerts'), alertTable(alerts, windowSeconds)),
    );
  }

  private drawBody(answer: MonitorReport, choices: Selection): void {
    const nothing = answer.loggedVersions.length === 0 && answer.timeSeries.length === 0;
    this.drawRemarks(answer);
    if (nothing) {
      const name = answer.ref || answer.model;
      const what = answer.unreadable
        ? trans.__('No predictions of %1 could be read.', name)
        : trans.__('No predictions of %1 were logged in this time.', name);
      this.place(notice('empty', what, answer.hint), this.alerts, this.remarks);
      return;
    }
    this.metricSection.draw(answer, choices);
    this.drift.draw(answer, choices);
    this.anomalies.draw(answer, choices);
    this.place(
      this.metricSection.element,
      this.drift.element,
      this.anomalies.element,
      this.alerts,
      this.remarks,
    );
  }

  /** Place the sections; unchanged ones stay in the page, so that they keep the focus. */
  private place(...parts: readonly HTMLElement[]): void {
    const there = [...this.body.children];
    if (there.length !== parts.length || parts.some((part, at) => part !== there[at])) {
      fill(this.body, parts);
    }
  }

  private drawRemarks({ warnings, unknownLabels, unreadable }: MonitorReport): void {
    const sentence = unreadable && unreadable[0]!.toUpperCase() + unreadable.slice(1);
    fill(this.unreadable, sentence && notice('warning', sentence, ''));
    const wait = trans._n(
      '%2 label waits for predictions that are not in the log.',
      '%2 labels wait for predictions that are not in the log.',
      unknownLabels,
      count(unknownLabels),
    );
    const messages: string[] = [...(unknownLabels > 0 ? [wait] : []), ...warnings];
    const lines: Child = messages.map((line) => h('li', null, line));
    fill(
      this.remarks,
      messages.length > 0 &&
        section(trans.__('Warnings'), h('ul', { class: 'nbm-warnings' }, lines)),
    );
  }
}
