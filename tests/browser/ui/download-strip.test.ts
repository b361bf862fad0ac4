import type { ComponentProps } from 'svelte';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { AppError } from '#base/errors.ts';
import type { ErrorCode, ErrorDetails } from '#base/errors.ts';
import type { Download } from '#lib/state/downloads.svelte.ts';
import DownloadStrip from '#lib/ui/DownloadStrip.svelte';
import { render } from './render.ts';

const calls = {
  onpause: vi.fn(),
  onresume: vi.fn(),
  ondiscard: vi.fn(),
  onswitch: vi.fn(),
  ondismiss: vi.fn(),
  onaction: vi.fn(),
};
beforeEach(() => vi.clearAllMocks());

const progress = {
  doneBytes: 2.1e9,
  totalBytes: 6.5e9,
  bytesPerSecond: 8e6,
  secondsLeft: 540,
  startedMs: 0,
  shownMs: 0,
};

function show(changes: Partial<Download>, more: Partial<ComponentProps<typeof DownloadStrip>> = {}): void {
  const choice = { kind: 'catalog', name: 'SOLAR Q4_K_M', model: 'solar' } as const;
  const download = {
    choice,
    status: 'running',
    progress,
    isQuiet: false,
    error: null,
    model: null,
    ...changes,
  } as const;
  render(DownloadStrip, { download, isAnswering: false, ...calls, ...more });
}

const strip = () => page.getByRole('region', { name: 'Download of SOLAR Q4_K_M' });
const button = (name: string) => page.getByRole('button', { name, exact: true });
const bar = (): HTMLProgressElement => page.getByRole('progressbar').element() as HTMLProgressElement;

describe('a download', () => {
  test('that runs tells bytes, rate and time left, and that the page may be closed', async () => {
    show({});
    for (const text of ['SOLAR Q4_K_M', '2.10 of 6.5 GB', '8 MB/s', 'about 9 min left']) {
      await expect.element(strip().getByText(text, { exact: true })).toBeInTheDocument();
    }
    await expect.element(strip().getByText('32%')).toBeInTheDocument();
    await expect.element(strip().getByText(/close the page: what has arrived is kept/)).toBeInTheDocument();
    expect(bar().position).toBeCloseTo(2.1 / 6.5);
    await button('Pause the download').click();
    expect(calls.onpause).toHaveBeenCalledOnce();
  });

  test('that has no first report yet says that it starts', async () => {
    show({ progress: null });
    await expect.element(strip().getByText('Starting')).toBeInTheDocument();
    expect(bar().position).toBe(-1);
  });

  test('to which nothing comes tells neither rate nor time left', async () => {
    show({ isQuiet: true });
    await expect.element(strip().getByText(/^Nothing is coming at the moment/)).toBeInTheDocument();
    expect(
      strip()
        .getByText(/MB\/s|left/)
        .elements(),
    ).toHaveLength(0);
  });

  test('of another tab is waited for, and not downloaded twice', async () => {
    show({ status: 'waiting' });
    await expect.element(strip().getByText(/^Another tab of this page is getting it/)).toBeInTheDocument();
    expect(bar().position).toBe(-1);
  });

  test('that is paused keeps its bytes on the screen, and goes on by one press', async () => {
    show({ status: 'paused' });
    await expect.element(strip().getByText('Paused')).toBeInTheDocument();
    await expect.element(strip().getByText('2.10 of 6.5 GB')).toBeInTheDocument();
    await button('Go on').click();
    expect(calls.onresume).toHaveBeenCalledOnce();
  });

  test('is given up only after a question, which Escape answers with no', async () => {
    show({});
    await button('Give up the download').click();
    const dialog = page.getByRole('dialog', { name: 'Give up SOLAR Q4_K_M?' });
    await expect.element(dialog.getByText(/The 2\.1 GB that have arrived are deleted/)).toBeVisible();
    await userEvent.keyboard('{Escape}');
    expect(page.getByRole('dialog').elements()).toHaveLength(0);
    await button('Give up the download').click();
    await button('Delete them').click();
    expect(calls.ondiscard).toHaveBeenCalledOnce();
  });

  test('that is ready can be switched to, but not in the middle of an answer', async () => {
    show({ status: 'ready' });
    await expect.element(strip().getByText('SOLAR Q4_K_M is ready.')).toBeInTheDocument();
    expect(page.getByRole('progressbar').elements()).toHaveLength(0);
    await button('Switch to it').click();
    expect(calls.onswitch).toHaveBeenCalledOnce();
    await button('Later').click();
    expect(calls.ondismiss).toHaveBeenCalledOnce();
  });

  test('that is ready in the middle of an answer waits for its end', async () => {
    show({ status: 'ready' }, { isAnswering: true });
    await expect.element(button('Switch to it')).toBeDisabled();
  });
});

describe('a failure', () => {
  const url = 'https://weights.example/solar.gguf';
  const cases: [ErrorCode, ErrorDetails, RegExp, string | null][] = [
    ['source-cut', { url }, /^The connection broke off, several times\. What has arrived is kept/, null],
    ['source-stalled', { url }, /^The connection broke off/, null],
    ['source-unreachable', { url }, /^weights\.example could not be reached/, null],
    ['source-http', { url, status: 404 }, /weights\.example refused .* \(answer 404\)/, 'Choose another model'],
    ['source-changed', { url }, /^The file changed while it was being loaded/, null],
    ['source-differs', { url }, /^weights\.example has another file under this address/, 'Choose another model'],
    [
      'storage-full',
      { neededBytes: 4.4e9, freeBytes: 1.2e6, quotaBytes: 1e10 },
      /the model needs 4\.4 GB more, and 1\.2 MB are free/,
      'Manage stored models',
    ],
    ['import-waits', { url, storedBytes: 2.1e9 }, /^2\.1 GB of this model are stored already/, null],
    ['engine-died', {}, /often because memory ran out/, 'Load the model again'],
  ];

  test.each(cases)('with %s says what happened and what can be done', async (code, details, words, action) => {
    show({ status: 'failed', error: new AppError(code, details) });
    await expect.element(page.getByRole('alert')).toHaveTextContent(words);
    await button('Try again').click();
    expect(calls.onresume).toHaveBeenCalledOnce();
    if (action === null) return;
    await button(action).click();
    expect(calls.onaction).toHaveBeenCalledOnce();
  });

  test('leaves its words room on a phone', async () => {
    await page.viewport(390, 760);
    const error = new AppError('storage-full', { neededBytes: 4.4e9, freeBytes: 0, quotaBytes: 1e10 });
    show({ status: 'failed', error });
    await expect.element(page.getByRole('alert')).toBeInTheDocument();
    expect(page.getByRole('alert').element().getBoundingClientRect().width).toBeGreaterThan(250);
  });
});
