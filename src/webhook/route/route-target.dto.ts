import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsUUID, Matches, ValidateBy, ValidateIf } from 'class-validator';
import { IsLine } from '../input/line.decorator';
import { isWebhookPath, tidyWebhookPath } from './webhook-path';

export const TARGET_KINDS = ['n8n', 'agent'] as const;
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
  @Matches(/^[A-Za-z0-9_-]{1,64}$/, { message: 'must be the id of a workflow, unless webhook_path says its path' })
  workflow_id?: string;

  /** As it stands in the Webhook node, without the `/webhook/` that n8n puts before it. */
  @ValidateIf(({ webhook_path }: N8nTargetDto) => webhook_path !== undefined)
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? tidyWebhookPath(value) : value))
  @IsSoleWebhookPath()
  webhook_path?: string;
}

/** An agent of the program itself. */
export class AgentTargetDto extends RouteTargetDto {
  @ApiProperty({ enum: ['agent'] })
  declare kind: 'agent';

  /** The agent's name. */
  @IsLine(63)
  agent!: string;
}

function IsSoleWebhookPath(): PropertyDecorator {
  return ValidateBy({
    name: 'isSoleWebhookPath',
    validator: {
      validate: (value: unknown, args) => isWebhookPath(value) && !hasWorkflowId(args?.object),
      defaultMessage: (args) =>
        isWebhookPath(args?.value)
          ? 'cannot stand beside workflow_id: give one of the two'
          : 'must be a path of at most 512 characters, without scheme, dot segments, query and fragment',
    },
  });
}

function hasWorkflowId(target: object | undefined): boolean {
  return target instanceof N8nTargetDto && target.workflow_id !== undefined;
}
