import { describe, expect, it } from 'vitest';
import { judge, type Expected } from '#bench/judge.ts';

const EXPECTED: Expected = {
  promptTokens: 3,
  ids: [1, 2, 3],
  text: ' one two three',
  startsAt: [0, 4, 8],
  margins: [2, 0.05, 2],
};

describe('judge', () => {
  it('calls the expected text equal, and so its beginning where fewer tokens were asked for', () => {
    expect(judge(' one two three', 3, EXPECTED)).toMatchObject({ kind: 'equal', equalTokens: 3 });
    expect(judge(' one two', 2, EXPECTED)).toMatchObject({ kind: 'equal', equalTokens: 2, ofTokens: 2 });
  });

  it('calls a difference at a clear token wrong, and says which token', () => {
    expect(judge(' one two four', 3, EXPECTED)).toMatchObject({ kind: 'wrong', equalTokens: 2 });
    expect(judge('', 3, EXPECTED)).toMatchObject({ kind: 'wrong', equalTokens: 0 });
  });

  it('calls a difference where the two best lie close a tie', () => {
    expect(judge(' one 2 three', 3, EXPECTED)).toMatchObject({ kind: 'tie', equalTokens: 1 });
  });

  it('does not take a longer or a shorter text for the expected one', () => {
    expect(judge(' one two three four', 3, EXPECTED).kind).toBe('wrong');
    expect(judge(' one two thr', 3, EXPECTED).kind).toBe('wrong');
  });
});
