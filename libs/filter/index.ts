export { FilterBudget } from './budget';
export { compileFilter, type CompiledFilter, type FilterLanguage } from './compile';
export { type FilterFacts, Filter, type FilterVerdict, type Stop } from './filter';
export { type FilterFault, describeFault, type Position } from './fault';
export { MAX_DEPTH, MAX_LENGTH, MAX_NODES, MAX_WORK } from './limits';
