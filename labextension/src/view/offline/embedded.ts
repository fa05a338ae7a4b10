/** Answers from the data of a page, for which no Python is needed. */

import { difference, type IsText } from './diff';
import { lineageAround } from './ancestry';
import { unpacked } from './packing';
import type { Embedded, EmbeddedHistory, SearchValues } from './data';
import { contentOf } from './files';
import { Reports, type ReadBlock } from './reports';
import { own } from '../data/own';
import { factsOf, firstOfEachModel, latestOf } from './rows';
import { findRows, type FoundRows } from './findRows';
import { Names, Searchable } from './searchable';
import { BLANK } from './tokens';
import type { Difference, History, Lineage, Page, Pairs, Row, Version } from '../data/answers';
import type { Timeline } from '../data/timeline';
import { parseReference } from '../data/references';
import type { Source, Verb, Verbs } from '../data/source';
import { RequestError } from '../data/source';

type Answers = {
  readonly [V in Verb]?: (
    args: Verbs[V]['ask'],
  ) => Verbs[V]['answer'] | Promise<Verbs[V]['answer']>;
};

const LINEAGE = 200;

/** Answers from the data of a page, which is read-only. */
export class EmbeddedSource implements Source {
  private readonly byCommit = new Map<string, Row>();
  private readonly byRef = new Map<string, Row>();
  private readonly byModel = new Map<string, Row[]>();
  private searchable: readonly Searchable[] | null = null;
  private names: Names | null = null;
  private versionNodes: Map<string, { row: Row; uses: readonly string[] }> | null = null;

  private readonly answers: Answers = {
    registry: () => this.data.registry,
    home: ({ offset = 0, limit = 50 }) => {
      const { home } = this.data;
      return { ...home, offset, tiles: home.tiles.slice(offset, offset + limit) };
    },
    health: () => ({ health: this.monitored().health }),
    traffic: () => this.monitored().traffic,
    rows: (args) => this.rows(args),
    version: ({ ref }) => this.version(this.resolve(ref)),
    file: ({ sha256 }) => contentOf(this.data.files, sha256),
    history: ({ model, limit }) => this.history(model, limit),
    timeline: ({ model }) => this.timeline(model),
    monitor: ({ ref }) => this.reports.report(ref),
    alertHistory: ({ model }) => this.reports.alertHistory(model),
    lineage: ({ ref, limit }) => this.lineage(ref, limit),
    diff: ({ before, after }) => this.diff(before, after),
    log: (args) => this.log(args),
  };

  private readonly reports: Reports;

  /** `block` reads a block of the page. */
  constructor(
    private readonly data: Embedded,
    block: ReadBlock,
  ) {
    this.reports = new Reports(data, block);
    for (const row of data.rows) {
      this.byCommit.set(row.commit, row);
      this.byRef.set(row.ref, row);
      const own = this.byModel.get(row.model);
      if (own) {
        own.push(row);
      } else {
        this.byModel.set(row.model, [row]);
      }
    }
  }

  async ask<V extends Verb>(verb: V, args: Verbs[V]['ask']): Promise<Verbs[V]['answer']> {
    const answer = this.answers[verb];
    if (!answer) {
      throw new RequestError(
        'This page is a read-only copy.',
        'Open the registry in a notebook to change it.',
        'ReadOnlyRegistry',
      );
    }
    return answer(args);
  }

  can(verb: Verb): boolean {
    return this.answers[verb] !== undefined;
  }

  onChange(): () => void {
    return () => undefined;
  }

  private monitored(): Embedded {
    if (this.data.monitoringProblem) {
      throw new RequestError(this.data.monitoringProblem);
    }
    return this.data;
  }

  private rows(args: Verbs['rows']['ask']): Page {
    const { query = '', sort = '', offset = 0, limit = 50, every = false, params = [] } = args;
    const found = this.find(query, sort, every);
    const rows = found.rows.slice(offset, offset + limit);
    const models = factsOf(this.data.models, rows);
    const total = found.rows.length;
    return {
      rows,
      offset,
      total,
      totalIsLowerBound: false,
      sort: found.sort,
      hint: found.hint,
      models,
      params: this.params(rows, params),
    };
  }

  private params(rows: readonly Row[], names: readonly string[]): Page['params'] {
    const pairs = (row: Row): Pairs =>
      this.version(row).params.filter(([name]) => names.includes(name));
    return names.length ? Object.fromEntries(rows.map((row) => [row.commit, pairs(row)])) : {};
  }

  private find(query: string, sort: string, every: boolean): FoundRows {
    const all = this.searchables();
    this.names ??= new Names(all);
    const heads =
      every || !BLANK.test(query) ? null : new Set([...this.byModel.values()].map(latestOf));
    const versions = heads ? all.filter((of) => heads.has(of.row)) : all;
    const found = findRows(versions, this.names, query, sort);
    return every ? found : { ...found, rows: firstOfEachModel(found.rows) };
  }

  private searchables(): readonly Searchable[] {
    this.searchable ??= this.data.rows.map(
      (row, age) => new Searchable(row, this.version(row), this.searchValues(row), age),
    );
    return this.searchable;
  }

  private searchValues(row: Row): SearchValues {
    return own(this.data.searchValues, row.commit) ?? {};
  }

  private version(row: Row): Version {
    const packed = own(this.data.versions, row.commit);
    if (packed === undefined) {
      throw new RequestError(
        `This page holds no details of ${row.ref}.`,
        'Export the page again.',
        'NotFound',
      );
    }
    return { ...(unpacked(packed, this.data.shared) as Omit<Version, 'row'>), row };
  }

  private resolve(ref: string): Row {
    const row = this.byRef.get(ref) ?? this.byCommit.get(ref) ?? this.parsed(ref);
    if (!row) {
      throw new RequestError(
        `There is no version ${ref} in this page.`,
        'Pick one from the table.',
        'NotFound',
      );
    }
    return row;
  }

  private parsed(ref: string): Row | undefined {
    const reference = parseReference(ref);
    if (!reference) {
      return undefined;
    }
    const { model, branch, selector, stage, back } = reference;
    const all = this.byModel.get(model) ?? [];
    const line = all.filter((row) => row.branch === (branch || 'main'));
    const start = stage
      ? all.find((row) => row.stages.includes(stage))
      : (line.find((row) => String(row.number) === selector) ??
        all.find((row) => row.releases.includes(selector)) ??
        all.find((row) => selector.length >= 7 && row.commit.startsWith(selector)) ??
        (selector === '' || selector === 'latest'
          ? latestOf(line.length ? line : all)
          : undefined));
    let row = start;
    for (let steps = back; row && steps > 0; steps -= 1) {
      row = this.byCommit.get(row.parents[0] ?? '');
    }
    return row;
  }

  private history(model: string, limit = Number.POSITIVE_INFINITY): History {
    const packed = own(this.data.histories, model);
    const versions = this.byModel.get(model) ?? [];
    const rest =
      packed === undefined
        ? { branches: [...new Set(versions.map((row) => row.branch))], moves: [], hasMore: false }
        : (unpacked(packed, this.data.shared) as EmbeddedHistory);
    return {
      model,
      ...rest,
      versions: versions.slice(0, limit).reverse(),
      hasMore: rest.hasMore || versions.length > limit,
    };
  }

  private timeline(model: string): Timeline {
    const packed = own(this.data.timelines, model);
    return packed === undefined
      ? { model, events: [], spans: [], hasMore: false }
      : (unpacked(packed, this.data.shared) as Timeline);
  }

  private lineage(ref: string, limit = LINEAGE): Lineage {
    this.versionNodes ??= new Map(
      this.data.rows.map((row) => {
        const uses = this.version(row).uses.map((used) => this.byRef.get(used)?.commit ?? used);
        return [row.commit, { row, uses }];
      }),
    );
    return lineageAround(this.versionNodes, this.resolve(ref).commit, limit);
  }

  private diff(before: string, after: string): Difference {
    const [one, other] = [this.resolve(before), this.resolve(after)];
    const inside = own(this.data.arrays, `${one.commit}..${other.commit}`);
    const isText: IsText = ({ row }, position) =>
      this.searchValues(row).params?.[position]?.text !== undefined;
    return {
      ...difference(this.version(one), this.version(other), isText),
      arrays:
        inside === undefined ? null : (unpacked(inside, this.data.shared) as Difference['arrays']),
    };
  }

  private log(args: Verbs['log']['ask']): Verbs['log']['answer'] {
    const { model, branch, limit = 50, before } = args;
    const line = (this.byModel.get(model) ?? []).filter((row) => !branch || row.branch === branch);
    const start = before
      ? line.findIndex((row) => row.commit === before || row.ref === before)
      : -1;
    const rows = line.slice(start + 1, start + 1 + limit);
    return { rows, hasMore: start + 1 + limit < line.length };
  }
}
