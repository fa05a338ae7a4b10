/** The queries to a kernel, the code that it runs for commands, and what prevents a command. */

import type { Kernel, KernelMessage } from '@jupyterlab/services';

import { parseReference } from '../view/data/references';
import { RequestError, type Verbs } from '../view/data/source';
import { trans } from './translation';
import { quote, unquote } from './literals';

/** A fitted model among the kernel's variables. */
export interface KernelModel {
  variable: string;
  type: string;
  summary: string;
  /** Model and branch of its last commit or checkout; empty if it is new. */
  model: string;
  branch: string;
  state: 'new' | 'changed' | 'committed';
  ref: string;
}

export interface KernelStatus {
  /** Path of the registry that the kernel uses. */
  registry: string | null;
  models: readonly KernelModel[];
  /** Numbers among the variables, which may be metrics of a commit. */
  metrics: Readonly<Record<string, number>>;
  /** Tables among the variables, which may be the data of a commit. */
  data: readonly string[];
}

/** The state of the active kernel, as far as commands need it. */
export interface KernelState {
  notebook: boolean;
  kernel: boolean;
  status: string;
  language: string;
}

/** Statuses in which a kernel cannot answer, each with the next step. */
const STATUSES: Readonly<Record<string, () => readonly [what: string, hint: string]>> = {
  busy: () => [
    trans.__('The kernel is busy.'),
    trans.__('Wait until its cell has ended, or interrupt it.'),
  ],
  starting: () => [trans.__('The kernel is starting.'), trans.__('Wait a moment, then try again.')],
  restarting: () => [
    trans.__('The kernel is restarting.'),
    trans.__('Wait a moment, then try again.'),
  ],
  autorestarting: () => [
    trans.__('The kernel died and is restarting.'),
    trans.__('Run the cells that made your models again.'),
  ],
  terminating: () => [
    trans.__('The kernel is being shut down.'),
    trans.__('Start it again: Kernel > Restart.'),
  ],
  dead: () => [trans.__('The kernel is dead.'), trans.__('Restart it: Kernel > Restart.')],
  initializing: () => [
    trans.__('The kernel is starting.'),
    trans.__('Wait a moment, then try again.'),
  ],
  connecting: () => [
    trans.__('The kernel is connecting.'),
    trans.__('Wait a moment, then try again.'),
  ],
  disconnected: () => [
    trans.__('The kernel is not connected.'),
    trans.__('Restart it: Kernel > Restart, or reload the page.'),
  ],
  unknown: () => [
    trans.__('The kernel does not answer.'),
    trans.__('Restart it: Kernel > Restart.'),
  ],
};

/** The error that prevents the active kernel from running a command, or null. */
export function obstacle(state: KernelState): RequestError | null {
  if (!state.notebook) {
    return new RequestError(
      trans.__('No notebook is open.'),
      trans.__('Open a Python notebook, then try again.'),
      'kernel',
    );
  }
  if (!state.kernel) {
    return new RequestError(
      trans.__('The notebook has no kernel.'),
      trans.__('Start one: Kernel > Change Kernel.'),
      'kernel',
    );
  }
  const status = STATUSES[state.status]?.();
  if (status) {
    return new RequestError(...status, 'kernel');
  }
  if (state.language && state.language !== 'python') {
    return new RequestError(
      trans.__('The kernel runs %1, and nbmodel runs in Python.', state.language),
      trans.__('Open a notebook with a Python kernel, then try again.'),
      'kernel',
    );
  }
  return null;
}

/** An expression for the models and the registry; empty text if nbmodel is not loaded. */
export const STATUS_IF_LOADED =
  "__import__('nbmodel').kernel_status() if 'nbmodel.magics' in __import__('sys').modules else ''";

export const LOAD = "get_ipython().extension_manager.load_extension('nbmodel')";

const VARIABLE = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;

/** A word that IPython does not change in a magic's line: no `{`, `$` or quote. */
const PLAIN = /^[\w:@#.+~-]+$/;

/** The cell that loads a version; `ref` is checked, so it cannot contain other code. */
export function checkoutCell(ref: string, trust = false, variable = ''): string {
  if (!PLAIN.test(ref) || !parseReference(ref)) {
    throw new RequestError(
      trans.__('%1 is not a reference.', JSON.stringify(ref)),
      trans.__('Write it like churn@1.'),
    );
  }
  if (variable && !VARIABLE.test(variable)) {
    throw new RequestError(
      trans.__('%1 is not a name.', JSON.stringify(variable)),
      trans.__('Use letters, digits and _.'),
    );
  }
  const as = variable ? ` --as ${variable}` : '';
  return `%model_checkout ${ref}${as}${trust ? ' --trust' : ''}`;
}

/**
 * The code that commits a variable.
 *
 * In the line of a magic, IPython would evaluate `{...}` and `$...`. A message must not be
 * evaluated, so the code calls the magic with the line as a string.
 */
export function commitCode(
  variable: string,
  message: string,
  model: string,
  metrics: ReadonlyArray<readonly [string, number]> = [],
  data = '',
): string {
  const words = [quote(variable)];
  words.push(...metrics.map(([name, value]) => `--metric=${quote(`${name}=${value}`)}`));
  if (data) {
    words.push(`--data=${quote(data)}`);
  }
  if (model) {
    words.push(`--name=${quote(model)}`);
  }
  if (message) {
    words.push(`--message=${quote(message)}`);
  }
  return callOf('model_commit', words);
}

/** The code that merges a branch into another one, like `commitCode`. */
export function mergeCode({ ref, into, how, message, trust }: Verbs['merge']['ask']): string {
  const words = [quote(ref), `--into=${quote(into)}`, `--how=${quote(how)}`];
  if (message) {
    words.push(`--message=${quote(message)}`);
  }
  return callOf('model_merge', trust ? [...words, '--trust'] : words);
}

function callOf(name: string, words: readonly string[]): string {
  return `get_ipython().find_line_magic('${name}')(${JSON.stringify(words.join(' '))})`;
}

/**
 * Evaluate a Python expression; the history does not record it.
 *
 * A kernel that does not begin within `patience` milliseconds runs something else: it is busy.
 */
export async function evaluate(
  kernel: Kernel.IKernelConnection,
  code: string,
  patience = Infinity,
): Promise<string> {
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    stop_on_error: false,
    user_expressions: { value: code },
  });
  const reply = await replyOf(future, patience);
  if (reply.content.status !== 'ok') {
    throw new RequestError(
      trans.__('The kernel did not answer.'),
      trans.__('Restart it: Kernel > Restart.'),
      'kernel',
    );
  }
  return readExpression(reply.content.user_expressions?.value);
}

type Future = ReturnType<Kernel.IKernelConnection['requestExecute']>;

function replyOf(future: Future, patience: number): Future['done'] {
  if (patience === Infinity) {
    return future.done;
  }
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new RequestError(...STATUSES['busy']!(), 'kernel'));
      future.dispose();
    }, patience);
    future.onIOPub = () => clearTimeout(timer); // its first message says that the kernel has begun
    future.done.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** The string in an entry of `user_expressions`. */
export function readExpression(entry: unknown): string {
  const reply = (entry ?? {}) as {
    status?: string;
    data?: Record<string, string>;
    ename?: string;
    evalue?: string;
  };
  if (reply.status !== 'ok') {
    throw new RequestError(
      trans.__('The kernel answered %1: %2.', reply.ename, reply.evalue),
      '',
      'kernel',
    );
  }
  return unquote(reply.data?.['text/plain'] ?? '');
}

/** Models and registry of a kernel; null if nbmodel is not loaded in it. */
export async function askStatus(kernel: Kernel.IKernelConnection): Promise<KernelStatus | null> {
  const text = await evaluate(kernel, STATUS_IF_LOADED);
  return text ? readStatus(text) : null;
}

/** Parse and check a status: another package in the kernel may answer in nbmodel's place. */
export function readStatus(text: string): KernelStatus {
  const wrong = new RequestError(
    trans.__('This kernel uses another version of nbmodel.'),
    trans.__('Run `%pip install --upgrade nbmodel`, then restart the kernel.'),
    'version',
  );
  let status: { registry?: unknown; models?: unknown; metrics?: unknown; data?: unknown };
  try {
    status = JSON.parse(text) as typeof status;
  } catch {
    throw wrong;
  }
  if (!Array.isArray(status?.models)) {
    throw wrong;
  }
  const registry = typeof status.registry === 'string' ? status.registry : null;
  return {
    registry,
    models: status.models as KernelModel[],
    metrics: (status.metrics ?? {}) as KernelStatus['metrics'],
    data: (status.data ?? []) as KernelStatus['data'],
  };
}

/** The output of a run: the text of its last result, and its error. */
export interface Outcome {
  text: string;
  error: string;
}

/** Run code in a kernel, outside of the history of cells. */
export async function run(kernel: Kernel.IKernelConnection, code: string): Promise<Outcome> {
  const outcome: Outcome = { text: '', error: '' };
  const future = kernel.requestExecute({ code, store_history: false, stop_on_error: false });
  future.onIOPub = (message) => read(message, outcome);
  const reply = await future.done;
  if (reply.content.status !== 'ok' && !outcome.error) {
    outcome.error =
      'evalue' in reply.content ? reply.content.evalue : trans.__('The kernel did not answer.');
  }
  return outcome;
}

function read(message: KernelMessage.IIOPubMessage, outcome: Outcome): void {
  const content = message.content as {
    data?: Record<string, string>;
    ename?: string;
    evalue?: string;
    name?: string;
    text?: string;
  };
  const readers: Partial<Record<string, () => void>> = {
    execute_result: () => (outcome.text = content.data?.['text/plain'] ?? ''),
    display_data: () => (outcome.text ||= content.data?.['text/plain'] ?? ''),
    error: () => (outcome.error = `${content.ename}: ${content.evalue}`),
    // IPython prints a `UsageError` to this stream, and nbmodel prints nothing else there.
    stream: () => {
      if (content.name === 'stderr' && content.text?.startsWith('UsageError: ')) {
        outcome.error = content.text.slice('UsageError: '.length).trim();
      }
    },
  };
  readers[message.header.msg_type]?.();
}

/** The error of a kernel in which nbmodel is not installed. */
export function notInstalled(): RequestError {
  return new RequestError(
    trans.__('nbmodel is not installed in this kernel.'),
    trans.__('Run `%pip install nbmodel` in a cell, then try again.'),
    'kernel',
  );
}
