/** A place in a filter's text: line and column are counted from 1, in characters; the offset from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/** Why a text is no filter, and where. `message` says what was expected there. */
export interface FilterFault {
  readonly position: Position;
  readonly message: string;
}

/** Thrown within the library alone; `compileFilter` answers with the fault. */
export class FaultAt extends Error {
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

/** One sentence for people: where, and what was expected. The line is named where there is more than one. */
export function describeFault({ position, message }: FilterFault, text: string): string {
  const { line, column } = position;
  const place = text.includes('\n') ? `line ${line}, column ${column}` : `column ${column}`;
  return `cannot be read at ${place}: ${message}`;
}

export function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1, offset };
}
