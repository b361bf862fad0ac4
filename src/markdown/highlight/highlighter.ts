// The page's side of the highlighter: one worker, started with the first code that has a language of ours.
import { trustedScriptUrl } from '#base/trusted-script-url.ts';
import workerUrl from './highlight.worker.ts?worker&url';
import type { HighlightReply, HighlightRequest } from './messages.ts';

/** For the lines of one request, from when its grammar is there. Real code takes a hundredth. */
const PATIENCE_MS = 3000;
/** A page whose code ended this many workers colours no more. */
const MAX_ENDED = 3;

type Listener = (runs: Uint32Array | null) => void;

const listeners = new Map<number, Listener>();
let worker: Worker | null = null;
let endedCount = 0;
let lastId = 0;
let watch: ReturnType<typeof setTimeout> | undefined;

/** Begins a block of code: `onRuns` is called once for each `colourLines`, in order, with null when it stays plain. */
export function beginCode(onRuns: Listener): number {
  listeners.set(++lastId, onRuns);
  return lastId;
}

/** Asks for the colours of the next whole lines of a block. */
export function colourLines(id: number, language: string, text: string): void {
  post({ type: 'lines', id, language, text });
}

export function endCode(id: number): void {
  if (!listeners.delete(id) || worker === null) return;
  post({ type: 'forget', id });
}

function post(request: HighlightRequest): void {
  if (worker === null && endedCount < MAX_ENDED) {
    worker = new Worker(trustedScriptUrl(workerUrl), { type: 'module', name: 'daylight-highlight' });
    worker.addEventListener('message', (event: MessageEvent<HighlightReply>) => receive(event.data));
    worker.addEventListener('error', end);
  }
  worker?.postMessage(request);
}

function receive(reply: HighlightReply): void {
  clearTimeout(watch);
  if (reply.type === 'began') watch = setTimeout(end, PATIENCE_MS);
  else listeners.get(reply.id)?.(reply.runs);
}

/** Every block that waits stays plain: which of them it was cannot be known. */
function end(): void {
  clearTimeout(watch);
  worker?.terminate();
  worker = null;
  endedCount++;
  for (const listener of [...listeners.values()]) listener(null);
}
