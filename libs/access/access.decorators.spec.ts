import { accessOf, Allow, Public, SignedIn } from './index';

@SignedIn()
class Declared {
  inherits(): void {}

  @Allow('webhook:configure', 'webhook:read')
  configure(): void {}

  @Public('probes carry no credentials')
  open(): void {}
}

class Undeclared {
  forgotten(): void {}

  @Allow('audit:read')
  audited(): void {}
}

describe('the access decorators', () => {
  it('are read from the method first, then from its class', () => {
    const { configure, inherits, open } = Declared.prototype;

    expect(accessOf(configure, Declared)).toEqual({
      kind: 'allow',
      permissions: ['webhook:configure', 'webhook:read'],
    });
    expect(accessOf(open, Declared)).toEqual({ kind: 'public', reason: 'probes carry no credentials' });
    expect(accessOf(inherits, Declared)).toEqual({ kind: 'signed-in' });
  });

  it('say null where nothing was declared', () => {
    expect(accessOf(Undeclared.prototype.forgotten, Undeclared)).toBeNull();
    expect(accessOf(Undeclared.prototype.audited, Undeclared)).toEqual({ kind: 'allow', permissions: ['audit:read'] });
  });

  it('let nothing be open without a reason', () => {
    expect(() => Public('  ')).toThrow('reason');
  });

  it('refuse a second declaration in the same place', () => {
    expect(() => {
      class Torn {
        @Public('a mistake')
        @Allow('audit:read')
        both(): void {}
      }
      return Torn;
    }).toThrow('Access to both is declared twice');
  });

  it('let a subclass declare for itself what its parent declared otherwise', () => {
    @Allow('benchmark:read')
    class Child extends Declared {}

    expect(accessOf(Declared.prototype.inherits, Child)).toEqual({ kind: 'allow', permissions: ['benchmark:read'] });
  });

  it('refuse to be put on anything but a method or a class', () => {
    expect(() => SignedIn()({}, 'field', undefined)).toThrow('not on field');
  });
});
