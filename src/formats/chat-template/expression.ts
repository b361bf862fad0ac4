// Expressions of chat templates, as far as known families use them: sums of strings and variables, and conditions. What is
// beyond that is unknown, and a template that depends on it is refused.
import {
  known,
  partsOf,
  truth,
  UNKNOWN,
  type Scope,
  type TextPart,
  type Value,
} from '#formats/chat-template/template-value.ts';

/** How many parts a text may have: variables that double themselves end here. */
const MAX_PARTS = 200;
/** How often `trim` may stand around a trimmed text. */
const MAX_TRIMS = 8;
/** Operands, negations and choices of one expression. */
const MAX_DEPTH = 200;

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(\d+)|(==|!=|>=|<=|[-+~%<>()|:,[\]{}=*/.])|([A-Za-z_]\w*))/y;

/** The value of an expression in canonical code. */
export function evaluate(code: string, scope: Scope): Value {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < code.length) {
    const found = TOKEN.exec(code);
    if (!found) return UNKNOWN;
    tokens.push(found[0].trim());
  }
  const reader: Reader = { tokens, at: 0, scope, depth: 0 };
  const value = readChoice(reader);
  return reader.at === tokens.length ? value : UNKNOWN;
}

type Reader = { readonly tokens: readonly string[]; at: number; readonly scope: Scope; depth: number };

function takes(reader: Reader, token: string): boolean {
  if (reader.tokens[reader.at] !== token) return false;
  reader.at++;
  return true;
}

/** `a if condition else b`, or just `a`. */
function readChoice(reader: Reader): Value {
  const value = readOr(reader);
  if (!takes(reader, 'if') || ++reader.depth > MAX_DEPTH) return value;
  const holds = truth(readOr(reader), reader.scope);
  const otherwise = takes(reader, 'else') ? readChoice(reader) : known('');
  return holds === null ? UNKNOWN : holds ? value : otherwise;
}

function readOr(reader: Reader): Value {
  let left = readAnd(reader);
  while (takes(reader, 'or')) left = combine(left, readAnd(reader), true, reader.scope);
  return left;
}

function readAnd(reader: Reader): Value {
  let left = readNot(reader);
  while (takes(reader, 'and')) left = combine(left, readNot(reader), false, reader.scope);
  return left;
}

/** `or` and `and` of conditions; one side decides where it can, even when the other is unknown. */
function combine(left: Value, right: Value, decisive: boolean, scope: Scope): Value {
  const sides = [truth(left, scope), truth(right, scope)];
  if (sides.includes(decisive)) return known(decisive);
  return sides.includes(null) ? UNKNOWN : known(!decisive);
}

function readNot(reader: Reader): Value {
  if (!takes(reader, 'not')) return readComparison(reader);
  if (++reader.depth > MAX_DEPTH) return UNKNOWN;
  const value = truth(readNot(reader), reader.scope);
  return value === null ? UNKNOWN : known(!value);
}

function readComparison(reader: Reader): Value {
  const left = readSum(reader);
  for (const [sign, compare] of COMPARISONS) {
    if (takes(reader, sign)) return compareValues(left, readSum(reader), compare, reader.scope);
  }
  if (takes(reader, 'in')) return contains(left, readSum(reader), reader.scope);
  if (!takes(reader, 'is')) return left;
  const isNegated = takes(reader, 'not');
  const result = test(left, reader.tokens[reader.at++] ?? '');
  return result === null ? UNKNOWN : known(result !== isNegated);
}

function contains(item: Value, list: Value, scope: Scope): Value {
  if (item.kind !== 'known') return UNKNOWN;
  // `"tool_calls" in message` asks for a field of the message.
  if (list.kind === 'message') {
    const field = scope.lookUp(`message["${String(item.value)}"]`);
    return field.kind === 'unknown' ? UNKNOWN : known(!(field.kind === 'known' && field.value === undefined));
  }
  if (list.kind !== 'list') return UNKNOWN;
  if (list.items.some((one) => one.kind === 'known' && one.value === item.value)) return known(true);
  return list.items.every(({ kind }) => kind === 'known') ? known(false) : UNKNOWN;
}

type Comparison = (left: unknown, right: unknown) => boolean;

const COMPARISONS: readonly (readonly [string, Comparison])[] = [
  ['==', (left, right) => left === right],
  ['!=', (left, right) => left !== right],
  ['>=', (left, right) => Number(left) >= Number(right)],
  ['<=', (left, right) => Number(left) <= Number(right)],
  ['>', (left, right) => Number(left) > Number(right)],
  ['<', (left, right) => Number(left) < Number(right)],
];

function compareValues(left: Value, right: Value, compare: Comparison, scope: Scope): Value {
  if (left.kind === 'known' && right.kind === 'known') return known(compare(left.value, right.value));
  if (left.kind === 'atLeast' && right.kind === 'known' && typeof right.value === 'number') {
    // True of the least and of everything above, or of neither; the numbers stand for an index, so 10 more are enough.
    const results = new Set(Array.from({ length: 10 }, (_, more) => compare(left.least + more, right.value)));
    return results.size === 1 && right.value < left.least + 5 ? known([...results][0]!) : UNKNOWN;
  }
  const [text, other] = left.kind === 'text' ? [left, right] : [right, left];
  if (text.kind !== 'text' || other.kind !== 'known') return UNKNOWN;
  // Text from outside is equal to no truth value, and to the empty string where it is empty.
  if (typeof other.value !== 'string') return known(compare('text', other.value));
  return other.value === '' ? known(compare(truth(text, scope) ? 'text' : '', '')) : UNKNOWN;
}

function test(value: Value, name: string): boolean | null {
  if (value.kind === 'unknown') return null;
  const held = value.kind === 'known' ? value.value : value.kind;
  if (value.kind === 'message' || value.kind === 'list' || value.kind === 'atLeast')
    return name === 'defined' ? true : null;
  if (name === 'defined') return held !== undefined;
  if (name === 'none') return held === null;
  if (name === 'string') return typeof held === 'string' && value.kind !== 'messages';
  if (name === 'true' || name === 'false') return held === (name === 'true');
  return null;
}

function readSum(reader: Reader): Value {
  let left = readTerm(reader);
  for (;;) {
    if (takes(reader, '+') || takes(reader, '~')) left = join(left, readTerm(reader));
    else if (takes(reader, '%') || takes(reader, '-') || takes(reader, '*')) {
      readTerm(reader);
      left = UNKNOWN;
    } else return left;
  }
}

function join(left: Value, right: Value): Value {
  const [before, after] = [partsOf(left), partsOf(right)];
  if (!before || !after || before.length + after.length > MAX_PARTS) return UNKNOWN;
  return { kind: 'text', parts: [...before, ...after] };
}

function readTerm(reader: Reader): Value {
  let value = readOperand(reader);
  while (takes(reader, '|')) {
    const filter = reader.tokens[reader.at++];
    if (reader.tokens[reader.at] === '(') skipBrackets(reader);
    value = applyFilter(value, filter ?? '');
  }
  return value;
}

function applyFilter(value: Value, filter: string): Value {
  if (filter === 'trim' || filter === 'strip') return trimmed(value);
  if (value.kind !== 'known' || typeof value.value !== 'string') return UNKNOWN;
  if (filter === 'upper') return known(value.value.toUpperCase());
  if (filter === 'lower') return known(value.value.toLowerCase());
  if (filter === 'capitalize' || filter === 'title')
    return known(value.value.charAt(0).toUpperCase() + value.value.slice(1).toLowerCase());
  return UNKNOWN;
}

function trimmed(value: Value): Value {
  const parts = partsOf(value);
  if (!parts || trimsIn(parts) >= MAX_TRIMS) return UNKNOWN;
  if (value.kind === 'known') return known(String(value.value).trim());
  return { kind: 'text', parts: [{ kind: 'trimmed', parts }] };
}

function trimsIn(parts: readonly TextPart[]): number {
  return Math.max(0, ...parts.map((part) => (part.kind === 'trimmed' ? 1 + trimsIn(part.parts) : 0)));
}

function readOperand(reader: Reader): Value {
  const token = reader.tokens[reader.at++];
  if (token === undefined || ++reader.depth > MAX_DEPTH) return UNKNOWN;
  if (token === '(') {
    const value = readChoice(reader);
    return takes(reader, ')') ? value : UNKNOWN;
  }
  if (token === '[') {
    const items: Value[] = [];
    while (!takes(reader, ']')) {
      if (items.length > 0 && !takes(reader, ',')) return UNKNOWN;
      items.push(readChoice(reader));
      if (items.length > MAX_PARTS || reader.at >= reader.tokens.length) return UNKNOWN;
    }
    return { kind: 'list', items };
  }
  if (token.startsWith('"')) return known(JSON.parse(token) as string);
  if (/^\d/.test(token)) return known(Number(token));
  if (!/^[A-Za-z_]/.test(token)) return UNKNOWN;
  return readName(reader, token);
}

const CONSTANTS: ReadonlyMap<string, Value> = new Map([
  ['true', known(true)],
  ['True', known(true)],
  ['false', known(false)],
  ['False', known(false)],
  ['none', known(null)],
  ['None', known(null)],
]);

/** A name with its indices; the methods of a text that are known are its filters. */
function readName(reader: Reader, first: string): Value {
  let name = first;
  for (;;) {
    const next = reader.tokens[reader.at];
    if (next === '[') name += skipBrackets(reader);
    else if (next === '(') {
      const method = /^(.+)\["(\w+)"\]$/.exec(name);
      return skipBrackets(reader) === '()' && method
        ? applyFilter(reader.scope.lookUp(method[1]!), method[2]!)
        : UNKNOWN;
    } else return CONSTANTS.get(name) ?? reader.scope.lookUp(name);
  }
}

/** Takes a bracket with all that it holds, and gives its code. */
function skipBrackets(reader: Reader): string {
  let code = '';
  let open = 0;
  do {
    const token = reader.tokens[reader.at++];
    if (token === undefined) return code;
    if (token === '[' || token === '(') open++;
    if (token === ']' || token === ')') open--;
    code += token;
  } while (open > 0);
  return code;
}
