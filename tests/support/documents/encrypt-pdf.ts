// The standard security handler of PDF 1.4, revision 2: RC4 with a key of 40 bits. Weak, and what old files have.
import { createHash } from 'node:crypto';
import { hex, latin1, type PdfOptions } from './pdf.ts';

const PAD = Uint8Array.from(Buffer.from('28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a', 'hex'));
const md5 = (...parts: Uint8Array[]): Uint8Array =>
  parts.reduce((hash, part) => hash.update(part), createHash('md5')).digest();
const padded = (password: string): Uint8Array => Uint8Array.from([...latin1(password), ...PAD].slice(0, 32));

function rc4(key: Uint8Array, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const s = Array.from({ length: 256 }, (_, i) => i);
  const swap = (i: number, j: number) => ([s[i], s[j]] = [s[j]!, s[i]!]);
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + s[i]! + key[i % key.length]!) & 255;
    swap(i, j);
  }
  let i = 0;
  let j = 0;
  return Uint8Array.from(bytes, (byte) => {
    i = (i + 1) & 255;
    j = (j + s[i]!) & 255;
    swap(i, j);
    return byte ^ s[(s[i]! + s[j]!) & 255]!;
  });
}

/** Encryption that opens with `userPassword`; an empty one opens without being asked for. */
export function encryption(userPassword: string, ownerPassword = 'owner'): NonNullable<PdfOptions['encryption']> {
  const id = latin1('0123456789abcdef');
  const permissions = -44;
  const p = new Uint8Array(new Int32Array([permissions]).buffer);
  const owner = rc4(md5(padded(ownerPassword)).slice(0, 5), padded(userPassword));
  const key = md5(padded(userPassword), owner, p, id).slice(0, 5);
  const user = rc4(key, PAD);
  return {
    trailer: `/ID [${hex(id)} ${hex(id)}] /Encrypt << /Filter /Standard /V 1 /R 2 /O ${hex(owner)} /U ${hex(user)} /P ${permissions} >>`,
    encrypt: (bytes, object) =>
      rc4(md5(key, Uint8Array.of(object & 255, object >> 8, object >> 16, 0, 0)).slice(0, 10), bytes),
  };
}
