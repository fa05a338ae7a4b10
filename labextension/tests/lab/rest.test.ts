// @vitest-environment jsdom
import { ServerConnection } from '@jupyterlab/services';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { RequestError } from '../../src/view/data/source';
import {
  API,
  missingExtension,
  RestSource,
  toRequestError,
  checkVersion,
  errorOf,
} from '../../src/lab/rest';

interface Asked {
  url: URL;
  method: string;
  body: unknown;
}

/** A server at the boundary of `ServerConnection`: path to status and answer. */
function server(answers: Record<string, (asked: Asked) => [number, unknown]>) {
  const asked: Asked[] = [];
  const fetch = async (input: RequestInfo): Promise<Response> => {
    const request = input as Request;
    const url = new URL(request.url);
    const text = await request.text();
    const one = { url, method: request.method, body: text ? (JSON.parse(text) as unknown) : null };
    asked.push(one);
    const verb = url.pathname.split('/').at(-1)!;
    const [status, answer] = (answers[verb] ?? (() => [404, { message: 'no such handler' }]))(one);
    return new Response(typeof answer === 'string' ? answer : JSON.stringify(answer), { status });
  };
  // A new address, because the source remembers what it agreed on with a server.
  const baseUrl = `http://server-${(made += 1)}.example/user/ada/`;
  return { asked, settings: ServerConnection.makeSettings({ baseUrl, fetch }) };
}
let made = 0;

const about = (): [number, unknown] => [200, { nbmodel: '0.1.0', api: API }];
const PLACE = { path: 'a folder/quick & start.ipynb', repo: '' };

async function refused(asking: Promise<unknown>): Promise<RequestError> {
  const error = await asking.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RequestError);
  return error as RequestError;
}

afterEach(() => vi.useRealTimers());

describe('questions and actions', () => {
  test('a question is a GET with its arguments, its notebook and its registry', async () => {
    const { asked, settings } = server({ about, rows: () => [200, { rows: [], total: 0 }] });
    const place = { path: PLACE.path, repo: '/data/ö.git' };
    const answer = await new RestSource(place, { settings }).ask('rows', { query: 'a&b=%' });
    expect(answer).toEqual({ rows: [], total: 0 });
    const { url, method } = asked.at(-1)!;
    expect(method).toBe('GET');
    expect(url.pathname).toBe('/user/ada/nbmodel/api/rows');
    expect(JSON.parse(url.searchParams.get('args')!)).toEqual({ query: 'a&b=%' });
    expect(url.searchParams.get('path')).toBe(place.path);
    expect(url.searchParams.get('repo')).toBe(place.repo);
  });

  test('an action is a POST with the same in its body', async () => {
    const { asked, settings } = server({
      about,
      promote: () => [200, { text: 'done', ref: 'a@1' }],
    });
    const args = { ref: 'a@1', stage: 'prod', message: '<b>' };
    await new RestSource(PLACE, { settings }).ask('promote', args);
    expect(asked.at(-1)).toMatchObject({ method: 'POST', body: { args, ...PLACE } });
    expect(asked.at(-1)!.url.searchParams.get('args')).toBeNull();
  });

  test('the version is asked once', async () => {
    const { asked, settings } = server({ about, state: () => [200, { state: '1' }] });
    const source = new RestSource(PLACE, { settings });
    await Promise.all([source.ask('state', {}), source.ask('state', {})]);
    expect(asked.filter(({ url }) => url.pathname.endsWith('/about'))).toHaveLength(1);
  });

  test("the page's own verbs do not go to the server", async () => {
    const { asked, settings } = server({ about });
    const own = { checkout: async () => ({ text: 'here', ref: 'a@1' }) };
    const source = new RestSource(PLACE, { settings }, own);
    expect(source.can('checkout')).toBe(true);
    expect(await source.ask('checkout', { ref: 'a@1' })).toEqual({ text: 'here', ref: 'a@1' });
    expect(asked).toEqual([]);
    expect(new RestSource(PLACE, { settings }).can('checkout')).toBe(false);
  });
});

describe('errors', () => {
  test('have the message of the server', async () => {
    const said = { what: 'There is no model x.', hint: 'Write y.', kind: 'NotFound' };
    const { settings } = server({ about, version: () => [404, said] });
    const error = await refused(new RestSource(PLACE, { settings }).ask('version', { ref: 'x' }));
    expect(error).toMatchObject(said);
  });

  test('a missing server extension names the commands', async () => {
    const { settings } = server({});
    const error = await refused(new RestSource(PLACE, { settings }).ask('state', {}));
    expect(error).toEqual(missingExtension());
    expect(error.hint).toContain('pip install nbmodel');
    expect(error.hint).toContain('jupyter server extension enable nbmodel.jupyter_server');
  });

  test('an extension that is installed later is used', async () => {
    let there = false;
    const { settings } = server({
      about: () => (there ? about() : [404, '<h1>not found</h1>']),
      state: () => [200, { state: '1' }],
    });
    const source = new RestSource(PLACE, { settings });
    await refused(source.ask('state', {}));
    there = true;
    expect(await source.ask('state', {})).toEqual({ state: '1' });
  });

  test('no server at all', async () => {
    const fetch = () => Promise.reject(new TypeError('connection refused'));
    const settings = ServerConnection.makeSettings({ baseUrl: 'http://gone.example/', fetch });
    const error = await refused(new RestSource(PLACE, { settings }).ask('state', {}));
    expect(error.kind).toBe('network');
    expect(error.what).toContain('connection refused');
  });

  test.each([
    [0, /pip install --upgrade nbmodel/],
    [undefined, /pip install --upgrade nbmodel/],
    [API + 1, /reload this page/],
  ])('an api of %s names what mends it', (api, next) => {
    expect(() => checkVersion({ nbmodel: '9.9', api })).toThrow(next);
    expect(() => checkVersion({ nbmodel: '9.9', api })).toThrow(/9\.9/);
  });

  test.each([
    [403, { message: 'Forbidden' }, 'log in'],
    [500, { message: 'boom' }, 'boom'],
    [502, undefined, '502'],
    [400, 'text', '400'],
  ])('status %i without words of nbmodel', (status, answer, words) => {
    expect(errorOf(status, answer).message).toContain(words);
  });

  test('an answer that is not JSON is an error', async () => {
    const { settings } = server({ about, state: () => [200, '<!doctype html>'] });
    expect((await refused(new RestSource(PLACE, { settings }).ask('state', {}))).kind).toBe(
      'server',
    );
  });

  test('any thrown value becomes an error', () => {
    expect(toRequestError(new Error('a')).what).toBe('a');
    expect(toRequestError('b').what).toBe('b');
  });
});

describe('changes', () => {
  /** Count the reported changes while time passes. */
  function watch(options: {
    state: () => [number, unknown];
    watched?: () => boolean;
    interval?: number;
  }) {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const { asked, settings } = server({ about, state: options.state });
    const reported = vi.fn();
    const { watched, interval } = options;
    const stop = new RestSource(PLACE, { settings, watched, interval }).onChange(reported);
    const states = () => asked.filter(({ url }) => url.pathname.endsWith('/state')).length;
    return { reported, stop, states, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
  }

  test('are reported once each, and not at the start', async () => {
    let state = 'a';
    const { reported, stop, pass } = watch({ state: () => [200, { state }] });
    await pass(2500);
    expect(reported).not.toHaveBeenCalled();
    state = 'b';
    await pass(2000);
    expect(reported).toHaveBeenCalledTimes(1);
    stop();
    state = 'c';
    await pass(5000);
    expect(reported).toHaveBeenCalledTimes(1);
  });

  test('are not requested while the page is hidden', async () => {
    let watched = false;
    const { states, stop, pass } = watch({
      state: () => [200, { state: 'a' }],
      watched: () => watched,
    });
    await pass(5000);
    expect(states()).toBe(0);
    watched = true;
    await pass(2100);
    expect(states()).toBeGreaterThan(0);
    stop();
  });

  test('are requested less often without a registry, and a new registry is reported', async () => {
    let there = false;
    const none = { what: 'There is no registry.', hint: '', kind: 'RegistryNotFound' };
    const { reported, states, stop, pass } = watch({
      state: () => (there ? [200, { state: 'a' }] : [404, none]),
    });
    await pass(30_000);
    expect(states()).toBeLessThan(20);
    there = true;
    await pass(31_000);
    expect(reported).toHaveBeenCalledTimes(1);
    stop();
  });
});
