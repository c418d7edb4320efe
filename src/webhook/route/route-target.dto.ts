import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsUUID, ValidateBy, ValidateIf } from 'class-validator';
import { webhookPathFault, workflowIdFault } from '../../n8n/webhook-path';
import { IsLine } from '../input/line.decorator';

export const TARGET_KINDS = ['n8n', 'http', 'agent'] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** Where a route leads, as long as nobody knows of which kind it is. */
export class RouteTargetDto {
  @IsIn(TARGET_KINDS, { message: `must be one of the kinds that there are: ${TARGET_KINDS.join(', ')}` })
  kind!: TargetKind;
}

/** A workflow of a connected n8n, named by its id or by the path of its Webhook node: one of the two. */
export class N8nTargetDto extends RouteTargetDto {
  @ApiProperty({ enum: ['n8n'] })
  declare kind: 'n8n';

  @IsUUID(undefined, { message: 'must be the id of an integration' })
  integration_id!: string;

  @ValidateIf(({ workflow_id, webhook_path }: N8nTargetDto) => workflow_id !== undefined || webhook_path === undefined)
  @IsSoundText('isWorkflowId', workflowIdFault, 'must be the id of a workflow, unless webhook_path says its path')
  workflow_id?: string;

  /** As it stands in the Webhook node, without the `/webhook/` that n8n puts before it. */
  @ValidateIf(({ webhook_path }: N8nTargetDto) => webhook_path !== undefined)
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.replace(/^\//, '') : value))
  @IsSoundText('isWebhookPath', webhookPathFault, 'must be the path of a webhook')
  @IsAloneBeside('workflow_id')
  webhook_path?: string;
}

/** A receiver of any make: an integration of kind `http`. */
export class HttpTargetDto extends RouteTargetDto {
  @ApiProperty({ enum: ['http'] })
  declare kind: 'http';

  @IsUUID(undefined, { message: 'must be the id of an integration' })
  integration_id!: string;
}

/** An agent of the program itself. */
export class AgentTargetDto extends RouteTargetDto {
  @ApiProperty({ enum: ['agent'] })
  declare kind: 'agent';

  /** The agent's name. */
  @IsLine(63)
  agent!: string;
}

/** A text in which `faultOf` finds nothing wrong; `wanted` is said where there is no text at all. */
function IsSoundText(name: string, faultOf: (text: string) => string | null, wanted: string): PropertyDecorator {
  const fault = (value: unknown): string | null => (typeof value === 'string' ? faultOf(value) : wanted);
  return ValidateBy({
    name,
    validator: {
      validate: (value: unknown) => fault(value) === null,
      defaultMessage: (args) => fault(args?.value) ?? '',
    },
  });
}

/** Two ways of naming one thing: only one of them may be given. */
function IsAloneBeside(other: keyof N8nTargetDto): PropertyDecorator {
  return ValidateBy({
    name: 'isAloneBeside',
    validator: {
      validate: (_value: unknown, args) => !(args?.object instanceof N8nTargetDto) || args.object[other] === undefined,
      defaultMessage: () => `cannot stand beside ${other}: give one of the two`,
    },
  });
}
