import { describe, expect, it } from 'vitest';
import { TaskQueue } from '#engine/worker/task-queue.ts';

describe('the task queue', () => {
  it('runs one task at a time, in order, also after one failed', async () => {
    const queue = new TaskQueue();
    const events: string[] = [];
    const task = (name: string) => async () => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 2));
      events.push(`${name} ends`);
      if (name === 'a') throw new Error('a failed');
      return name;
    };
    const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => queue.run(name, task(name))));
    expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });

  it('refuses more than can wait, and takes more when it has room again', async () => {
    const queue = new TaskQueue();
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    const running = Array.from({ length: 17 }, () => queue.run('one', () => gate));
    await expect(queue.run('one more', async () => 1)).rejects.toMatchObject({ code: 'engine-busy' });
    open();
    await Promise.all(running);
    expect(await queue.run('later', async () => 1)).toBe(1);
  });

  it('is idle when all has ended', async () => {
    const queue = new TaskQueue();
    let ended = false;
    void queue.run('one', async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      ended = true;
    });
    await queue.idle();
    expect(ended).toBe(true);
  });
});
