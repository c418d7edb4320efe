export { answerProblem, problemCodeOf, PROBLEM_CONTENT_TYPE, requestIdOf } from './answer';
export { CATALOGUE, problemType, type ProblemCode, type ProblemKind } from './catalogue';
export { Problem, type FieldError, type ProblemBody, type ProblemOptions } from './problem';
export { ProblemFilter, problemErrorMiddleware } from './problem.filter';
export { problems, type FeatureNotInPlan, type LimitReached, type QuotaExceeded } from './problems';
export { answerClientError, clientErrorCode, problemResponseText } from './raw-answer';
export { describeError, type ErrorReport } from './report';
export { toProblem, type ProblemClassifier } from './to-problem';
export { createValidationPipe, validationProblem } from './validation.pipe';
