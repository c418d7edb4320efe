/** The messages of a client, as PostgreSQL's protocol 3.0 frames them ("Message Formats" in its manual). */

const STARTUP_HEADER_BYTES = 4;
const HEADER_BYTES = 5;
const SSL_REQUEST = 80_877_103;
const GSSENC_REQUEST = 80_877_104;
const CANCEL_REQUEST = 80_877_102;

/** `end`: nothing is to be waited for any more before the backend answers. `ready`: its answer ends the pipeline. */
export interface FrontendMessage {
  readonly bytes: Buffer;
  readonly kind: 'startup' | 'encryption' | 'cancel' | 'terminate' | 'part' | 'end' | 'ready';
}

/** Cuts a stream of bytes into messages. Bytes are joined once a message is whole, however many pieces it came in. */
export class MessageReader {
  private pieces: Buffer[] = [];
  private length = 0;
  private wanted = STARTUP_HEADER_BYTES;
  private started = false;

  /** The messages that are whole with these bytes. */
  read(piece: Buffer): FrontendMessage[] {
    this.pieces.push(piece);
    this.length += piece.length;
    if (this.length < this.wanted) return [];
    let rest = Buffer.concat(this.pieces, this.length);
    const messages: FrontendMessage[] = [];
    for (;;) {
      this.wanted = this.lengthOfFirst(rest);
      if (rest.length < this.wanted) break;
      const message = this.messageOf(rest.subarray(0, this.wanted));
      messages.push(message);
      rest = rest.subarray(this.wanted);
      this.started ||= message.kind === 'startup';
    }
    this.pieces = [rest];
    this.length = rest.length;
    return messages;
  }

  /** As far as can be told yet: a message's length stands in its first bytes, after its type if it has one. */
  private lengthOfFirst(bytes: Buffer): number {
    const header = this.started ? HEADER_BYTES : STARTUP_HEADER_BYTES;
    if (bytes.length < header) return header;
    return this.started ? 1 + bytes.readInt32BE(1) : bytes.readInt32BE(0);
  }

  private messageOf(bytes: Buffer): FrontendMessage {
    return { bytes, kind: this.started ? kindOf(bytes) : startupKindOf(bytes.readInt32BE(4)) };
  }
}

function startupKindOf(code: number): FrontendMessage['kind'] {
  if (code === SSL_REQUEST || code === GSSENC_REQUEST) return 'encryption';
  return code === CANCEL_REQUEST ? 'cancel' : 'startup';
}

/** Parse, Bind, Describe, Execute and Close are answered together with what ends them: Sync, or a Flush. */
function kindOf(bytes: Buffer): FrontendMessage['kind'] {
  switch (typeOf(bytes)) {
    case 'P':
    case 'B':
    case 'D':
    case 'E':
    case 'C':
      return 'part';
    case 'Q':
    case 'S':
    case 'F':
      return 'ready';
    case 'X':
      return 'terminate';
    default:
      return 'end';
  }
}

/** Gives prepared statements other names: each of Parse, Bind, Describe and Close says in another place which it means. */
export function renameStatement({ bytes, kind }: FrontendMessage, rename: (name: string) => string): Buffer {
  const at = kind === 'part' ? statementAt(bytes) : -1;
  if (at === -1) return bytes;
  const end = bytes.indexOf(0, at);
  if (end === at) return bytes;
  const name = Buffer.from(rename(bytes.toString('utf8', at, end)));
  const renamed = Buffer.concat([bytes.subarray(0, at), name, bytes.subarray(end)]);
  renamed.writeInt32BE(renamed.length - 1, 1);
  return renamed;
}

/** Where the name of a statement begins, or -1 in a message that has none. */
function statementAt(bytes: Buffer): number {
  switch (typeOf(bytes)) {
    case 'P':
      return HEADER_BYTES;
    case 'B':
      return bytes.indexOf(0, HEADER_BYTES) + 1;
    case 'D':
    case 'C':
      return bytes[HEADER_BYTES] === 'S'.charCodeAt(0) ? HEADER_BYTES + 1 : -1;
    default:
      return -1;
  }
}

export function closeStatement(name: string): Buffer {
  return frontendMessage('C', `S${name}\0`);
}

export function query(text: string): Buffer {
  return frontendMessage('Q', `${text}\0`);
}

export function sync(): Buffer {
  return frontendMessage('S', '');
}

function frontendMessage(type: string, body: string): Buffer {
  const message = Buffer.from(`${type}\0\0\0\0${body}`);
  message.writeInt32BE(message.length - 1, 1);
  return message;
}

function typeOf(bytes: Buffer): string {
  return String.fromCharCode(bytes[0] ?? 0);
}
