/** The columns that the user has chosen, stored for each registry and user interface. */

import { readStored, store } from '../ui/storage';

/** Most decisions that are stored for a registry; the oldest are forgotten. */
const MAX_DECISIONS = 500;

/** By key of a column: whether it is shown. Other columns are shown by default or not. */
export type Decisions = ReadonlyMap<string, boolean>;

export class ColumnChoice {
  decisions: Decisions = new Map();
  private key = '';

  /** `face` names the user interface, because each has another width. */
  constructor(private readonly face: string) {}

  /** Read what was chosen for a registry. */
  use(registry: string): void {
    const key = `nbmodel:columns:${this.face}:${registry}`;
    if (key !== this.key) {
      this.key = key;
      this.decisions = decisionsOf(readStored(key));
    }
  }

  /** Show exactly the columns `keys` of those in `choices`, of which `before` are visible now. */
  choose(choices: readonly string[], before: readonly string[], keys: readonly string[]): void {
    const decisions = new Map(this.decisions);
    for (const key of choices) {
      const on = keys.includes(key);
      if (on !== before.includes(key)) {
        decisions.delete(key);
        decisions.set(key, on);
      }
    }
    this.decisions = new Map([...decisions].slice(-MAX_DECISIONS));
    store(this.key, [...this.decisions]);
  }

  reset(): void {
    this.decisions = new Map();
    store(this.key, null);
  }
}

/** Another version of nbmodel may have written it. */
function decisionsOf(stored: unknown): Decisions {
  const pairs: unknown[] = Array.isArray(stored) ? stored : [];
  return new Map(pairs.filter(isDecision));
}

function isDecision(pair: unknown): pair is [string, boolean] {
  return Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'boolean';
}
