import { beforeEach, describe, expect, test, vi } from 'vitest';

import { SeenAlerts } from '../../src/lab/alertNotices';

vi.mock('@jupyterlab/application', () => ({ ILabShell: {} }));
vi.mock('@jupyterlab/apputils', () => ({ Notification: {} }));

function firing(
  registry: string,
  ...stages: [subject: string, version: string, ...ids: string[]][]
) {
  return {
    registry,
    stages: stages.map(([subject, version, ...alerts]) => ({
      subject,
      version,
      alerts,
      verdict: `${version} in prod`,
    })),
  };
}

describe('an alert', () => {
  beforeEach(() => localStorage.clear());

  const take = (answer: ReturnType<typeof firing>): string[] =>
    new SeenAlerts(localStorage).take(answer).map(({ version }) => version);

  test('is shown once, also after a reload', () => {
    expect(take(firing('a', ['churn#prod', 'churn@1', '11']))).toEqual(['churn@1']);
    expect(take(firing('a', ['churn#prod', 'churn@1', '11']))).toEqual([]);
  });

  test('is shown again after it stopped, for another rule, and for another version', () => {
    take(firing('a', ['churn#prod', 'churn@1', '11']));
    expect(take(firing('a', ['churn#prod', 'churn@1', '11', '22']))).toEqual(['churn@1']);
    expect(take(firing('a', ['churn#prod', 'churn@2', '11']))).toEqual(['churn@2']);
    expect(take(firing('a'))).toEqual([]);
    expect(take(firing('a', ['churn#prod', 'churn@2', '11']))).toEqual(['churn@2']);
  });

  test('of another registry is another alert', () => {
    take(firing('a', ['churn#prod', 'churn@1', '11']));
    expect(take(firing('b', ['churn#prod', 'churn@1', '11']))).toEqual(['churn@1']);
    expect(take(firing('a', ['churn#prod', 'churn@1', '11']))).toEqual([]);
  });

  test('is shown although the browser stores something else, or nothing', () => {
    localStorage.setItem('nbmodel-lab:alerts', '{"a": [');
    expect(take(firing('a', ['churn#prod', 'churn@1', '11']))).toEqual(['churn@1']);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const refusing = {
      getItem: () => null,
      setItem: () => {
        throw new Error('QuotaExceededError');
      },
    } as unknown as Storage;
    expect(new SeenAlerts(refusing).take(firing('a', ['m#p', 'm@1', '1']))).toHaveLength(1);
    expect(warn).toHaveBeenCalled();
    warn.mockRestore();
  });
});
