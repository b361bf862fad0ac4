// What the page's thread did, from the browser's own trace: the processor time of a task does not grow because other
// programs have the processor, which its duration does.
import { cdp } from 'vitest/browser';

export type TaskTimes = {
  /** Processor time of the tasks over 50 ms of it, the longest first. */
  readonly longMs: readonly number[];
  /** The longest of all, and all together, in processor time. */
  readonly longestMs: number;
  readonly processorMs: number;
  /** Tasks over 50 ms on the clock, which is what the browser calls a long task. */
  readonly longOnClock: number;
};

type TraceEvent = { name: string; ph: string; pid: number; tid: number; ts: number; dur?: number; tdur?: number };
type Session = {
  send(method: string, parameters?: object): Promise<unknown>;
  on(event: string, listen: (payload: { stream: string }) => void): void;
};

const LONG_US = 50_000;
const CATEGORIES = ['disabled-by-default-devtools.timeline', 'blink.user_timing'];
/** Of the text of a trace, at a time. */
const READ_BYTES = 1 << 20;

/** Runs something, and measures the tasks of the page's thread while it does. */
export async function measureTasks(run: () => Promise<void>): Promise<TaskTimes> {
  const session = cdp() as unknown as Session;
  const traceConfig = { includedCategories: CATEGORIES };
  await session.send('Tracing.start', { transferMode: 'ReturnAsStream', traceConfig });
  const [begin, end] = [`begin ${crypto.randomUUID()}`, `end ${crypto.randomUUID()}`];
  performance.mark(begin);
  await run();
  performance.mark(end);
  const complete = new Promise<string>((resolve) =>
    session.on('Tracing.tracingComplete', ({ stream }) => resolve(stream)),
  );
  await session.send('Tracing.end');
  return timesBetween(begin, end, await readTrace(session, await complete));
}

async function readTrace(session: Session, handle: string): Promise<TraceEvent[]> {
  let text = '';
  for (;;) {
    const part = (await session.send('IO.read', { handle, size: READ_BYTES })) as { data: string; eof: boolean };
    text += part.data;
    if (part.eof) break;
  }
  await session.send('IO.close', { handle });
  return (JSON.parse(text) as { traceEvents: TraceEvent[] }).traceEvents;
}

/** Of the thread that made the marks: a trace is of the whole browser, and other pages may be tested in it. */
function timesBetween(begin: string, end: string, events: readonly TraceEvent[]): TaskTimes {
  const [from, to] = [begin, end].map((mark) => events.find(({ name }) => name === mark));
  if (from === undefined || to === undefined) throw new Error('The trace does not have the marks of this measurement.');
  const tasks = events.filter(
    ({ name, ph, pid, tid, ts }) =>
      name === 'RunTask' && ph === 'X' && pid === from.pid && tid === from.tid && ts >= from.ts && ts <= to.ts,
  );
  if (tasks.length === 0 || tasks.some(({ tdur }) => tdur === undefined)) {
    throw new Error(`The trace has ${tasks.length} tasks of this page, and must have the processor time of each.`);
  }
  const processorUs = tasks.map(({ tdur }) => tdur!).sort((a, b) => b - a);
  return {
    longMs: processorUs.filter((us) => us > LONG_US).map((us) => us / 1000),
    longestMs: processorUs[0]! / 1000,
    processorMs: processorUs.reduce((sum, us) => sum + us, 0) / 1000,
    longOnClock: tasks.filter(({ dur = 0 }) => dur > LONG_US).length,
  };
}
