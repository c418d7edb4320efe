import 'reflect-metadata';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsObject, IsString, IsUUID, MaxLength, ValidateNested } from 'class-validator';
import { AsParsed, createValidationPipe, Problem } from './index';

class TargetDto {
  @IsUUID()
  integration_id!: string;
}

class RouteDto {
  @IsString()
  @MaxLength(5)
  name!: string;

  @ValidateNested()
  @Type(() => TargetDto)
  target!: TargetDto;

  @IsArray()
  @ArrayMaxSize(2_000)
  @ValidateNested({ each: true })
  @Type(() => TargetDto)
  others: TargetDto[] = [];
}

class NoteDto {
  @IsString()
  title!: string;

  @AsParsed()
  @IsObject()
  data!: object;
}

class PageDto {
  @IsInt()
  @Type(() => Number)
  limit = 50;
}

const anId = '0198c0de-0000-7000-8000-000000000001';

async function refusalOf(value: unknown): Promise<Problem> {
  const outcome: unknown = await createValidationPipe()
    .transform(value, { type: 'body', metatype: RouteDto })
    .then(
      () => 'accepted',
      (error: unknown) => error,
    );
  if (outcome instanceof Problem) return outcome;
  throw new Error(`expected a problem, got ${String(outcome)}`);
}

describe('the validation pipe', () => {
  it('makes an instance of what is right', async () => {
    const body = { name: 'push', target: { integration_id: anId } };
    const dto: unknown = await createValidationPipe().transform(body, { type: 'body', metatype: RouteDto });

    expect(dto).toBeInstanceOf(RouteDto);
    expect(dto).toEqual({ ...body, others: [] });
  });

  it('takes what may be anything as it was parsed', async () => {
    const text = '{"constructor":"x","toString":1,"prototype":{},"__proto__":{"a":1},"deep":[{"constructor":{}}]}';
    const body: unknown = JSON.parse(`{"title":"t","data":${text}}`);
    const dto: unknown = await createValidationPipe().transform(body, { type: 'body', metatype: NoteDto });
    expect(dto).toBeInstanceOf(NoteDto);
    expect(JSON.stringify(dto)).toBe(`{"title":"t","data":${text}}`);
  });

  it.each([[[]], ['text'], [null], [undefined]])('still holds it to its kind: %j', async (data) => {
    const sent = createValidationPipe().transform({ title: 't', data }, { type: 'body', metatype: NoteDto });
    await expect(sent).rejects.toMatchObject({ errors: [{ field: 'data' }] });
  });

  it('turns the text of a query into the type that its DTO names', async () => {
    expect(await createValidationPipe().transform({ limit: '7' }, { type: 'query', metatype: PageDto })).toEqual({
      limit: 7,
    });
  });

  it('names each wrong field by its path', async () => {
    const problem = await refusalOf({
      name: 5,
      target: { integration_id: 'x' },
      others: [{ integration_id: anId }, { integration_id: 'y' }],
    });

    expect(problem.code).toBe('validation-failed');
    expect(problem.errors?.map((error) => error.field)).toEqual(
      expect.arrayContaining(['name', 'target.integration_id', 'others.1.integration_id']),
    );
    expect(problem.errors?.some((error) => error.field.startsWith('others.0'))).toBe(false);
  });

  it('refuses a field that nobody knows, on every level', async () => {
    const problem = await refusalOf({ name: 'push', evil: 1, target: { integration_id: anId, tenant_id: anId } });

    expect(problem.errors).toEqual([
      { field: 'evil', message: 'is not a known field' },
      { field: 'target.tenant_id', message: 'is not a known field' },
    ]);
  });

  it('repeats no value of the client', async () => {
    const problem = await refusalOf({ name: 'hunter2hunter2', target: { integration_id: 'hunter2' } });

    expect(JSON.stringify(problem.toBody('req-1'))).not.toContain('hunter2');
  });

  it('keeps the answer small, whatever is sent', async () => {
    const others = Array.from({ length: 1_000 }, () => ({ integration_id: 'x' }));
    const problem = await refusalOf({
      name: 'push',
      target: { integration_id: anId },
      others,
      ['k'.repeat(90_000)]: 1,
    });

    expect(problem.errors?.length).toBe(100);
    expect(JSON.stringify(problem.errors).length).toBeLessThan(100 * 500);
  });

  it.each([[[]], ['text'], [null], [undefined], [7]])('refuses %p in the place of an object', async (value) => {
    expect((await refusalOf(value)).code).toBe('validation-failed');
  });
});
