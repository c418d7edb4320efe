import { CATALOGUE, problemType, type ProblemCode, type ProblemKind } from './catalogue';

/** One wrong field: its path (`target.integration_id`, `items.0.name`) and what is wrong, never its value. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export interface ProblemOptions {
  /** One sentence for this very case. Clients see it: no internals, no secrets, no value of theirs. */
  readonly detail?: string;
  /** Members of the answer beyond the standard ones; JSON values, snake_case names. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Headers that belong to the answer, e.g. `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Wrong fields, for `validation-failed`. */
  readonly errors?: readonly FieldError[];
  /** What lies behind it. For the log alone. */
  readonly cause?: unknown;
}

/** The JSON object of RFC 9457, section 3, as Mira fills it in. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly request_id: string;
  readonly errors?: readonly FieldError[];
  readonly [member: string]: unknown;
}

/**
 * A failure that is meant to be answered, thrown from anywhere. It knows what a client may be told and nothing
 * of HTTP frameworks, so that services, workers and tests can throw and catch it alike.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, unknown>>;
  readonly errors: readonly FieldError[] | undefined;

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    const kind: ProblemKind = CATALOGUE[code];
    super(options.detail ?? kind.detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.headers = options.headers ?? {};
    this.members = { ...(kind.error === undefined ? {} : { error: kind.error }), ...options.members };
    this.errors = options.errors;
  }

  get status(): number {
    return CATALOGUE[this.code].status;
  }

  /**
   * The body to answer with. The standard members win over extra ones of the same name.
   *
   * @param requestId the id under which the log knows the request
   */
  toBody(requestId: string): ProblemBody {
    const standard = {
      type: problemType(this.code),
      title: CATALOGUE[this.code].title,
      status: this.status,
      detail: this.message,
      request_id: requestId,
      ...(this.errors === undefined ? {} : { errors: this.errors }),
    };
    // Named twice: first for a readable order, last to win.
    return { ...standard, ...this.members, ...standard };
  }
}
