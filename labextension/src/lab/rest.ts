/** The registry's answers over `/nbmodel/api/` of the Jupyter server that serves this page. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { Poll } from '@lumino/polling';

import {
  RequestError,
  type Actions,
  type Questions,
  type Source,
  type Verb,
  type Verbs,
} from '../view/data/source';
import { trans } from './translation';

/**
 * The version of the API that the server must have; nbmodel raises it when an answer changes its
 * shape.
 */
export const API = 1;

/** Identifies a registry: that of a notebook's folder, or one that its kernel named. */
export interface NotebookLocation {
  /** Contents path of the notebook; empty for the server's root folder. */
  readonly path: string;
  /** Path of the registry that the kernel uses; empty if it is unknown. */
  readonly repo: string;
}

export interface RestOptions {
  readonly settings?: ServerConnection.ISettings;
  /** Whether the panel is visible: the server is polled for changes only then. */
  readonly watched?: () => boolean;
  /** Milliseconds between two requests for changes. */
  readonly interval?: number;
}

type Method = 'GET' | 'POST';

/** HTTP methods of all verbs but those of the kernel, which `commands.ts` has. */
const VERB_METHODS: Record<keyof (Questions & Actions), Method> = {
  registry: 'GET',
  sharing: 'GET',
  home: 'GET',
  rows: 'GET',
  version: 'GET',
  file: 'GET',
  history: 'GET',
  timeline: 'GET',
  audit: 'GET',
  alertHistory: 'GET',
  lineage: 'GET',
  diff: 'GET',
  models: 'GET',
  log: 'GET',
  sparklines: 'GET',
  monitor: 'GET',
  distribution: 'GET',
  monitoringState: 'GET',
  health: 'GET',
  traffic: 'GET',
  firing: 'GET',
  deletion: 'GET',
  trash: 'GET',
  merging: 'GET',
  state: 'GET',
  promote: 'POST',
  rollback: 'POST',
  release: 'POST',
  card: 'POST',
  approve: 'POST',
  delete: 'POST',
  restore: 'POST',
  push: 'POST',
  pull: 'POST',
};
const METHODS: Partial<Record<Verb, Method>> = VERB_METHODS;

/** Additional verbs that this page answers itself, such as a checkout into a kernel. */
export type LocalAnswers = {
  readonly [V in Verb]?: (args: Verbs[V]['ask']) => Promise<Verbs[V]['answer']>;
};

export function missingExtension(): RequestError {
  return new RequestError(
    trans.__('The server extension of nbmodel is missing.'),
    trans.__(
      'Run `pip install nbmodel` where JupyterLab runs, then restart JupyterLab; if it is installed, run `jupyter server extension enable nbmodel.jupyter_server`.',
    ),
    'missing',
  );
}

/** Answers over REST; each request names the registry, so the server stores no state for it. */
export class RestSource implements Source {
  constructor(
    readonly place: NotebookLocation,
    private readonly options: RestOptions = {},
    private readonly own: LocalAnswers = {},
  ) {
    this.settings = options.settings ?? ServerConnection.makeSettings();
  }

  can(verb: Verb): boolean {
    return verb in this.own || verb in METHODS;
  }

  async ask<V extends Verb>(verb: V, args: Verbs[V]['ask']): Promise<Verbs[V]['answer']> {
    const own = this.own[verb];
    if (own) {
      return own(args);
    }
    await agreed(this.settings);
    const method = METHODS[verb];
    if (!method) {
      throw new RequestError(
        trans.__('%1 needs a kernel.', verb),
        trans.__('Open a notebook first.'),
        'kernel',
      );
    }
    const body = method === 'POST' ? { args, ...this.place } : null;
    const query = { args: JSON.stringify(args), ...this.place };
    const where = `${verb}${body ? '' : URLExt.objectToQueryString(query)}`;
    return (await request(this.settings, where, body)) as Verbs[V]['answer'];
  }

  /** Poll the state, less often while the server does not answer. */
  onChange(callback: () => void): () => void {
    let before: string | null = null;
    const interval = this.options.interval ?? 1000;
    const watched = this.options.watched ?? (() => true);
    const poll = new Poll({
      name: 'nbmodel:state',
      frequency: { interval, backoff: true, max: Math.max(interval, MAX_INTERVAL_MS) },
      standby: () => document.hidden || !watched(),
      factory: async () => {
        const { state, refused } = await this.state();
        if (before !== null && state !== before) {
          callback();
        }
        before = state;
        if (refused) {
          throw refused; // the poll waits longer from now on
        }
      },
    });
    return () => poll.dispose();
  }

  /** The state. A registry that cannot be opened has one too: it may be repaired or created. */
  private async state(): Promise<{ state: string; refused?: RequestError }> {
    try {
      return await this.ask('state', {});
    } catch (error) {
      const refused = toRequestError(error);
      if (UNANSWERED.has(refused.kind)) {
        throw refused;
      }
      return { state: `refused: ${refused.message}`, refused };
    }
  }

  private readonly settings: ServerConnection.ISettings;
}

/** Most milliseconds between two requests while the server refuses them. */
const MAX_INTERVAL_MS = 10_000;

/** Kinds of errors that do not come from a registry. */
const UNANSWERED = new Set(['missing', 'network', 'server', 'version']);

const _agreed = new Map<string, Promise<void>>();

/** Check the server's version once; a failed check is repeated. */
function agreed(settings: ServerConnection.ISettings): Promise<void> {
  const agreement = _agreed.get(settings.baseUrl);
  if (agreement) {
    return agreement;
  }
  const asking = request(settings, 'about', null).then(checkVersion);
  _agreed.set(settings.baseUrl, asking);
  asking.catch(() => _agreed.delete(settings.baseUrl));
  return asking;
}

/** Throw if the server has another version of the API. */
export function checkVersion(about: unknown): void {
  const { api, nbmodel } = (about ?? {}) as { api?: unknown; nbmodel?: unknown };
  if (api === API) {
    return;
  }
  const older = typeof api !== 'number' || api < API;
  throw new RequestError(
    trans.__(
      'The server runs nbmodel %1, but this page belongs to another version.',
      String(nbmodel),
    ),
    older
      ? trans.__(
          'Run `pip install --upgrade nbmodel` where JupyterLab runs, then restart JupyterLab.',
        )
      : trans.__('Restart JupyterLab if nbmodel was just upgraded, then reload this page.'),
    'version',
  );
}

async function request(
  settings: ServerConnection.ISettings,
  where: string,
  body: object | null,
): Promise<unknown> {
  const url = URLExt.join(settings.baseUrl, 'nbmodel/api', where);
  const init: RequestInit = body
    ? {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      }
    : { method: 'GET' };
  let response: Response;
  let text: string;
  try {
    response = await ServerConnection.makeRequest(url, init, settings);
    text = await response.text();
  } catch (error) {
    throw new RequestError(
      trans.__('The Jupyter server does not answer (%1).', String((error as Error).message)),
      trans.__('Check that it still runs.'),
      'network',
    );
  }
  const answer = json(text);
  if (response.ok && answer !== undefined) {
    return answer;
  }
  throw errorOf(response.status, answer);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // an HTML page, so it was not nbmodel that answered
  }
}

/** The error that the server reports, or what its status means. */
export function errorOf(status: number, answer: unknown): RequestError {
  const refusal = (answer ?? {}) as Record<string, unknown>;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  if (typeof refusal.what === 'string') {
    return new RequestError(refusal.what, text(refusal.hint), text(refusal.kind));
  }
  if (status === 404) {
    return missingExtension();
  }
  if (status === 401 || status === 403) {
    return new RequestError(
      trans.__('The Jupyter server rejects the requests of this page.'),
      trans.__('Reload the page and log in again.'),
      'server',
    );
  }
  const reason = typeof refusal.message === 'string' ? `: ${refusal.message}` : '';
  return new RequestError(
    trans.__('The Jupyter server failed with status %1%2.', status, reason),
    trans.__('The reason is in its log.'),
    'server',
  );
}

/** Convert any error to a `RequestError`, so that it can be shown. */
export function toRequestError(error: unknown): RequestError {
  return error instanceof RequestError
    ? error
    : new RequestError(String((error as Error)?.message ?? error));
}
