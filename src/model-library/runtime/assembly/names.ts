// Owned objects by ASCII name, in the order they came: the global functions, and the tensor cache.
// One entry is 16 bytes; lookups compare hashes first, so a scan of some hundred entries costs nothing.
//
//   0        4         8         12       16
//   |- hash -|- name --|- size --|- value -|
import { release, retain } from './object';

const ENTRY_BYTES: usize = 16;

/** A table is empty when its memory is zero; its entries are allocated with the first name. */
@unmanaged
export class NameTable {
  entries: usize;
  count: i32;
  capacity: i32;
}

function hashOf(at: usize, size: usize): u32 {
  let hash: u32 = 0x811c9dc5; // FNV-1a
  for (let i: usize = 0; i < size; i++) hash = (hash ^ load<u8>(at + i)) * 0x01000193;
  return hash;
}

function entryAt(table: NameTable, index: i32): usize {
  return table.entries + <usize>index * ENTRY_BYTES;
}

function find(table: NameTable, at: usize, size: usize): i32 {
  const hash = hashOf(at, size);
  for (let i = 0; i < table.count; i++) {
    const entry = entryAt(table, i);
    if (
      load<u32>(entry) == hash &&
      load<usize>(entry, 8) == size &&
      memory.compare(load<usize>(entry, 4), at, size) == 0
    )
      return i;
  }
  return -1;
}

/** The object under a name, borrowed; 0 when there is none. */
export function lookUp(table: NameTable, at: usize, size: usize): usize {
  const index = find(table, at, size);
  return index < 0 ? 0 : load<usize>(entryAt(table, index), 12);
}

export function nameOf(table: NameTable, index: i32): usize {
  return load<usize>(entryAt(table, index), 4);
}
export function nameSizeOf(table: NameTable, index: i32): usize {
  return load<usize>(entryAt(table, index), 8);
}

/** Takes a reference of its own to `object`, and drops the one it had under this name. */
export function setName(table: NameTable, at: usize, size: usize, object: usize): void {
  retain(object);
  const index = find(table, at, size);
  if (index >= 0) {
    const entry = entryAt(table, index);
    const old = load<usize>(entry, 12);
    store<usize>(entry, object, 12);
    release(old);
    return;
  }
  if (table.count == table.capacity) grow(table);
  const entry = entryAt(table, table.count++);
  const name = heap.alloc(max(size, 1));
  memory.copy(name, at, size);
  store<u32>(entry, hashOf(at, size));
  store<usize>(entry, name, 4);
  store<usize>(entry, size, 8);
  store<usize>(entry, object, 12);
}

function grow(table: NameTable): void {
  const capacity = max(64, table.capacity * 2);
  const entries = heap.alloc(<usize>capacity * ENTRY_BYTES);
  if (table.count > 0) {
    memory.copy(entries, table.entries, <usize>table.count * ENTRY_BYTES);
    heap.free(table.entries);
  }
  table.entries = entries;
  table.capacity = capacity;
}

export function removeName(table: NameTable, at: usize, size: usize): void {
  const index = find(table, at, size);
  if (index < 0) return;
  const entry = entryAt(table, index);
  const object = load<usize>(entry, 12);
  heap.free(load<usize>(entry, 4));
  table.count--;
  memory.copy(entry, entry + ENTRY_BYTES, <usize>(table.count - index) * ENTRY_BYTES);
  release(object);
}

export function clearNames(table: NameTable): void {
  while (table.count > 0) {
    const entry = entryAt(table, --table.count);
    heap.free(load<usize>(entry, 4));
    release(load<usize>(entry, 12));
  }
}

/** Copies an ASCII word into memory of its own; the caller frees it. */
export function asciiCopy(word: string): usize {
  const at = heap.alloc(max(word.length, 1));
  for (let i = 0; i < word.length; i++) store<u8>(at + i, word.charCodeAt(i));
  return at;
}
