// Reads what a chat template writes at one place of a conversation: its statements are followed with the role, the place and
// the kind of system message known, and with the contents of the messages left open. There are no calls and no loops but
// the one over the messages, which is read once for each place, so reading ends whatever the template says.
import { evaluate } from '#formats/chat-template/expression.ts';
import type { TemplateNode } from '#formats/chat-template/template-tree.ts';
import {
  known,
  partsOf,
  truth,
  UNKNOWN,
  type Scope,
  type TextPart,
  type Value,
} from '#formats/chat-template/template-value.ts';

export type Role = 'system' | 'user' | 'assistant';
/** Whether the conversation begins with a system message, and whether that says anything. */
export type SystemKind = 'none' | 'empty' | 'filled';

export type TurnPlace = {
  readonly role: Role;
  /** First and last of the messages that the template goes through. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly isFilled: boolean;
  readonly system: SystemKind;
};

/** Thrown for what the table cannot hold. */
export class Unreadable extends Error {}
/** Thrown where the template raises an exception. */
class Raised extends Error {}

export type Loop = {
  readonly variable: string;
  readonly body: readonly TemplateNode[];
  readonly from: number;
  /** How many parts were written before it. */
  readonly at: number;
  readonly variables: ReadonlyMap<string, Value>;
};

const MAX_PARTS = 400;
/** What applications may pass to a template and we do not. */
const ABSENT =
  /^(?:tools|documents|functions|custom_tools|builtin_tools|available_tools|enable_thinking|message\["(?:tool_calls|tool_call_id|name|tool_responses)"\])$/;

/** Follows a template's statements for one place, with the contents of the messages left open. */
export class TemplateReader implements Scope {
  readonly parts: TextPart[] = [];
  loop: Loop | null = null;
  alternates = false;
  readonly #place: TurnPlace;
  readonly #inside: Loop | null;
  readonly #variables: Map<string, Value>;

  constructor(place: TurnPlace, inside: Loop | null) {
    this.#place = place;
    this.#inside = inside;
    this.#variables = new Map(inside?.variables);
  }

  /** False where the template raises an exception. */
  writes(nodes: readonly TemplateNode[]): boolean {
    try {
      this.write(nodes);
      return true;
    } catch (error) {
      if (error instanceof Raised) return false;
      throw error;
    }
  }

  write(nodes: readonly TemplateNode[]): void {
    for (const node of nodes) {
      if (this.parts.length > MAX_PARTS) throw new Unreadable();
      if (node.kind === 'text') this.parts.push(node);
      else if (node.kind === 'output') this.#output(node.code);
      else if (node.kind === 'set') this.#set(this.#rename(node.name), this.#rename(node.code));
      else if (node.kind === 'if') this.#choose(node);
      else this.#repeat(node);
    }
  }

  #set(name: string, code: string): void {
    this.#variables.set(name, evaluate(code, this));
    if (!code.startsWith('namespace(')) return;
    for (const [, field, value] of code.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|\w+)/g)) {
      this.#variables.set(`${name}["${field!}"]`, evaluate(value!, this));
    }
  }

  #output(code: string): void {
    if (code.startsWith('raise_exception(')) throw new Raised();
    const parts = partsOf(evaluate(this.#rename(code), this));
    if (!parts) throw new Unreadable();
    this.parts.push(...parts);
  }

  #choose(node: TemplateNode & { kind: 'if' }): void {
    for (const { condition, body } of node.branches) {
      const holds = truth(evaluate(this.#rename(condition), this), this);
      if (holds) return this.write(body);
      if (holds === false) continue;
      // A check of the messages' order, which cannot be decided here and is made when they are known.
      if (writesText([node])) throw new Unreadable();
      if (/%2/.test(condition)) this.alternates = true;
      return this.#forget([node]);
    }
    this.write(node.otherwise);
  }

  #repeat(node: TemplateNode & { kind: 'for' }): void {
    if (!writesText(node.body)) {
      // Such loops look for something or check the order of roles; what they find is not known here.
      this.#forget(node.body);
      if (JSON.stringify(node.body).includes('%2')) this.alternates = true;
      return;
    }
    const list = evaluate(node.list, this);
    if (this.#inside || this.loop || list.kind !== 'messages') throw new Unreadable();
    const { variable, body } = node;
    this.loop = { variable, body, from: list.from, at: this.parts.length, variables: new Map(this.#variables) };
  }

  #forget(nodes: readonly TemplateNode[]): void {
    for (const name of namesSetIn(nodes)) this.#variables.set(this.#rename(name), UNKNOWN);
  }

  /** Writes the loop's variable as `message`, whatever the template calls it. */
  #rename(code: string): string {
    const variable = this.#inside?.variable ?? 'message';
    if (variable === 'message') return code;
    return code.replace(/"(?:[^"\\]|\\.)*"|\b[A-Za-z_]\w*/g, (word) => (word === variable ? 'message' : word));
  }

  isFilled(part: 'content' | 'system' | 'question'): boolean {
    return part === 'system' ? this.#place.system === 'filled' : this.#place.isFilled;
  }

  lookUp(name: string): Value {
    const { role, isFirst, isLast, system } = this.#place;
    const variable = this.#variables.get(name);
    if (variable) return variable;
    if (ABSENT.test(name)) return known(undefined);
    if (name.startsWith('messages[') && this.#variables.has('messages')) return UNKNOWN;
    switch (name) {
      case 'bos_token':
      case 'eos_token':
        return { kind: 'text', parts: [{ kind: 'token', name: name === 'bos_token' ? 'bos' : 'eos' }] };
      case 'add_generation_prompt':
        return known(true);
      case 'messages':
        return { kind: 'messages', from: 0 };
      case 'messages[1:]':
        return system === 'none' ? UNKNOWN : { kind: 'messages', from: 1 };
      case 'messages[2:]':
        return system === 'none' ? UNKNOWN : { kind: 'messages', from: 2 };
      case 'messages[1]["role"]':
        return system === 'none' ? UNKNOWN : known('user');
      case 'messages[1]["content"]':
        return system === 'none' ? UNKNOWN : { kind: 'text', parts: [{ kind: 'question' }] };
      case 'messages[0]["role"]':
        return known(system === 'none' ? 'user' : 'system');
      case 'messages[0]["content"]':
        return system === 'none' ? UNKNOWN : { kind: 'text', parts: [{ kind: 'system' }] };
      case 'messages[-1]["role"]':
        return known('user');
    }
    if (!this.#inside) return name.includes('[') || name.includes('(') ? UNKNOWN : known(undefined);
    switch (name) {
      case 'message["role"]':
        return known(role);
      case 'message["content"]':
        return { kind: 'text', parts: [{ kind: 'content' }] };
      case 'loop["first"]':
        return known(isFirst);
      case 'loop["last"]':
        return known(isLast);
      case 'loop["index0"]':
        return isFirst ? known(0) : { kind: 'atLeast', least: 1 };
      case 'loop["index"]':
        return isFirst ? known(1) : { kind: 'atLeast', least: 2 };
      case 'message':
        return { kind: 'message' };
      default:
        return name.includes('[') || name.includes('(') ? UNKNOWN : known(undefined);
    }
  }
}

function isRaise(node: TemplateNode): boolean {
  return node.kind === 'output' && node.code.startsWith('raise_exception(');
}

function writesText(nodes: readonly TemplateNode[]): boolean {
  return nodes.some((node) => {
    if (node.kind === 'text') return node.text.trim() !== '';
    if (node.kind === 'output') return !isRaise(node);
    if (node.kind === 'set') return false;
    if (node.kind === 'for') return writesText(node.body);
    return writesText(node.otherwise) || node.branches.some(({ body }) => writesText(body));
  });
}

function namesSetIn(nodes: readonly TemplateNode[]): string[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'set') return [node.name];
    if (node.kind === 'for') return namesSetIn(node.body);
    if (node.kind !== 'if') return [];
    return [...node.branches.flatMap(({ body }) => namesSetIn(body)), ...namesSetIn(node.otherwise)];
  });
}
