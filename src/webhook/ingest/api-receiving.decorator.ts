import { HOPS_HEADER } from '@mira/internal-event';
import { ApiProblem } from '@mira/problem';
import { applyDecorators } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiConsumes,
  ApiExtraModels,
  ApiHeader,
  ApiOkResponse,
  ApiParam,
  getSchemaPath,
} from '@nestjs/swagger';
import { serviceNames } from '../source/source.registry';
import { ReceivedView } from './received.dto';

const HANDSHAKE = { type: 'object', properties: { challenge: { type: 'string' } }, required: ['challenge'] };

/** What a receiving route takes and answers, which no type of its method tells: it reads bytes, not a DTO. */
export function ApiReceiving(): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(ReceivedView),
    ApiParam({ name: 'service', schema: { type: 'string', enum: [...serviceNames] } }),
    ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same for each try of one delivery' }),
    ApiHeader({ name: HOPS_HEADER, required: false, description: 'How many deliveries of Mira led to it' }),
    ApiConsumes('application/json', 'application/x-www-form-urlencoded', 'application/xml', 'text/plain'),
    ApiBody({ description: 'Kept byte for byte', required: false, schema: {} }),
    ApiAcceptedResponse({ type: ReceivedView, description: 'Stored, together with its deliveries' }),
    ApiOkResponse({
      description:
        'A duplicate: the id is that of the first one. Or the answer to a handshake, of which nothing is stored: to ' +
        "Slack's `url_verification` it is the `challenge` that was sent",
      schema: { oneOf: [{ $ref: getSchemaPath(ReceivedView) }, HANDSHAKE] },
    }),
    ApiProblem(400, 'The body is not what its content type says, or the id of the delivery cannot be kept.'),
    ApiProblem(401, 'There is no proof of who sends it, or the API key is unknown.'),
    ApiProblem(403, 'The proof is wrong, stale or replayed, or the API key may not receive.'),
    ApiProblem(404, 'There is no such service or endpoint, or webhooks are not received.'),
    ApiProblem(413, 'The body is larger than `webhook.max_body_bytes`.'),
    ApiProblem(415, 'A content type, charset or encoding that is not taken.'),
    ApiProblem(429, 'The rate limit, or the quota of the plan; `Retry-After` says when to come again.'),
    ApiProblem(508, 'It was delivered so often already that it goes round in a circle.'),
  );
}
