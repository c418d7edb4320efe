import type { PGlite } from '@electric-sql/pglite';
import { createServer, type Server, type Socket } from 'node:net';
import {
  closeStatement,
  type FrontendMessage,
  MessageReader,
  query,
  renameStatement,
  sync,
} from './frontend-messages.mts';

/**
 * Serves many connections with the one backend that PGlite has. They take turns: a turn begins when a connection has
 * sent all of a query, and ends when the backend has answered it and is in no transaction. So neither the steps of one
 * query nor the statements of one transaction ever come between those of another. What a backend would keep for a
 * connection is kept apart: prepared statements get names of their own, and a lost connection's transaction is undone.
 */
export class SharedBackend {
  private readonly db: PGlite;
  private readonly server: Server;
  private readonly connections = new Set<Connection>();
  /** Who is in the middle of a transaction, and alone until its end. */
  private holder: Connection | null = null;
  private working: Promise<void> | null = null;
  private accepted = 0;
  private closing = false;

  constructor(db: PGlite) {
    this.db = db;
    this.server = createServer((socket) => this.accept(socket));
  }

  async listen(path: string): Promise<void> {
    await new Promise<void>((done, fail) => this.server.once('error', fail).listen(path, done));
  }

  /** Cuts all connections and finishes what the backend is at. */
  async close(): Promise<void> {
    this.closing = true;
    this.server.close();
    for (const connection of this.connections) connection.destroy();
    await this.working;
  }

  private accept(socket: Socket): void {
    const connection = new Connection(socket, ++this.accepted, () => this.work());
    this.connections.add(connection);
  }

  /** Starts working off what there is to do, unless that is under way. A failure ends the thread: PGlite is broken then. */
  private work(): void {
    this.working ??= this.workOff().finally(() => {
      this.working = null;
    });
  }

  private async workOff(): Promise<void> {
    for (let next = this.choose(); next; next = this.choose()) {
      if (next.closed) await this.bury(next);
      else await this.serve(next);
    }
  }

  /** Whose turn it is: the holder's until it lets go, else that of whoever has waited for longest. */
  private choose(): Connection | undefined {
    if (this.closing) return undefined;
    if (this.holder) return this.holder.closed || this.holder.ready ? this.holder : undefined;
    let first: Connection | undefined;
    for (const connection of this.connections) {
      if (connection.closed) return connection;
      if (connection.ready && (!first || connection.waitingSince < first.waitingSince)) first = connection;
    }
    return first;
  }

  private async serve(connection: Connection): Promise<void> {
    const { bytes, endsPipeline } = connection.take();
    this.holder = connection;
    await this.execute(bytes, (answer) => connection.answer(answer));
    if (endsPipeline && !this.db.isInTransaction()) this.holder = null;
  }

  private async bury(connection: Connection): Promise<void> {
    const undo = this.holder === connection ? [sync(), query('ROLLBACK')] : [];
    this.holder = null;
    this.connections.delete(connection);
    const forget = connection.statements.map(closeStatement);
    const farewell = [...undo, ...(forget.length > 0 ? [...forget, sync()] : [])];
    if (farewell.length > 0) await this.execute(Buffer.concat(farewell), () => undefined);
  }

  private async execute(bytes: Buffer, onAnswer: (answer: Buffer) => void): Promise<void> {
    // A copy: what PGlite hands over is its own memory, which it goes on to use.
    await this.db.execProtocolRawStream(bytes, { onRawData: (answer) => onAnswer(Buffer.from(answer)) });
  }
}

/** One client: what it has sent and was not served yet. */
class Connection {
  closed = false;
  /** When the query that is to be served next was whole, in the order of all. */
  waitingSince = 0;
  private static clock = 0;
  private readonly socket: Socket;
  private readonly number: number;
  private readonly onWork: () => void;
  private readonly reader = new MessageReader();
  private readonly names = new Map<string, string>();
  private messages: FrontendMessage[] = [];
  /** How many of the messages make up the next query; 0 while it is not whole. */
  private nextCount = 0;

  constructor(socket: Socket, number: number, onWork: () => void) {
    this.socket = socket;
    this.number = number;
    this.onWork = onWork;
    socket.on('data', (piece) => this.receive(Buffer.from(piece)));
    // The client hung up; `close` follows.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.closed = true;
      this.onWork();
    });
  }

  /** Whether there is something that the backend can be given. */
  get ready(): boolean {
    return this.nextCount > 0;
  }

  /** What the backend knows of this connection's statements. */
  get statements(): string[] {
    return [...this.names.values()];
  }

  /** The next query, with all of its steps. */
  take(): { bytes: Buffer; endsPipeline: boolean } {
    const taken = this.messages.slice(0, this.nextCount);
    this.messages = this.messages.slice(this.nextCount);
    this.findNext();
    const renamed = taken.map((message) => renameStatement(message, (name) => this.nameInBackend(name)));
    return { bytes: Buffer.concat(renamed), endsPipeline: taken.at(-1)?.kind !== 'end' };
  }

  answer(bytes: Buffer): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  destroy(): void {
    this.socket.destroy();
  }

  private receive(piece: Buffer): void {
    for (const message of this.reader.read(piece)) {
      switch (message.kind) {
        case 'encryption':
          this.answer(Buffer.from('N'));
          break;
        case 'cancel':
        case 'terminate':
          this.socket.end();
          break;
        case 'startup':
        case 'part':
        case 'end':
        case 'ready':
          this.messages.push(message);
          break;
      }
    }
    if (this.nextCount > 0) return;
    this.findNext();
    if (this.ready) this.onWork();
  }

  private findNext(): void {
    this.nextCount = this.messages.findIndex(({ kind }) => kind !== 'part') + 1;
    if (this.nextCount > 0) this.waitingSince = ++Connection.clock;
  }

  private nameInBackend(name: string): string {
    const known = this.names.get(name);
    if (known !== undefined) return known;
    const made = `mira_${this.number}_${this.names.size}`;
    this.names.set(name, made);
    return made;
  }
}
