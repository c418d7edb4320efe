/** How two values may be compared. */
export const OPERATORS = [
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  'contains',
  'startsWith',
  'endsWith',
  'matches',
] as const;
export type Operator = (typeof OPERATORS)[number];

/** What stands for itself. */
export type Scalar = string | number | boolean | null;

interface Place {
  /** Where it begins and ends in the text. */
  readonly from: number;
  readonly to: number;
}

/** Where a value is found: a name that is known, and the steps from there. */
export interface Path extends Place {
  readonly kind: 'path';
  readonly root: string;
  readonly steps: readonly (string | number)[];
}

export type Operand =
  | Path
  | (Place & { readonly kind: 'value'; readonly value: Scalar })
  | (Place & { readonly kind: 'list'; readonly items: readonly Scalar[] });

/** What holds or does not. */
export type Condition =
  | (Place & { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] })
  | (Place & { readonly kind: 'not'; readonly of: Condition })
  | (Place & { readonly kind: 'exists'; readonly path: Path })
  /** A path or a value alone: it holds where it is true. */
  | (Place & { readonly kind: 'truth'; readonly of: Operand })
  | (Place & {
      readonly kind: 'comparison';
      readonly operator: Operator;
      readonly left: Operand;
      readonly right: Operand;
    });
