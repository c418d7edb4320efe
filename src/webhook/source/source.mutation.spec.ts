import fc from 'fast-check';
import type { IncomingHttpHeaders } from 'node:http';
import { type SenderCase, senderCases } from '../../../test/support/sender-cases';
import type { Source } from './source';
import { findSource } from './source.registry';

const NOW_SECONDS = 1_784_000_000;
const TOLERANCE_SECONDS = 300;
const RUNS = { numRuns: 100 };

/** One change of a text that leaves another text: a character more, a character less, or another in its place. */
const edits = fc.record({
  kind: fc.constantFrom('insert', 'remove', 'replace'),
  at: fc.nat(),
  byte: fc.integer({ min: 0x20, max: 0xff }),
});

interface Edit {
  readonly kind: string;
  readonly at: number;
  readonly byte: number;
}

function edited(bytes: Buffer, { kind, at, byte }: Edit): Buffer {
  const from = at % (bytes.length + (kind === 'insert' ? 1 : 0) || 1);
  const put = kind === 'remove' ? [] : [byte];
  return Buffer.concat([
    bytes.subarray(0, from),
    Buffer.from(put),
    bytes.subarray(kind === 'insert' ? from : from + 1),
  ]);
}

function editedText(text: string, edit: Edit): string {
  return edited(Buffer.from(text, 'latin1'), edit).toString('latin1');
}

/** What a sender of this case sent, and all that it may be tried with. */
interface Sent {
  readonly body: Buffer;
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
  readonly secret: string;
  readonly seconds: number;
}

const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
);
const urls = fc.webUrl({ withQueryParameters: true });

/** Any body, posted to any address at any second that is still fresh, under a secret that was just made. */
function sentBy({ service, newKeys, sign }: SenderCase): fc.Arbitrary<Sent> {
  const source = sourceOf(service);
  const keys = () => newKeys?.() ?? shared(source.newSecret());
  const seconds = fc.integer({ min: NOW_SECONDS - TOLERANCE_SECONDS, max: NOW_SECONDS + TOLERANCE_SECONDS });
  return fc.record({ body: bodies, url: urls, seconds }).map(({ body, url, seconds }) => {
    const { sender, endpoint } = keys();
    return { body, url, seconds, secret: endpoint, headers: sign(sender, { body, seconds, url }) };
  });
}

function shared(secret: string) {
  return { sender: secret, endpoint: secret };
}

describe.each(senderCases)('$title, whatever is sent and when,', (sender) => {
  const { service, config = {}, time, signsBody = true } = sender;
  const source = sourceOf(service);
  const timeHeader = typeof time === 'object' ? [time.header] : [];
  const coveredHeaders = [sender.proofHeader, ...timeHeader, ...(sender.signedHeaders ?? [])];
  const sent = sentBy(sender);

  function isTaken({ body, headers, url, secret }: Sent, nowSeconds = NOW_SECONDS): boolean {
    const keys = { secrets: [secret], config, url, now: new Date(nowSeconds * 1000) };
    return source.verify({ headers, body }, keys).kind === 'valid';
  }

  it('is taken as it is', () => {
    fc.assert(
      fc.property(sent, (request) => isTaken(request)),
      RUNS,
    );
  });

  it('is refused with any change of a header that it covers', () => {
    const changes = fc.tuple(sent, fc.constantFrom(...coveredHeaders), edits);
    fc.assert(
      fc.property(changes, ([request, name, edit]) => {
        const good = String(request.headers[name]);
        const changed = editedText(good, edit);
        // White space at the ends of a header is taken away by HTTP, not by us.
        fc.pre(changed.replaceAll(/^ +| +$/g, '') !== good);
        return !isTaken({ ...request, headers: { ...request.headers, [name]: changed } });
      }),
      RUNS,
    );
  });

  it('is refused without any of these headers', () => {
    fc.assert(
      fc.property(
        sent,
        fc.constantFrom(...coveredHeaders),
        (request, name) => !isTaken({ ...request, headers: { ...request.headers, [name]: undefined } }),
      ),
      RUNS,
    );
  });

  it('is refused under any other secret', () => {
    fc.assert(
      fc.property(fc.tuple(sent, edits), ([request, edit]) => {
        const secret = editedText(request.secret, edit);
        fc.pre(secret !== request.secret);
        return !takes(() => isTaken({ ...request, secret }));
      }),
      RUNS,
    );
  });

  if (signsBody) {
    it('is refused with any change of its body, and with any other body', () => {
      fc.assert(
        fc.property(fc.tuple(sent, edits, bodies), ([request, edit, other]) =>
          [edited(request.body, edit), other].every(
            (body) => body.equals(request.body) || !isTaken({ ...request, body }),
          ),
        ),
        RUNS,
      );
    });
  }

  if (sender.signsUrl) {
    it('is refused at any other address', () => {
      fc.assert(
        fc.property(fc.tuple(sent, edits, urls), ([request, edit, other]) =>
          [editedText(request.url, edit), other].every((url) => url === request.url || !isTaken({ ...request, url })),
        ),
        RUNS,
      );
    });
  }

  if (time) {
    it('is refused as soon as it is too old or too early', () => {
      const beyond = fc.integer({ min: TOLERANCE_SECONDS + 1, max: 10 ** 9 });
      fc.assert(
        fc.property(
          fc.tuple(sent, beyond),
          ([request, seconds]) =>
            !isTaken(request, request.seconds + seconds) && !isTaken(request, request.seconds - seconds),
        ),
        RUNS,
      );
    });
  }
});

/** A changed key may be none any more, and to be told so is as good as a refusal. */
function takes(attempt: () => boolean): boolean {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof Error && error.name === 'SignatureKeyError') return false;
    throw error;
  }
}

function sourceOf(service: string): Source {
  const source = findSource(service);
  if (!source) throw new Error(`no source named ${service}`);
  return source;
}
