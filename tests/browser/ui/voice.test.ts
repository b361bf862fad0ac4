import { beforeEach, expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import Composer from '#lib/ui/Composer.svelte';
import DictationConsent from '#lib/ui/DictationConsent.svelte';
import ReadingBar from '#lib/ui/ReadingBar.svelte';
import VoiceSettings from '#lib/ui/VoiceSettings.svelte';
import { NO_VOICE, RATES } from '#voice/voice-settings.ts';
import { render } from './render.ts';

const onchange = vi.fn();
beforeEach(() => vi.clearAllMocks());

const settingsProps = {
  settings: NO_VOICE,
  canDictate: true,
  canRead: true,
  place: 'server' as const,
  voices: [
    {
      language: 'ar',
      name: 'العربية',
      voices: [
        { uri: 'near', name: 'Near', isRemote: false },
        { uri: 'far', name: 'Far', isRemote: true },
      ],
    },
  ],
  rates: RATES,
  onchange,
};

test('both are switches that are off, and dictation says where the voice goes', async () => {
  render(VoiceSettings, settingsProps);
  const dictation = page.getByRole('checkbox', { name: 'Dictate messages' });
  await expect.element(dictation).not.toBeChecked();
  await expect.element(dictation).toHaveAccessibleDescription(/sends your voice to its maker/);
  await dictation.click();
  expect(onchange).toHaveBeenLastCalledWith({ dictation: true });
  await page.getByRole('checkbox', { name: 'Read answers aloud' }).click();
  expect(onchange).toHaveBeenLastCalledWith({ reading: true });
});

test('a voice of the network is named as such and cannot be chosen unless that is allowed', async () => {
  render(VoiceSettings, { ...settingsProps, settings: { ...NO_VOICE, reading: true } });
  const choice = page.getByRole('combobox', { name: 'Voice for العربية' });
  await expect.element(page.getByRole('option', { name: 'Far (over the network)' })).toBeDisabled();
  await choice.selectOptions('Near');
  expect(onchange).toHaveBeenLastCalledWith({ voices: { ar: 'near' } });
  await page.getByRole('checkbox', { name: 'Allow voices that are sent the text over the network' }).click();
  expect(onchange).toHaveBeenLastCalledWith({ mayReadOnline: true });
});

test('a browser without voice is told about, without switches', async () => {
  render(VoiceSettings, { ...settingsProps, canDictate: false, canRead: false });
  await expect.element(page.getByText('This browser has no speech recognition.')).toBeVisible();
  await expect.element(page.getByText('This browser cannot speak.')).toBeVisible();
  expect(page.getByRole('checkbox').elements()).toEqual([]);
});

test('consent says what leaves the device, and refusing is as easy as agreeing', async () => {
  const [onallow, oninstall, onrefuse] = [vi.fn(), vi.fn(), vi.fn()];
  render(DictationConsent, { place: 'server', onallow, oninstall, onrefuse });
  const dialog = page.getByRole('dialog', { name: 'Your voice would leave this device' });
  await expect.element(dialog).toHaveTextContent(/servers of its maker/);
  expect(page.getByRole('button', { name: 'Download the language pack' }).elements()).toEqual([]);
  await page.getByRole('button', { name: 'Send my voice' }).click();
  await page.getByRole('button', { name: 'Do not dictate' }).click();
  expect([onallow, onrefuse].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
});

test('a remote voice is named while it reads, and reading can be paused, stepped and stopped', async () => {
  const [onpause, onskip, onstop] = [vi.fn(), vi.fn(), vi.fn()];
  const now = { id: 'm', isPaused: false, voice: { name: 'Far', isRemote: true } };
  render(ReadingBar, { now, onpause, onskip, onstop });
  const bar = page.getByRole('group', { name: 'Reading aloud' });
  await expect.element(bar).toHaveTextContent(/Far\. This voice is sent the text over the network\./);
  await page.getByRole('button', { name: 'Pause reading' }).click();
  await page.getByRole('button', { name: 'Next sentence' }).click();
  await page.getByRole('button', { name: 'Sentence before' }).click();
  await page.getByRole('button', { name: 'Stop reading aloud' }).click();
  expect([onpause.mock.calls.length, onskip.mock.calls, onstop.mock.calls.length]).toEqual([1, [[1], [-1]], 1]);
});

const composer = { text: 'ab cd', busy: false, canSend: true, placeholder: '', onsend: vi.fn(), onstop: vi.fn() };

test('the microphone is there only where it is wanted, and tells the field’s cursor', async () => {
  const ondictate = vi.fn();
  render(Composer, { ...composer, oninput: vi.fn(), dictation: 'idle', ondictate });
  const field = page.getByRole('textbox', { name: 'Your message' }).element() as HTMLTextAreaElement;
  field.setSelectionRange(2, 3);
  await page.getByRole('button', { name: 'Dictate' }).click();
  expect(ondictate).toHaveBeenCalledExactlyOnceWith({ text: 'ab cd', from: 2, to: 3 });
});

test('no microphone where nobody wants one, and a button to stop while it listens', async () => {
  render(Composer, { ...composer, oninput: vi.fn() });
  expect(page.getByRole('button', { name: /dictat/i }).elements()).toEqual([]);
  render(Composer, { ...composer, oninput: vi.fn(), dictation: 'listening', ondictate: vi.fn() });
  await expect.element(page.getByRole('button', { name: 'Stop dictating' })).toBeVisible();
  await expect.element(page.getByText('Listening…')).toBeInTheDocument();
});
