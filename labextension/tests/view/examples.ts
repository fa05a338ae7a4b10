import type {
  Column,
  Difference,
  History,
  Lineage,
  Profile,
  Row,
  Version,
} from '../../src/view/data/answers';
import type { Audit } from '../../src/view/data/audit';
import type { Timeline } from '../../src/view/data/timeline';
import type { Source, Verb } from '../../src/view/data/source';
import type { Theme } from '../../src/view/charts/theme';
import type { TabContext } from '../../src/view/ui/tab';

export const HOSTILE = '<img src=x onerror="alert(1)">&lt;b&gt; $x$ %{y}';

export const THEME: Theme = {
  text: '#000',
  faint: '#666',
  line: '#ccc',
  grid: '#eee',
  paper: '#fff',
  accent: '#00f',
  bad: '#f00',
  series: ['#111', '#222'],
};

/** A row of the table; a test gives only the values that matter to it. */
export function rowOf(given: Partial<Row> = {}): Row {
  const { model = 'churn', branch = 'main', number = 1 } = given;
  const line = branch === 'main' ? model : `${model}:${branch}`;
  return {
    ref: `${line}@${number}`,
    commit: commitOf(model, branch, number),
    model,
    branch,
    number,
    parents: [],
    time: 1_700_000_000 + number,
    author: 'Ann',
    message: `Version ${number}`,
    type: 'Pipeline',
    flavor: 'sklearn',
    summary: 'Pipeline(LogisticRegression)',
    size: 4096,
    stages: [],
    releases: [],
    purged: false,
    metrics: [],
    evaluation: [],
    ...given,
  };
}

export function commitOf(model: string, branch: string, number: number): string {
  const digits = [...`${model}${branch}`].map((c) => c.charCodeAt(0).toString(16)).join('');
  return `${number}`.padStart(4, '0') + digits.padEnd(36, '0').slice(0, 36);
}

export function versionOf(row: Row, given: Partial<Version> = {}): Version {
  return {
    row,
    email: 'ann@example.org',
    message: row.message,
    about: [['object', `sklearn.pipeline.Pipeline: ${row.summary}`]],
    params: [],
    defaults: [],
    tags: [],
    counts: [],
    inputs: [] as Column[],
    outputs: [] as Column[],
    notes: [],
    evaluations: [],
    approvals: [],
    verification: { state: 'unsigned', signer: '', key: '', why: '' },
    attachments: [],
    card: '',
    cells: '',
    environment: [],
    profile: null as Profile | null,
    files: [],
    uses: [],
    usedBy: [],
    committedLocally: true,
    ...given,
  };
}

export interface Answers {
  versions?: readonly Version[];
  history?: Partial<History>;
  lineage?: Lineage;
  timeline?: Partial<Timeline>;
  /** Without it, the source cannot answer it. */
  audit?: Audit;
  diff?: Difference;
  verbs?: readonly Verb[];
  /** Answers the questions that change the registry. */
  act?(verb: string, args: Record<string, unknown>): unknown;
}

export const FACT: Audit['facts'][number] = {
  time: 1_700_000_000,
  what: 'commit',
  ref: 'churn@1',
  author: 'Ann',
  text: 'first',
  state: 'unsigned',
  signature: 'unsigned',
};

/** The audit of a model with one fact, and nothing wrong. */
export function auditOf(given: Partial<Audit> = {}): Audit {
  const states = [['unsigned', 1]] as const;
  return { model: 'churn', facts: [FACT], total: 1, states, findings: [], problems: 0, ...given };
}

/** A source with these answers. */
export function sourceOf(answers: Answers): Source {
  const found = new Map(
    answers.versions?.flatMap((v) => [
      [v.row.ref, v],
      [v.row.commit, v],
    ]),
  );
  const table: Record<string, (args: Record<string, unknown>) => unknown> = {
    version: ({ ref }) => found.get(String(ref)),
    history: ({ model }) => ({
      model,
      versions: [],
      branches: ['main'],
      moves: [],
      more: false,
      ...answers.history,
    }),
    lineage: () => answers.lineage,
    timeline: ({ model }) => ({
      model,
      events: [],
      spans: [],
      hasMore: false,
      ...answers.timeline,
    }),
    diff: () => answers.diff,
    audit: () => answers.audit,
  };
  return {
    async ask(verb: string, args: object) {
      const given = args as Record<string, unknown>;
      return (table[verb] ? table[verb](given) : answers.act?.(verb, given)) as never;
    },
    can: (verb) =>
      verb === 'audit'
        ? answers.audit !== undefined
        : (answers.verbs ?? ['version', 'history', 'lineage', 'diff']).includes(verb),
    onChange: () => () => undefined,
  };
}

export interface Asked extends TabContext {
  opened: string[];
  compared: string[][];
}

/** The context of a tab; it records the versions that were opened and compared. */
export function contextOf(version: Version, answers: Answers = {}): Asked {
  const opened: string[] = [];
  const compared: string[][] = [];
  return {
    source: sourceOf(answers),
    version,
    registry: {
      name: 'r',
      id: '/r',
      nbmodel: '0.1.0',
      readOnly: false,
      models: 1,
      versions: 1,
      unreadable: [],
      metrics: [],
      params: [],
      metricDirections: {},
      stages: [],
      hint: '',
      state: '',
    },
    open: (ref) => opened.push(ref),
    compare: (before, after) => compared.push([before, after]),
    host: document.body,
    done: () => undefined,
    readOnly: false,
    edit: false,
    opened,
    compared,
  };
}
