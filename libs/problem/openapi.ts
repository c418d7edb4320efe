import { ApiResponse } from '@nestjs/swagger';
import { PROBLEM_CONTENT_TYPE } from './answer';
import { problemType } from './catalogue';

/** The schema of every failure, to stand as `Problem` among the components of an OpenAPI document. */
export const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'A failure, as in RFC 9457. Some kinds have members beyond these.',
  required: ['type', 'title', 'status', 'detail', 'request_id'],
  properties: {
    type: { type: 'string', description: 'Names the kind, for good.', example: problemType('not-found') },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    request_id: { type: 'string', description: 'What the log knows the request by.' },
    errors: {
      type: 'array',
      description: 'The wrong fields, where a request is not valid.',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
  additionalProperties: true,
};

/** An answer of OpenAPI that is a problem, with the words of when it is given. */
export function problemAnswer(description: string) {
  return { description, content: { [PROBLEM_CONTENT_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } } };
}

/** Documents a problem that a route answers, where it is not one that all routes of its kind have. */
export function ApiProblem(status: number, description: string): MethodDecorator & ClassDecorator {
  return ApiResponse({ status, ...problemAnswer(description) });
}
