/** The state of the tree without its drawing: open lines, loaded lines, visible rows. */

import type { ModelEntry, Row } from '../view/data/answers';

export type Sort = 'name' | 'date';

/** A line of the tree. */
export type Item =
  | (Place & { kind: 'model'; entry: ModelEntry; open: boolean })
  | (Place & { kind: 'branch'; model: string; branch: string; open: boolean })
  | (Place & { kind: 'version'; row: Row; entry: ModelEntry })
  | (Place & { kind: 'more'; model: string; branch: string; waiting: boolean });

interface Place {
  readonly key: string;
  /** The name, which type-ahead searches. */
  readonly name: string;
  readonly level: number;
  /** Position among the siblings, from 1, and the number of siblings. */
  readonly position: number;
  readonly siblings: number;
}

/** The loaded part of a branch, newest first. */
export interface Log {
  rows: readonly Row[];
  hasMore: boolean;
}

export const keyOf = {
  model: (model: string) => `m:${model}`,
  branch: (model: string, branch: string) => `b:${model}:${branch}`,
  version: (commit: string, branch: string) => `v:${commit}:${branch}`,
  more: (model: string, branch: string) => `+:${model}:${branch}`,
};

/** Models, branches and versions. A model with one branch has no line for it. */
export class Tree {
  sort: Sort = 'name';
  /** Whether the models are in the order of a search, and are not sorted. */
  ordered = false;
  readonly logs = new Map<string, Log>();

  get models(): readonly ModelEntry[] {
    return this.entries;
  }

  set models(entries: readonly ModelEntry[]) {
    this.entries = entries;
  }

  /** Forget everything but the order. */
  clear(): void {
    this.entries = [];
    this.logs.clear();
    this.open.clear();
  }

  isOpen(key: string): boolean {
    return this.open.has(key);
  }

  /** Open or close a line; returns whether it is open now. */
  toggle(key: string, open = !this.open.has(key)): boolean {
    if (open) {
      this.open.add(key);
    } else {
      this.open.delete(key);
    }
    return open;
  }

  find(model: string): ModelEntry | undefined {
    return this.entries.find((entry) => entry.name === model);
  }

  /** Branches with visible versions: `[model, branch]`. */
  openBranches(): Array<readonly [string, string]> {
    return this.entries
      .filter((entry) => this.open.has(keyOf.model(entry.name)))
      .flatMap((entry) => {
        const only = entry.branches.length === 1;
        return entry.branches
          .filter((branch) => only || this.open.has(keyOf.branch(entry.name, branch)))
          .map((branch) => [entry.name, branch] as const);
      });
  }

  /** The lines from top to bottom. */
  items(): Item[] {
    const sorted = this.ordered ? this.entries : [...this.entries].sort(ORDERS[this.sort]);
    return sorted.flatMap((entry, index) => this.modelItems(entry, index + 1, sorted.length));
  }

  private modelItems(entry: ModelEntry, position: number, siblings: number): Item[] {
    const key = keyOf.model(entry.name);
    const open = this.open.has(key);
    const place = { key, name: entry.name, level: 1, position, siblings };
    const head: Item = { ...place, kind: 'model', entry, open };
    if (!open) {
      return [head];
    }
    const only = entry.branches.length === 1 ? entry.branches[0] : undefined;
    if (only !== undefined) {
      return [head, ...this.versionItems(entry, only, 2)];
    }
    const count = entry.branches.length;
    return [
      head,
      ...entry.branches.flatMap((branch, index) =>
        this.branchItems(entry, branch, index + 1, count),
      ),
    ];
  }

  private branchItems(
    entry: ModelEntry,
    branch: string,
    position: number,
    siblings: number,
  ): Item[] {
    const key = keyOf.branch(entry.name, branch);
    const open = this.open.has(key);
    const place = { key, name: branch, level: 2, position, siblings };
    const head: Item = { ...place, kind: 'branch', model: entry.name, branch, open };
    return open ? [head, ...this.versionItems(entry, branch, 3)] : [head];
  }

  private versionItems(entry: ModelEntry, branch: string, level: number): Item[] {
    const log = this.logs.get(keyOf.branch(entry.name, branch));
    const rows = log?.rows ?? [];
    const unfinished = log?.hasMore ?? true;
    const siblings = rows.length + (unfinished ? 1 : 0);
    const items: Item[] = rows.map((row, index) => ({
      kind: 'version',
      key: keyOf.version(row.commit, branch),
      name: row.ref,
      level,
      position: index + 1,
      siblings,
      row,
      entry,
    }));
    if (unfinished) {
      const key = keyOf.more(entry.name, branch);
      const place = { key, name: 'more', level, position: siblings, siblings };
      items.push({ ...place, kind: 'more', model: entry.name, branch, waiting: !log });
    }
    return items;
  }

  private entries: readonly ModelEntry[] = [];
  private readonly open = new Set<string>();
}

const ORDERS: Record<Sort, (a: ModelEntry, b: ModelEntry) => number> = {
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
  date: (a, b) => b.latest.time - a.latest.time || a.name.localeCompare(b.name),
};

/** A new first page, followed by the older rows that were already loaded. */
export function refreshed(before: Log | undefined, page: Log): Log {
  const last = page.rows.at(-1);
  const index = last ? (before?.rows.findIndex((row) => row.commit === last.commit) ?? -1) : -1;
  if (!before || index < 0) {
    return page;
  }
  return { rows: [...page.rows, ...before.rows.slice(index + 1)], hasMore: before.hasMore };
}

/** Commits of `after` that are not in `before`; none if `before` was not loaded. */
export function arrivals(before: Log | undefined, after: Log): string[] {
  const commits = new Set(before?.rows.map((row) => row.commit));
  return before ? after.rows.map((row) => row.commit).filter((commit) => !commits.has(commit)) : [];
}

/** The index of the line that a key leads to, or null. */
export function step(items: readonly Item[], active: number, key: string): number | null {
  const last = items.length - 1;
  const item = items[active];
  const moves: Partial<Record<string, () => number>> = {
    ArrowDown: () => Math.min(active + 1, last),
    ArrowUp: () => Math.max(active - 1, 0),
    Home: () => 0,
    End: () => last,
    PageDown: () => Math.min(active + 10, last),
    PageUp: () => Math.max(active - 10, 0),
    ArrowRight: () => active + ((items[active + 1]?.level ?? 0) > (item?.level ?? 0) ? 1 : 0),
    ArrowLeft: () => parent(items, active),
  };
  const move = moves[key];
  return move && last >= 0 ? move() : null;
}

function parent(items: readonly Item[], active: number): number {
  const level = items[active]?.level ?? 1;
  for (let index = active - 1; index >= 0; index -= 1) {
    if (items[index]!.level < level) {
      return index;
    }
  }
  return active;
}

/** The next line after `active` whose name begins with the typed text, in a circle; or null. */
export function typeAhead(items: readonly Item[], active: number, typed: string): number | null {
  const prefix = typed.toLowerCase();
  // A second letter narrows the search down, so the search starts at the active line.
  const first = typed.length === 1 ? active + 1 : active;
  for (let index = 0; index < items.length; index += 1) {
    const at = (first + index) % items.length;
    if (items[at]!.name.toLowerCase().startsWith(prefix)) {
      return at;
    }
  }
  return null;
}
