/** The data of the side panel, and how it follows the registry. */

import { Signal } from '@lumino/signaling';

import type { ModelEntry, Registry, Row, Sharing, Sparkline } from '../view/data/answers';
import type { RequestError, Source } from '../view/data/source';
import { toRequestError } from './rest';
import { Tree, arrivals, keyOf, refreshed, type Item, type Log } from './tree';

/** Versions on a page of a branch. */
export const PAGE = 30;
/** Most versions of a branch that are loaded again after a change. */
const MAX_VERSIONS = 300;
/** Milliseconds for which a new version is marked. */
export const FRESH = 2000;
/** Most models in one request for sparklines. */
const MAX_SPARKLINES = 50;

export class Browser<S extends Source = Source> {
  readonly tree = new Tree();
  /** Emitted when the tree must be drawn again. */
  readonly changed: Signal<this, void> = new Signal<this, void>(this);
  readonly sparklines = new Map<string, Sparkline>();
  /** Commits that were just added. */
  readonly fresh = new Set<string>();
  registry: Registry | null = null;
  /** The remote; null if it is unknown. */
  sharing: Sharing | null = null;
  error: RequestError | null = null;
  query = '';
  /** What the query names though no version has it, in sentences. */
  hint = '';
  /** The source that answered with the tree or the error; another one may be loading. */
  answered: S | null = null;

  /** Use another source; open lines stay open if the registry is the same. */
  async use(source: S): Promise<void> {
    this.stop();
    this.source = source;
    this.stop = source.onChange(() => void this.reload());
    await this.reload();
  }

  dispose(): void {
    this.stop();
    this.source = null;
    Signal.clearData(this);
  }

  async search(query: string): Promise<void> {
    this.query = query;
    await this.reload();
  }

  /** Load everything that is visible again, and emit `changed` when all of it has arrived. */
  async reload(): Promise<void> {
    const { source, query } = this;
    if (!source) {
      return;
    }
    const turn = ++this.turn;
    try {
      const [registry, { models, ordered, hint }, sharing] = await Promise.all([
        source.ask('registry', {}),
        source.ask('models', query ? { query } : {}),
        askSharing(source),
      ]);
      const same = registry.id === this.registry?.id;
      const logs = same ? await this.openLogs(source, models) : [];
      if (turn === this.turn) {
        this.answered = source;
        this.tree.ordered = ordered;
        this.hint = hint;
        this.sharing = registry.readOnly ? null : sharing;
        this.take(registry, models, logs, same && query === this.shownQuery);
      }
    } catch (error) {
      if (turn === this.turn) {
        this.answered = source;
        this.error = toRequestError(error);
        this.changed.emit();
      }
    }
  }

  /** Open or close a line, and load its children. */
  async toggle(item: Item, open?: boolean): Promise<void> {
    if (item.kind !== 'model' && item.kind !== 'branch') {
      return;
    }
    const opened = this.tree.toggle(item.key, open);
    this.changed.emit();
    if (opened) {
      const branches = this.tree
        .openBranches()
        .filter(([model, branch]) => !this.tree.logs.has(keyOf.branch(model, branch)));
      await Promise.all(branches.map(([model, branch]) => this.more(model, branch)));
    }
  }

  /** Load the next page of a branch. */
  async more(model: string, branch: string): Promise<void> {
    const key = keyOf.branch(model, branch);
    const source = this.source;
    if (!source || this.loading.has(key)) {
      return;
    }
    this.loading.add(key);
    const before = this.tree.logs.get(key);
    const last = before?.rows.at(-1);
    try {
      const page = await source.ask('log', {
        model,
        branch,
        limit: PAGE,
        ...(last && { before: last.commit }),
      });
      if (source === this.source) {
        this.tree.logs.set(key, {
          rows: [...(before?.rows ?? []), ...page.rows],
          hasMore: page.hasMore,
        });
      }
    } catch (error) {
      this.error = toRequestError(error);
    } finally {
      this.loading.delete(key);
      this.changed.emit();
    }
  }

  /** Load the sparklines of models that became visible. */
  async look(models: readonly string[]): Promise<void> {
    const source = this.source;
    const staleModels = models.filter((model) => {
      const commit = this.tree.find(model)?.latest.commit;
      return commit !== undefined && this.looked.get(model) !== commit;
    });
    if (!source || !staleModels.length) {
      return;
    }
    for (const model of staleModels) {
      this.looked.set(model, this.tree.find(model)!.latest.commit);
    }
    for (let first = 0; first < staleModels.length; first += MAX_SPARKLINES) {
      const batch = staleModels.slice(first, first + MAX_SPARKLINES);
      try {
        const { sparklines } = await source.ask('sparklines', { models: batch });
        Object.entries(sparklines).forEach(([model, spark]) => this.sparklines.set(model, spark));
        this.changed.emit();
      } catch (error) {
        // The tree is useful without sparklines. They are requested again after the next commit.
        console.warn(`nbmodel: ${toRequestError(error).message}`);
      }
    }
  }

  private async openLogs(
    source: Source,
    models: readonly ModelEntry[],
  ): Promise<Array<readonly [string, Log]>> {
    const there = new Set(models.flatMap((e) => e.branches.map((b) => keyOf.branch(e.name, b))));
    const open = this.tree
      .openBranches()
      .filter(([model, branch]) => there.has(keyOf.branch(model, branch)));
    return Promise.all(
      open.map(async ([model, branch]) => {
        const key = keyOf.branch(model, branch);
        const loaded = this.tree.logs.get(key)?.rows.length ?? 0;
        const limit = Math.min(Math.max(PAGE, loaded), MAX_VERSIONS);
        return [key, await source.ask('log', { model, branch, limit })] as const;
      }),
    );
  }

  private take(
    registry: Registry,
    models: readonly ModelEntry[],
    logs: ReadonlyArray<readonly [string, Log]>,
    same: boolean,
  ): void {
    const before = this.tree.models;
    if (registry.id !== this.registry?.id) {
      this.forget();
    }
    this.registry = registry;
    this.error = null;
    this.shownQuery = this.query;
    this.tree.models = models;
    const open = new Set(
      this.tree.openBranches().map(([model, branch]) => keyOf.branch(model, branch)),
    );
    for (const key of [...this.tree.logs.keys()].filter((log) => !open.has(log))) {
      this.tree.logs.delete(key); // loaded again when the branch is opened
    }
    if (same) {
      this.mark(newest(before, models));
    }
    for (const [key, page] of logs) {
      const before = this.tree.logs.get(key);
      const log = refreshed(before, page);
      this.mark(arrivals(before, log));
      this.tree.logs.set(key, log);
    }
    this.changed.emit();
  }

  /** Forget everything, because another registry is shown. */
  private forget(): void {
    this.tree.clear();
    this.sparklines.clear();
    this.looked.clear();
    this.fresh.clear();
  }

  private mark(commits: readonly string[]): void {
    if (!commits.length) {
      return;
    }
    commits.forEach((commit) => this.fresh.add(commit));
    setTimeout(() => {
      commits.forEach((commit) => this.fresh.delete(commit));
      this.changed.emit();
    }, FRESH);
  }

  private source: S | null = null;
  private stop: () => void = () => undefined;
  private turn = 0;
  /** The query whose models are in the tree. */
  private shownQuery = '';
  private readonly loading = new Set<string>();
  /** The latest commit for which a model's sparkline was requested. */
  private readonly looked = new Map<string, string>();
}

/** The tree is useful without its remote. */
async function askSharing(source: Source): Promise<Sharing | null> {
  try {
    return await source.ask('sharing', {});
  } catch (error) {
    console.warn(`nbmodel: ${toRequestError(error).message}`);
    return null;
  }
}

/** Latest commits of models that have a new version. */
function newest(before: readonly ModelEntry[], after: readonly ModelEntry[]): string[] {
  const commits = new Set(before.map((entry) => entry.latest.commit));
  return after.map((entry) => entry.latest.commit).filter((commit) => !commits.has(commit));
}

/** Stages of a version, from its model: `row` may have been loaded earlier. */
export function stagesOf(entry: ModelEntry, row: Row): string[] {
  return entry.stages.filter(([, commit]) => commit === row.commit).map(([stage]) => stage);
}
