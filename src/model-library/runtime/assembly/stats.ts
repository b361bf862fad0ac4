// Counters for tests, the benchmark and the self-test, as one JSON object.
import { putText } from './cell';
import { bufferCount, dispatchCount } from './gpu';
import { liveObjects } from './object';
import { poolHits, pooledCount } from './pool';

const text: usize = memory.data(256);
let used: usize = 0;

function putWord(word: string): void {
  for (let i = 0; i < word.length; i++) store<u8>(text + used++, word.charCodeAt(i));
}

function putDigits(value: i32): void {
  if (value >= 10) putDigits(value / 10);
  store<u8>(text + used++, 0x30 + (value % 10));
}

function putCount(name: string, value: i32): void {
  putWord(used == 0 ? '{"' : ',"');
  putWord(name);
  putWord('":');
  putDigits(value);
}

export function putStats(cell: usize): void {
  used = 0;
  putCount('dispatches', dispatchCount);
  putCount('buffersCreated', bufferCount);
  putCount('poolHits', poolHits);
  putCount('pooledBuffers', pooledCount);
  putCount('liveObjects', liveObjects);
  putCount('wasmPages', memory.size());
  putWord('}');
  putText(cell, text, used, true);
}
