/** Invented answers for tests. */

import type { Embedded } from '../../src/view/offline/data';
import type { Registry, Row, Version } from '../../src/view/data/answers';
import type { Source, Verb, Verbs } from '../../src/view/data/source';
import { RequestError } from '../../src/view/data/source';
import { rowOf, versionOf } from './examples';

export const HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>';

const NOON = 1_750_000_000;

export function row(model: string, number: number, more: Partial<Row> = {}): Row {
  const branch = more.branch ?? 'main';
  return rowOf({
    commit: commitOf(model, number, branch),
    model,
    number,
    parents: number > 1 ? [commitOf(model, number - 1, branch)] : [],
    time: NOON + number * 3600,
    author: 'Maya',
    message: `version ${number}`,
    summary: '3 steps',
    size: 1000 * number,
    metrics: [['auc', (80 + number) / 100]],
    ...more,
  });
}

/** A commit id of forty hex digits that depends on the version. */
export function commitOf(model: string, number: number, branch = 'main'): string {
  const digits = [...`${model}/${branch}/${number}`].map((c) => c.charCodeAt(0).toString(16));
  return digits.join('').padEnd(40, '0').slice(-40);
}

export function registry(more: Partial<Registry> = {}): Registry {
  return {
    name: 'models',
    id: '/models',
    nbmodel: '0.1.0',
    readOnly: false,
    models: 1,
    versions: 3,
    unreadable: [],
    metrics: ['auc'],
    params: ['depth'],
    metricDirections: { auc: 'higher', log_loss: 'lower' },
    stages: ['prod'],
    hint: '',
    state: 'a',
    ...more,
  };
}

export function version(of: Row, more: Partial<Version> = {}): Version {
  return versionOf(of, {
    email: 'maya@example.org',
    about: [],
    params: [['depth', String(of.number)]],
    tags: [['team', 'growth']],
    card: `# ${of.model}`,
    ...more,
  });
}

/** A page's data for these rows, newest first. */
export function embedded(rows: readonly Row[], more: Partial<Embedded> = {}): Embedded {
  const details = rows.map((each) => {
    const { row: _, ...rest } = version(each);
    return [each.commit, rest] as const;
  });
  return {
    format: 1,
    exported: NOON,
    registry: registry({ versions: rows.length, readOnly: true }),
    home: { tiles: [], offset: 0, total: 0, unstaged: { models: [], total: 0 } },
    models: Object.fromEntries(
      rows.map(({ model, metrics }) => [model, { mainMetric: metrics[0]?.[0] ?? '', stages: [] }]),
    ),
    health: {},
    traffic: { traffic: {}, problems: {} },
    monitoringProblem: '',
    rows,
    versions: Object.fromEntries(details),
    searchValues: {},
    histories: {},
    timelines: {},
    arrays: {},
    files: {},
    reports: {},
    shared: [],
    ...more,
  };
}

/** The blocks of a page without reports. */
export const block = async (id: string): Promise<unknown> => {
  throw new Error(`There is no block ${id}.`);
};

type Answer = (args: never) => unknown;

interface Pending {
  verb: Verb;
  args: Verbs[Verb]['ask'];
  resolve(answer: unknown): void;
  reject(refusal: RequestError): void;
}

/** A source with the answers of a test; other questions wait until the test answers them. */
export class ScriptedSource implements Source {
  readonly asked: Pending[] = [];
  private readonly watchers = new Set<() => void>();

  constructor(
    private readonly answers: { [V in Verb]?: Answer },
    private readonly verbs: readonly Verb[] = ['checkout', 'promote', 'rollback', 'release'],
  ) {}

  ask<V extends Verb>(verb: V, args: Verbs[V]['ask']): Promise<Verbs[V]['answer']> {
    return new Promise((resolve, reject) => {
      this.asked.push({ verb, args, resolve: resolve, reject });
      const answer = this.answers[verb];
      if (answer) {
        try {
          resolve(answer(args as never) as Verbs[V]['answer']);
        } catch (error) {
          reject(error instanceof RequestError ? error : new RequestError(String(error)));
        }
      }
    });
  }

  /** The questions of one kind, oldest first. */
  of(verb: Verb): Pending[] {
    return this.asked.filter((each) => each.verb === verb);
  }

  can(verb: Verb): boolean {
    return this.verbs.includes(verb);
  }

  onChange(callback: () => void): () => void {
    this.watchers.add(callback);
    return () => this.watchers.delete(callback);
  }

  changed(): void {
    this.watchers.forEach((callback) => callback());
  }
}

/** Give jsdom's dialogs the methods that it lacks. */
export function addDialogMethods(): void {
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
    this.dispatchEvent(new Event('close'));
  };
}
