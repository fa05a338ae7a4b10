import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { drawPanel } from '../../../src/view/panel';
import type { Distribution, MonitorReport } from '../../../src/view/data/monitorReport';
import { RequestError, type Verb } from '../../../src/view/data/source';
import { HOSTILE, registry, row, ScriptedSource, version, addDialogMethods } from '../fixtures';
import { alertOf, day, distribution, monitoring } from './fixtures';

const VERBS: readonly Verb[] = ['monitor', 'distribution', 'monitoringState', 'rollback'];
const ROWS = [row('churn', 2, { stages: ['prod'] }), row('churn', 1)];
const host = document.createElement('div');
let end: () => void = () => undefined;
/** Observers of visible elements. */
let watchers: Array<(seen: boolean) => void> = [];

class Sight {
  constructor(tell: (entries: Array<{ isIntersecting: boolean }>) => void) {
    watchers.push((isIntersecting) => tell([{ isIntersecting }]));
  }
  observe(): void {}
}

beforeEach(() => {
  vi.useFakeTimers();
  watchers = [];
  vi.stubGlobal('IntersectionObserver', Sight);
  vi.stubGlobal('ResizeObserver', Sight);
  addDialogMethods();
  document.body.append(host);
});
afterEach(() => {
  end();
  vi.useRealTimers();
  host.remove();
});

interface Given {
  asked?: { window: string };
  answer?: MonitorReport | (() => MonitorReport);
  found?: () => Distribution;
  verbs?: readonly Verb[];
  state?: () => string;
  readOnly?: boolean;
}

const settle = (pause = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(pause);
const one = <E extends HTMLElement>(selector: string): E => host.querySelector<E>(selector) as E;
const texts = (selector: string): string[] =>
  [...host.querySelectorAll(selector)].map((each) => each.textContent);
const see = (seen: boolean): void => watchers.forEach((tell) => tell(seen));
const button = (name: string): HTMLButtonElement =>
  [...host.querySelectorAll('button')].find(
    (each) => each.textContent === name || each.ariaLabel === name,
  ) as HTMLButtonElement;
const cells = (): HTMLElement[] => [
  ...host.querySelectorAll<HTMLElement>('[role=gridcell][data-at]'),
];

/** The panel, opened on the monitor. */
async function opened(given: Given = {}): Promise<ScriptedSource> {
  const {
    answer = monitoring(),
    found = () => distribution(),
    verbs = VERBS,
    readOnly = false,
  } = given;
  const source = new ScriptedSource(
    {
      registry: () => registry({ readOnly }),
      rows: () => ({
        rows: ROWS,
        offset: 0,
        total: 2,
        atLeast: false,
        sort: '-time',
        models: null,
      }),
      version: () => version(ROWS[0]!),
      log: () => ({ rows: ROWS, more: false }),
      monitor: () => (typeof answer === 'function' ? answer() : answer),
      distribution: found,
      monitoringState: () => ({ state: given.state?.() ?? 'one' }),
    },
    verbs,
  );
  end = drawPanel(host, source, { opening: { monitor: { ref: 'churn', ...given.asked } } });
  await settle();
  return source;
}

function choose(label: string, value: string): void {
  const select = one<HTMLSelectElement>(`select[aria-label="${label}"]`);
  select.value = value;
  select.dispatchEvent(new Event('change', { bubbles: true }));
}

function press(key: string): void {
  document.activeElement?.dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }),
  );
}

describe('the tab', () => {
  it('exists if the source has monitoring, and fills the panel when it is opened first', async () => {
    await opened();
    expect(texts('[role=tab][aria-selected=true]')).toEqual(['Monitor']);
    expect(host.querySelector('.nbm-alone')).not.toBeNull();
    button('Close details').click();
    expect(host.querySelector('.nbm-alone')).toBeNull();
  });

  it('begins with the verdict on each stage', async () => {
    await opened();
    const first = one('.nbm-monitor').firstElementChild;
    expect(first?.className).toBe('nbm-monitor-verdicts');
    expect(texts('.nbm-monitor-verdict > span')).toEqual([
      'Unhealthy',
      'churn@2 in prod: age has drifted since 15 April; accuracy 0.81 against 0.9 at commit',
    ]);
  });

  it('does not exist for another source', async () => {
    await opened({ verbs: [] });
    expect(texts('[role=tab]')).not.toContain('Monitor');
  });

  it('asks for what it was opened with, and counts the logged rows', async () => {
    const source = await opened();
    expect(source.of('monitor').map(({ args }) => args)).toEqual([{ ref: 'churn' }]);
    expect(one('.nbm-monitor-facts').textContent).toBe(
      '3,345 rows of 2 versions, 2013-04-01 to 2013-04-20 UTC',
    );
  });

  it('says what to do when nothing was logged', async () => {
    const answer = monitoring({
      loggedVersions: [],
      timeSeries: [],
      drift: [],
      hint: 'Run %model_serve churn',
    });
    await opened({ answer });
    expect(one('.nbm-monitor-body').textContent).toContain('Run %model_serve churn');
    expect(host.querySelector('.nbm-chart, [role=grid][aria-label^=Drift]')).toBeNull();
  });

  it('says what could not be evaluated', async () => {
    await opened({ answer: monitoring({ warnings: [HOSTILE], unknownLabels: 3 }) });
    expect(texts('.nbm-warnings li')).toEqual([
      '3 labels wait for predictions that are not in the log.',
      HOSTILE,
    ]);
  });

  it('shows an error and a button to try again', async () => {
    let broken = true;
    const refuse = (): never => {
      throw new RequestError('duckdb is missing.', 'Run pip install.');
    };
    await opened({ answer: () => (broken ? refuse() : monitoring()) });
    expect(one('.nbm-monitor-trouble').textContent).toContain('duckdb is missing.Run pip install.');
    broken = false;
    button('Try again').click();
    await settle();
    expect(one('.nbm-monitor-trouble').textContent).toBe('');
    expect(cells().length).toBeGreaterThan(0);
  });

  it('shows hostile text as text', async () => {
    const given = monitoring();
    const drift = given.drift.map((each) => ({ ...each, column: HOSTILE, version: HOSTILE }));
    const alerts = [
      alertOf({ rule: HOSTILE, rollback: HOSTILE, lastGoodVersion: HOSTILE, metric: HOSTILE }),
      alertOf({ state: HOSTILE as never, notify: [HOSTILE] }),
    ];
    const anomalies = given.anomalies.map((each) => ({ ...each, why: HOSTILE, detector: HOSTILE }));
    await opened({
      answer: { ...given, drift, alerts, anomalies },
      found: () => distribution({ column: HOSTILE, version: HOSTILE }),
    });
    cells().at(-1)!.click();
    await settle();
    expect(host.querySelector('img, script')).toBeNull();
    expect(host.textContent).toContain(HOSTILE);
  });
});

describe('the question', () => {
  it('is repeated for another span, with windows of the source until the user chooses', async () => {
    const source = await opened();
    expect(one<HTMLInputElement>('input[value="1d"]').checked).toBe(true);
    one<HTMLInputElement>('input[value="24h"]').click();
    await settle();
    one<HTMLInputElement>('input[value="1h"]').click();
    await settle();
    expect(source.of('monitor').map(({ args }) => args)).toEqual([
      { ref: 'churn' },
      { ref: 'churn', since: '24h' },
      { ref: 'churn', since: '24h', window: '1h' },
    ]);
  });

  it('is repeated with windows that fit the span', async () => {
    const source = await opened({ asked: { window: '1d' } });
    one<HTMLInputElement>('input[value="24h"]').click();
    await settle();
    choose('Version or stage', 'churn@prod');
    await settle();
    expect(source.of('monitor').map(({ args }) => args)).toEqual([
      { ref: 'churn', window: '1d' },
      { ref: 'churn', since: '24h', window: '1h' },
      { ref: 'churn@prod', since: '24h', window: '1h' },
    ]);
  });

  it('uses only the last answer', async () => {
    const answers = [monitoring()];
    const source = await opened({ answer: () => answers[0]! });
    answers[0] = monitoring({ warnings: ['second'] });
    choose('Version or stage', 'churn@2');
    source.of('monitor')[0]?.resolve(monitoring({ warnings: ['first'] }));
    await settle();
    expect(texts('.nbm-warnings li')).toEqual(['second']);
  });

  it('stays when another version is opened beside the table', async () => {
    const source = await opened();
    choose('Metric', 'latency_p99');
    button('churn@1').click();
    await settle();
    expect(one<HTMLSelectElement>('select[aria-label="Metric"]').value).toBe('latency_p99');
    expect(source.of('version')).toHaveLength(2);
  });
});

describe('a log that cannot be read in full', () => {
  it('is said before the charts, with the part and what to do', async () => {
    const unreadable = 'the log cannot be read in full: a.parquet was skipped; delete it';
    await opened({ answer: monitoring({ unreadable }) });
    const said = one('.nbm-monitor-unreadable .nbm-notice-warning').textContent;
    expect(said).toBe('The log cannot be read in full: a.parquet was skipped; delete it');
  });

  it('is not an empty one', async () => {
    const empty = { loggedVersions: [], timeSeries: [], unreadable: 'a.parquet was skipped' };
    await opened({ answer: monitoring(empty) });
    expect(host.textContent).toContain('No predictions of churn could be read.');
    expect(host.textContent).not.toContain('were logged in this time');
  });
});

describe('alerts', () => {
  it('that fire name the version, the last good version and the command', async () => {
    await opened();
    const said = one('.nbm-firing').textContent;
    expect(said).toContain('Firing psi(age) > 0.2 for 3 windows');
    expect(said).toContain(
      'churn@2 in prod: psi(age) is 0.4167 on 19 April (234 rows), since 2013-04-16.',
    );
    expect(said).toContain('Last good version: churn@1.');
    expect(one('.nbm-firing code').textContent).toBe(alertOf().rollback);
    expect(texts('.nbm-alerts tbody .nbm-state')).toEqual(['firing', 'ok']);
  });

  it('that wait for the end of a window say their value now and when they are judged', async () => {
    const young = { state: 'pending', value: null, since: null, metric: 'psi(age)' } as const;
    const alerts = [
      alertOf({ ...young, current: 0.98, judgedAt: day(20) }),
      alertOf({ state: 'ok', since: null, value: 0.1, current: 0.2, judgedAt: day(20) }),
    ];
    await opened({ answer: monitoring({ alerts }) });
    expect(texts('.nbm-alerts tbody tr > :nth-child(5)')).toEqual([
      'psi(age) 0.98 now, judged at 00:00 UTC',
      '0.2 now, judged at 00:00 UTC',
    ]);
  });

  it('lead to the rollback dialog, and the report is loaded again afterwards', async () => {
    const source = await opened();
    one('.nbm-firing .nbm-button').click();
    const dialog = one<HTMLDialogElement>('dialog');
    dialog.querySelector<HTMLInputElement>('[name=message]')!.value = 'it drifts';
    dialog.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true }));
    await settle();
    const [asked] = source.of('rollback');
    expect(asked?.args).toEqual({ ref: 'churn@prod', message: 'it drifts' });
    asked?.resolve({ text: 'churn@1 is prod again', ref: 'churn@1' });
    await settle();
    expect(one('.nbm-monitor-message').textContent).toBe('churn@1 is prod again');
    expect(source.of('monitor')).toHaveLength(2);
  });

  it.each([
    ['the registry is read-only', { readOnly: true }],
    ['the source cannot', { verbs: ['monitor'] as Verb[] }],
  ])('have no button if %s', async (_, given) => {
    await opened(given);
    expect(one('.nbm-firing code').textContent).toContain('%model_rollback');
    expect(
      [...one('.nbm-firing').querySelectorAll('button')].map((each) => each.textContent),
    ).not.toContain('Roll back');
  });
});

describe('the heat map', () => {
  it('says in words what its colors mean', async () => {
    await opened();
    expect(cells().at(19)?.getAttribute('aria-label')).toBe('age, 2013-04-20: psi 0.9, drift');
    expect(cells().at(13)?.getAttribute('aria-label')).toBe(
      'age, 2013-04-14: psi 0.3, above the threshold, may be chance',
    );
    expect(cells().at(-1)?.getAttribute('aria-label')).toBe(
      'height, 2013-04-20: psi 0.01, no drift',
    );
    expect(cells().at(19)?.className).toContain('nbm-heat-drifted');
  });

  it('is one tab stop with arrow keys; Enter opens a distribution, Escape closes it', async () => {
    const source = await opened();
    const stops = (): HTMLElement[] => [
      ...host.querySelectorAll<HTMLElement>('.nbm-heat-table [tabindex="0"]'),
    ];
    expect(stops()).toEqual([cells()[19]]);
    stops()[0]!.focus();
    press('ArrowLeft');
    press('ArrowDown');
    press('ArrowDown');
    expect(document.activeElement?.getAttribute('aria-label')).toContain('height, 2013-04-19');
    press('Enter');
    await settle();
    expect(source.of('distribution').map(({ args }) => args)).toEqual([
      { version: 'churn@2', stage: 'prod', column: 'height', window: '1d', time: day(18) },
    ]);
    expect(one('.nbm-distribution').textContent).toContain(
      'Without a value: 0.2% of the rows then, 12.5% now',
    );
    expect(one('.nbm-distribution').textContent).toContain('now: 2013-04-20, 234 rows');
    button('Close the distribution').focus();
    press('Escape');
    expect(one('.nbm-distribution').hidden).toBe(true);
    expect(document.activeElement?.getAttribute('aria-label')).toContain('height, 2013-04-19');
    expect(one('.nbm-details').hidden).toBe(false);
  });

  it('shows a few columns at first, then all', async () => {
    const given = monitoring();
    const drift = Array.from({ length: 30 }, (_, at) => ({ ...given.drift[0]!, column: `c${at}` }));
    await opened({ answer: { ...given, drift } });
    expect(host.querySelectorAll('.nbm-heat-table tbody tr')).toHaveLength(12);
    button('Show all 30 columns').click();
    expect(host.querySelectorAll('.nbm-heat-table tbody tr')).toHaveLength(30);
  });

  it('shows the drift of a column when its name is clicked', async () => {
    await opened();
    one('tbody [role=rowheader]').click();
    expect(one<HTMLSelectElement>('select[aria-label="Metric"]').value).toBe('psi(age)');
  });

  it('shows why a distribution is missing', async () => {
    const found = (): never => {
      throw new RequestError('There is no profile.', 'Commit with --data.');
    };
    await opened({ found });
    cells()[19]!.click();
    await settle();
    expect(one('.nbm-distribution').textContent).toContain('There is no profile.');
  });
});

describe('while it is visible', () => {
  it('follows the log, and keeps the choices of the user', async () => {
    let [state, answer] = ['one', monitoring()];
    const source = await opened({ answer: () => answer, state: () => state });
    see(true);
    cells()[19]!.focus();
    choose('Metric', 'latency_p99');
    const chart = one('.nbm-chart');
    await settle(5000);
    expect(source.of('monitor')).toHaveLength(1);
    state = 'two';
    answer = monitoring({ state, alerts: [], warnings: ['new'] });
    await settle(5000);
    expect(source.of('monitor')).toHaveLength(2);
    expect(texts('.nbm-warnings li')).toEqual(['new']);
    expect(host.querySelector('.nbm-firing')).toBeNull();
    expect(one<HTMLSelectElement>('select[aria-label="Metric"]').value).toBe('latency_p99');
    expect(one('.nbm-chart')).toBe(chart);
    expect(document.activeElement).toBe(cells()[19]);
  });

  it('asks nothing while it is hidden or after its end', async () => {
    const source = await opened();
    see(true);
    await settle();
    const asked = (): number => source.of('monitoringState').length;
    see(false);
    const before = asked();
    await settle(20_000);
    expect(asked()).toBe(before);
    see(true);
    await settle();
    expect(asked()).toBe(before + 1);
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
    await settle(20_000);
    expect(asked()).toBe(before + 1);
    Object.defineProperty(document, 'hidden', { value: false, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
    end();
    see(false);
    const last = asked();
    await settle(20_000);
    expect(asked()).toBe(last);
  });

  it('asks again when the registry changed', async () => {
    const source = await opened();
    see(true);
    source.changed();
    await settle();
    expect(source.of('monitor')).toHaveLength(2);
  });

  it('shows that it is not live, and why', async () => {
    const state = (): never => {
      throw new RequestError('The kernel has not answered.');
    };
    await opened({ state });
    see(true);
    await settle();
    expect(one('.nbm-live').textContent).toBe('Not live: The kernel has not answered.');
  });
});
