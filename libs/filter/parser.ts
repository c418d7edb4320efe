import type { Condition, Operand, Operator, Path, Scalar } from './expression';
import { OPERATORS } from './expression';
import { FaultAt } from './fault';
import { MAX_DEPTH, MAX_NODES } from './limits';
import { type Token, tokenAt } from './token';

/** What a filter may speak of. */
export interface FilterLanguage {
  /** The names that paths begin with. */
  readonly roots: readonly string[];
  /** Those of them whose keys are written in any case and looked up in lower case, as names of headers are. */
  readonly caseless?: readonly string[];
}

const WORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'true', 'false', 'null', 'exists', ...OPERATORS]);
const CONSTANTS: Readonly<Record<string, Scalar>> = { true: true, false: false, null: null };
const TEXT_OPERATORS: ReadonlySet<string> = new Set(['startsWith', 'endsWith', 'matches']);

/** Reads a filter from left to right, by recursive descent over the grammar that docs/operating.md shows. */
export class Parser {
  private next: Token;
  private previousEnd = 0;
  private nodes = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly language: FilterLanguage,
  ) {
    this.next = tokenAt(text, 0);
  }

  /** @throws FaultAt */
  parse(): Condition {
    const condition = this.or();
    if (this.next.kind !== 'end') throw this.expected('`and`, `or` or the end');
    return condition;
  }

  private or(): Condition {
    return this.chain('or', () => this.chain('and', () => this.not()));
  }

  private chain(word: 'and' | 'or', part: () => Condition): Condition {
    const first = part();
    if (!this.isWord(word)) return first;
    const of = [first];
    while (this.isWord(word)) {
      this.advance();
      of.push(part());
    }
    return this.counted({ kind: word, of, from: first.from, to: this.previousEnd });
  }

  private not(): Condition {
    const from = this.next.offset;
    if (!this.isWord('not')) return this.primary();
    this.advance();
    const of = this.deeper(from, () => this.not());
    return this.counted({ kind: 'not', of, from, to: this.previousEnd });
  }

  private primary(): Condition {
    const from = this.next.offset;
    if (this.isSign('(')) {
      this.advance();
      const condition = this.deeper(from, () => this.or());
      this.expectSign(')');
      return condition;
    }
    if (this.isWord('exists')) {
      this.advance();
      this.expectSign('(');
      const path = this.path();
      this.expectSign(')');
      return this.counted({ kind: 'exists', path, from, to: this.previousEnd });
    }
    return this.comparison();
  }

  private comparison(): Condition {
    const left = this.operand();
    const { from } = left;
    const negated = this.isWord('not');
    if (negated) this.advance();
    const operator = this.operator();
    if (operator === null || (negated && operator !== 'in')) {
      if (negated) throw this.expected('`in` after `not`');
      if (left.kind !== 'path' && !(left.kind === 'value' && typeof left.value === 'boolean')) {
        throw this.expected(`an operator: ${OPERATORS.join(', ')}`);
      }
      return this.counted({ kind: 'truth', of: left, from, to: left.to });
    }
    this.advance();
    const right = this.rightOf(operator);
    const comparison = this.counted({ kind: 'comparison', operator, left, right, from, to: right.to } as const);
    return negated ? this.counted({ kind: 'not', of: comparison, from, to: right.to }) : comparison;
  }

  private operator(): Operator | null {
    const { next } = this;
    const said = next.kind === 'sign' ? next.sign : next.kind === 'name' ? next.name : '';
    return OPERATORS.find((operator) => operator === said) ?? null;
  }

  private rightOf(operator: Operator): Operand {
    const { offset } = this.next;
    const right = this.operand();
    if (operator === 'in') {
      if (right.kind === 'value') throw new FaultAt(offset, 'expected a list such as ["a", "b"], or a path to one');
    } else if (right.kind === 'list') {
      throw new FaultAt(offset, 'expected a value or a path; lists go with `in`');
    }
    if (operator === 'matches' && right.kind !== 'value') {
      throw new FaultAt(offset, 'expected a pattern in quotes, such as "refs/heads/*"');
    }
    if (TEXT_OPERATORS.has(operator) && right.kind === 'value' && typeof right.value !== 'string') {
      throw new FaultAt(offset, 'expected a text in quotes');
    }
    return right;
  }

  private operand(): Operand {
    if (this.isSign('[')) return this.list();
    const { next } = this;
    const isValue = next.kind === 'text' || next.kind === 'number' || this.isConstant();
    if (!isValue) return this.path();
    const from = next.offset;
    const value = this.scalar();
    return this.counted({ kind: 'value', value, from, to: this.previousEnd });
  }

  private list(): Operand {
    const from = this.next.offset;
    this.expectSign('[');
    const items: Scalar[] = [];
    while (!this.isSign(']')) {
      if (items.length > 0) this.expectSign(',', ']');
      this.count(this.next.offset);
      items.push(this.scalar());
    }
    this.advance();
    return this.counted({ kind: 'list', items, from, to: this.previousEnd });
  }

  private scalar(): Scalar {
    const { next } = this;
    switch (next.kind) {
      case 'text':
      case 'number':
        this.advance();
        return next.value;
      case 'name':
        if (!this.isConstant()) break;
        this.advance();
        return CONSTANTS[next.name] ?? null;
      case 'sign':
      case 'end':
    }
    throw this.expected('a text in quotes, a number, true, false or null');
  }

  private path(): Path {
    const { next } = this;
    const { roots, caseless = [] } = this.language;
    const expected = `a path that begins with ${roots.join(', ')}`;
    if (next.kind !== 'name' || WORDS.has(next.name)) throw this.expected(`${expected}, or a value`);
    if (!roots.includes(next.name)) throw this.expected(expected);
    this.advance();
    const steps: (string | number)[] = [];
    while (this.isSign('.') || this.isSign('[')) steps.push(this.isSign('.') ? this.named() : this.bracketed());
    const [first] = steps;
    if (typeof first === 'string' && caseless.includes(next.name)) steps[0] = first.toLowerCase();
    return this.counted({ kind: 'path', root: next.name, steps, from: next.offset, to: this.previousEnd });
  }

  private named(): string {
    this.advance();
    const { next } = this;
    if (next.kind !== 'name') throw this.expected('a name; others go in brackets and quotes, as ["x-y"]');
    this.advance();
    return next.name;
  }

  private bracketed(): string | number {
    this.advance();
    const { next } = this;
    const isKey =
      next.kind === 'text' || (next.kind === 'number' && Number.isSafeInteger(next.value) && next.value >= 0);
    if (!isKey) throw this.expected('a name in quotes, or a number that counts from 0');
    this.advance();
    this.expectSign(']');
    return next.value;
  }

  private isConstant(): boolean {
    return this.next.kind === 'name' && Object.hasOwn(CONSTANTS, this.next.name);
  }

  private isWord(word: string): boolean {
    return this.next.kind === 'name' && this.next.name === word;
  }

  private isSign(sign: string): boolean {
    return this.next.kind === 'sign' && this.next.sign === sign;
  }

  private expectSign(sign: string, orElse?: string): void {
    if (!this.isSign(sign)) throw this.expected(orElse ? `${sign} or ${orElse}` : sign);
    this.advance();
  }

  private advance(): void {
    this.previousEnd = this.next.end;
    this.next = tokenAt(this.text, this.next.end);
  }

  private deeper<T>(offset: number, work: () => T): T {
    this.depth += 1;
    if (this.depth > MAX_DEPTH)
      throw new FaultAt(offset, `expected at most ${MAX_DEPTH} levels of parentheses and nots`);
    const result = work();
    this.depth -= 1;
    return result;
  }

  private counted<T extends Condition | Operand>(node: T): T {
    this.count(node.from);
    return node;
  }

  private count(offset: number): void {
    this.nodes += 1;
    if (this.nodes > MAX_NODES) throw new FaultAt(offset, `expected at most ${MAX_NODES} conditions, values and paths`);
  }

  private expected(what: string): FaultAt {
    const { next } = this;
    const found = next.kind === 'end' ? 'the end' : this.text.slice(next.offset, Math.min(next.end, next.offset + 40));
    return new FaultAt(next.offset, `expected ${what}; found ${found}`);
  }
}
