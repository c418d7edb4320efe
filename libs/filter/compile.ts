import { FaultAt, type FilterFault, positionOf } from './fault';
import { Filter } from './filter';
import { MAX_LENGTH } from './limits';
import { type FilterLanguage, Parser } from './parser';

export type { FilterLanguage } from './parser';

export type CompiledFilter =
  { readonly kind: 'filter'; readonly filter: Filter } | { readonly kind: 'fault'; readonly fault: FilterFault };

/**
 * Reads a filter. Never throws, whatever the text is: one that is none comes back as a fault with its place. The time
 * it takes is proportional to the length, which is bounded, as is all that the language can ask for.
 */
export function compileFilter(text: string, language: FilterLanguage): CompiledFilter {
  try {
    if (text.length > MAX_LENGTH) throw new FaultAt(MAX_LENGTH, `expected at most ${MAX_LENGTH} characters`);
    const broken = brokenAt(text);
    if (broken >= 0) throw new FaultAt(broken, 'expected whole characters, not half of a surrogate pair');
    return { kind: 'filter', filter: new Filter(text, new Parser(text, language).parse()) };
  } catch (error) {
    if (!(error instanceof FaultAt)) throw error;
    return { kind: 'fault', fault: { position: positionOf(text, error.offset), message: error.message } };
  }
}

function brokenAt(text: string): number {
  return text.isWellFormed() ? -1 : text.search(/\p{Cs}/u);
}
