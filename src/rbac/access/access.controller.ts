import { CurrentPrincipal, type Principal, SignedIn } from '@mira/access';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AccessService } from './access.service';
import { ExplainQuery, type ExplanationView, explanationView } from './explain.dto';

@ApiTags('access')
@Controller('api/v1/access')
export class AccessController {
  constructor(private readonly access: AccessService) {}

  /** Whether one may do something, and what that rests on. */
  @Get('explain')
  @SignedIn()
  async explain(@CurrentPrincipal() who: Principal, @Query() { permission }: ExplainQuery): Promise<ExplanationView> {
    return explanationView(permission, await this.access.explain(who, permission));
  }
}
