import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { isUUID } from 'class-validator';

/**
 * Ids in addresses, in the one spelling that the database gives them. It finds them in any, but what is compared
 * beside it (is this my own? which tenant is to be deleted?) must not come to another answer.
 */
@Injectable()
export class LowerCaseIdPipe implements PipeTransform<unknown> {
  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    return type === 'param' && typeof value === 'string' && isUUID(value) ? value.toLowerCase() : value;
  }
}
