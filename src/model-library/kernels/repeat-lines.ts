/**
 * Writes out a source's lines that stand for several: a line that names something `_I`, or the number `I`, becomes
 * `count` lines with `_0`, `0u`, and so on. Software adapters keep names in registers, but not the elements of an array
 * that a loop counts through, so what a loop would do is written out.
 */
export function repeatLines(source: string, count: number): string {
  return source
    .split('\n')
    .flatMap((line) => (isRepeated(line) ? Array.from({ length: count }, (_, i) => numbered(line, i)) : [line]))
    .join('\n');
}

function isRepeated(line: string): boolean {
  return /(\b|_)I\b/.test(line.replace(/\/\/.*$/, ''));
}

function numbered(line: string, index: number): string {
  return line.replace(/_I\b/g, `_${index}`).replace(/\bI\b/g, `${index}u`);
}
