import type { Kernel } from '@jupyterlab/services';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import {
  checkoutCell,
  commitCode,
  evaluate,
  mergeCode,
  obstacle,
  readExpression,
  readStatus,
} from '../../src/lab/kernel';
import { quote, unquote } from '../../src/lab/literals';

const READY = { notebook: true, kernel: true, status: 'idle', language: 'python' };

describe('obstacles', () => {
  test('nothing', () => {
    expect(obstacle(READY)).toBeNull();
    expect(obstacle({ ...READY, language: '' })).toBeNull();
  });

  test.each([
    [{ notebook: false }, /No notebook is open/],
    [{ kernel: false }, /has no kernel.*Change Kernel/],
    [{ status: 'busy' }, /is busy.*interrupt/],
    [{ status: 'dead' }, /is dead.*Restart/],
    [{ status: 'starting' }, /is starting/],
    [{ status: 'restarting' }, /is restarting/],
    [{ status: 'autorestarting' }, /died/],
    [{ status: 'disconnected' }, /not connected/],
    [{ status: 'unknown' }, /does not answer/],
    [{ language: 'julia' }, /runs julia.*Python kernel/],
  ])('%o', (change, words) => {
    expect(obstacle({ ...READY, ...change })?.message).toMatch(words);
  });
});

describe('a question with patience', () => {
  /** A kernel that receives one request; the test says what it does with it. */
  function stub() {
    const future = {
      dispose: vi.fn(),
      onIOPub: undefined as ((message: unknown) => void) | undefined,
      done: new Promise<unknown>(() => undefined),
    };
    return {
      future,
      kernel: { requestExecute: () => future } as unknown as Kernel.IKernelConnection,
    };
  }
  const value = { status: 'ok', data: { 'text/plain': "'1'" } };
  const reply = { content: { status: 'ok', user_expressions: { value } } };

  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('a kernel that runs a cell which came before is busy', async () => {
    const { future, kernel } = stub();
    const answer = expect(evaluate(kernel, '1', 1000)).rejects.toThrow(/is busy.*interrupt/);
    await vi.advanceTimersByTimeAsync(1001);
    await answer;
    expect(future.dispose).toHaveBeenCalled();
  });

  test('a kernel that has begun may take its time', async () => {
    const { future, kernel } = stub();
    let answered: (reply: unknown) => void = () => undefined;
    future.done = new Promise((resolve) => (answered = resolve));
    const answer = evaluate(kernel, '1', 1000);
    future.onIOPub!({});
    await vi.advanceTimersByTimeAsync(60_000);
    answered(reply);
    expect(await answer).toBe('1');
    expect(future.dispose).not.toHaveBeenCalled();
  });
});

describe('code for the kernel', () => {
  test('a checkout', () => {
    expect(checkoutCell('churn@1')).toBe('%model_checkout churn@1');
    expect(checkoutCell('a-b:exp@v1.2.0-rc.1~3', true, 'änderung')).toBe(
      '%model_checkout a-b:exp@v1.2.0-rc.1~3 --as änderung --trust',
    );
    expect(checkoutCell('churn#prod')).toBe('%model_checkout churn#prod');
    expect(checkoutCell('churn@prod')).toBe('%model_checkout churn@prod');
  });

  test.each(['', '-x', 'a b', 'a@1\nimport os', 'a@{x}', 'a@$HOME', "a@'", 'a@1;b', '<img/src=x>'])(
    'no checkout of %j',
    (ref) => expect(() => checkoutCell(ref)).toThrow(/is not a reference/),
  );

  test.each(['1a', 'a b', 'a;b', 'a.b', '--trust'])('no checkout as %j', (variable) =>
    expect(() => checkoutCell('a@1', false, variable)).toThrow(/is not a name/),
  );

  test('a commit is a string in Python, whatever the message', () => {
    const message = 'it\'s {1+1} $HOME "x" \\ \n é \u2028';
    const code = commitCode('grid.best_', message, 'churn');
    const [, literal] = /^get_ipython\(\)\.find_line_magic\('model_commit'\)\((".*")\)$/s.exec(
      code,
    )!;
    // A JSON string is a Python string; within it stand words as a shell reads them.
    expect(JSON.parse(literal!)).toBe(`'grid.best_' --name='churn' --message=${quote(message)}`);
    expect(literal).not.toContain('\n');
  });

  test('a merge', () => {
    const merge = { ref: 'churn:exp', into: 'churn', how: 'vote' };
    expect(mergeCode({ ...merge, message: 'it\'s {x} "y"', trust: true })).toBe(
      `get_ipython().find_line_magic('model_merge')(${JSON.stringify(
        `'churn:exp' --into='churn' --how='vote' --message=${quote('it\'s {x} "y"')} --trust`,
      )})`,
    );
    expect(mergeCode(merge)).not.toContain('--message');
  });

  test('empty arguments are left out', () => {
    expect(commitCode('clf', '', '')).toBe(
      `get_ipython().find_line_magic('model_commit')("'clf'")`,
    );
  });
});

describe('answers of the kernel', () => {
  test.each([
    [`'plain'`, 'plain'],
    [`"it's"`, "it's"],
    [`'it\\'s "both"'`, `it's "both"`],
    [`'\\\\n is \\n, \\t and \\r'`, '\\n is \n, \t and \r'],
    [`'\\xe9\\u2028\\U0001f600 é'`, 'é\u2028😀 é'],
    [`''`, ''],
  ])('the string %s', (literal, text) => expect(unquote(literal)).toBe(text));

  test.each(['None', '42', `b'x'`, `'open`, ''])('%j is no string', (literal) =>
    expect(() => unquote(literal)).toThrow(/did not answer with text/),
  );

  test('an error of an expression is thrown', () => {
    const entry = { status: 'error', ename: 'AttributeError', evalue: 'no kernel_status' };
    expect(() => readExpression(entry)).toThrow(/AttributeError: no kernel_status/);
    expect(() => readExpression(undefined)).toThrow(/The kernel answered/);
  });

  test('a status', () => {
    const models = [{ variable: 'clf', state: 'new' }];
    const rest = { metrics: { acc: 0.9 }, data: ['X'] };
    expect(readStatus(JSON.stringify({ registry: '/a/.git', models, ...rest }))).toEqual({
      registry: '/a/.git',
      models,
      ...rest,
    });
    expect(readStatus(JSON.stringify({ registry: '/a/.git', models }))).toMatchObject({
      metrics: {},
      data: [],
    });
    expect(readStatus('{"registry": null, "models": []}').registry).toBeNull();
  });

  test.each(['', 'x', 'null', '[]', '{"models": 3}'])('%j is none', (text) =>
    expect(() => readStatus(text)).toThrow(/another version.*pip install/),
  );
});
