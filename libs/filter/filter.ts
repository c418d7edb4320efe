import type { FilterBudget } from './budget';
import type { Condition, Operand, Operator, Scalar } from './expression';
import { type Position, positionOf } from './fault';
import { CONDITION_WORK, ITEM_WORK, MAX_WORK, STEP_WORK } from './limits';
import { indexWithin, matchesPattern } from './search-text';

/** What paths are looked up in, by the name that they begin with. Only what JSON knows is looked at. */
export type FilterFacts = Readonly<Record<string, unknown>>;

/** The condition that decided against it, as it stands in the filter, with the value that was found on its left. */
export interface Stop {
  readonly position: Position;
  readonly condition: string;
  /** Undefined where nothing is there, or the condition compares nothing. */
  readonly value: unknown;
}

/** `exhausted`: there was more to look at than an evaluation may. */
export type FilterVerdict =
  { readonly kind: 'matches' } | { readonly kind: 'stopped'; readonly stop: Stop } | { readonly kind: 'exhausted' };

class Exhausted extends Error {}

/** A condition on facts, ready to be asked. Asking never throws, never changes the facts, and ends within `MAX_WORK`. */
export class Filter {
  constructor(
    readonly text: string,
    private readonly condition: Condition,
  ) {}

  matches(facts: FilterFacts): boolean {
    return this.verdict(facts).kind === 'matches';
  }

  /** The same for those who ask many: without the reason, which takes work to find, and within what they have together. */
  decide(facts: FilterFacts, budget: FilterBudget): 'matches' | 'differs' | 'exhausted' {
    try {
      return new Evaluation(facts, budget).holds(this.condition) ? 'matches' : 'differs';
    } catch (error) {
      if (error instanceof Exhausted) return 'exhausted';
      throw error;
    }
  }

  /** The same with the reason. */
  verdict(facts: FilterFacts): FilterVerdict {
    const evaluation = new Evaluation(facts);
    try {
      if (evaluation.holds(this.condition)) return { kind: 'matches' };
      const stop = evaluation.stopOf(this.condition);
      const condition = this.text.slice(stop.condition.from, stop.condition.to);
      const position = positionOf(this.text, stop.condition.from);
      return { kind: 'stopped', stop: { position, condition, value: stop.value } };
    } catch (error) {
      if (error instanceof Exhausted) return { kind: 'exhausted' };
      throw error;
    }
  }
}

/** One look at some facts, with the work that it may still do. */
class Evaluation {
  private left = MAX_WORK;

  constructor(
    private readonly facts: FilterFacts,
    private readonly shared?: FilterBudget,
  ) {}

  holds(condition: Condition): boolean {
    this.work(CONDITION_WORK);
    switch (condition.kind) {
      case 'and':
        return condition.of.every((part) => this.holds(part));
      case 'or':
        return condition.of.some((part) => this.holds(part));
      case 'not':
        return !this.holds(condition.of);
      case 'exists':
        return this.valueOf(condition.path) !== undefined;
      case 'truth':
        return this.valueOf(condition.of) === true;
      case 'comparison':
        return this.compares(condition.operator, this.valueOf(condition.left), this.valueOf(condition.right));
    }
  }

  /** The innermost condition that can be blamed alone for `condition` not holding. */
  stopOf(condition: Condition): { condition: Condition; value: unknown } {
    switch (condition.kind) {
      case 'and': {
        const failed = condition.of.find((part) => !this.holds(part));
        return failed ? this.stopOf(failed) : { condition, value: undefined };
      }
      case 'comparison':
        return { condition, value: this.valueOf(condition.left) };
      case 'truth':
        return { condition, value: this.valueOf(condition.of) };
      case 'not': {
        const { of } = condition;
        return { condition, value: of.kind === 'comparison' ? this.valueOf(of.left) : undefined };
      }
      case 'or':
      case 'exists':
        return { condition, value: undefined };
    }
  }

  private valueOf(operand: Operand): unknown {
    switch (operand.kind) {
      case 'value':
        return operand.value;
      case 'list':
        return operand.items;
      case 'path':
        this.work(STEP_WORK * (1 + operand.steps.length));
        return operand.steps.reduce<unknown>(stepInto, own(this.facts, operand.root));
    }
  }

  private compares(operator: Operator, left: unknown, right: unknown): boolean {
    switch (operator) {
      case '==':
        return this.equal(left, right);
      case '!=':
        return !this.equal(left, right);
      case '<':
        return this.ordered(left, right, (a, b) => a < b);
      case '<=':
        return this.ordered(left, right, (a, b) => a <= b);
      case '>':
        return this.ordered(left, right, (a, b) => a > b);
      case '>=':
        return this.ordered(left, right, (a, b) => a >= b);
      case 'in':
        return this.includes(right, left);
      case 'contains':
        if (Array.isArray(left)) return this.includes(left, right);
        return this.ofTexts(left, right, (text, part) => indexWithin(text, part, 0) >= 0);
      case 'startsWith':
        return this.ofTexts(left, right, (text, part) => text.startsWith(part), shorter);
      case 'endsWith':
        return this.ofTexts(left, right, (text, part) => text.endsWith(part), shorter);
      case 'matches':
        return this.ofTexts(left, right, matchesPattern);
    }
  }

  /** Of one type and value; what is not there is null. Lists and objects equal nothing. */
  private equal(left: unknown, right: unknown): boolean {
    if (typeof left === 'string' && typeof right === 'string') this.work(shorter(left, right));
    return isScalar(left ?? null) && (left ?? null) === (right ?? null);
  }

  private includes(list: unknown, wanted: unknown): boolean {
    if (!Array.isArray(list) || wanted === undefined) return false;
    return list.some((item: unknown) => {
      this.work(ITEM_WORK);
      return this.equal(item, wanted);
    });
  }

  private ordered(left: unknown, right: unknown, isSo: <T extends string | number>(a: T, b: T) => boolean): boolean {
    if (typeof left === 'number' && typeof right === 'number') return isSo(left, right);
    return this.ofTexts(left, right, isSo, shorter);
  }

  private ofTexts(
    left: unknown,
    right: unknown,
    isSo: (left: string, right: string) => boolean,
    cost = (a: string, b: string) => a.length + b.length,
  ): boolean {
    if (typeof left !== 'string' || typeof right !== 'string') return false;
    this.work(cost(left, right));
    return isSo(left, right);
  }

  private work(amount: number): void {
    this.left -= amount;
    const isWithinBoth = this.shared?.take(amount) ?? true;
    if (this.left < 0 || !isWithinBoth) throw new Exhausted();
  }
}

/** So many characters are compared at most. */
function shorter(left: string, right: string): number {
  return Math.min(left.length, right.length);
}

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value !== 'object';
}

/** One step of a path: items of lists by their number, members of objects by their name, nothing of anything else. */
function stepInto(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return typeof step === 'number' ? (value[step] as unknown) : undefined;
  return typeof step === 'string' ? own(value, step) : undefined;
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
