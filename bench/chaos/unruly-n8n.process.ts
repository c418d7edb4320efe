import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { announce } from '../support/service-process.ts';
import type { Mood } from './unruly-n8n.ts';

/**
 * An n8n from outside that can be told to be ill. `PUT /chaos/MOOD` changes its mood; `GET /chaos` tells how often it
 * took each event, and how many requests it has not answered. Everything else depends on the mood.
 */
const LATE_MS = 4_000;
const taken = new Map<string, number>();
let mood: Mood = 'well';
let unanswered = 0;
let turn = 0;

/** Whoever is told 2xx need not send it again, however strange the rest of the answer is. */
function take(event: string | undefined): void {
  // A question whether it is well.
  if (event === undefined) return;
  taken.set(event, (taken.get(event) ?? 0) + 1);
}

const GARBAGE: readonly ((response: ServerResponse, event: string | undefined) => void)[] = [
  (response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<html><h1>502 Bad Gateway</h1></html>'),
  (response, event) => {
    take(event);
    response.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from([0xff, 0x00, 0xfe, 0x7b]));
  },
  (response) => void response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n'),
  (response) => response.writeHead(503, { 'content-type': 'application/json' }).end('{"message":'),
  (response, event) => {
    take(event);
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
  },
];

function answer(response: ServerResponse, event: string | undefined): void {
  switch (mood) {
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'late':
      // It works on it from now on, whether or not somebody still waits for the answer.
      take(event);
      setTimeout(() => accept(response), Math.random() * LATE_MS);
      return;
    case 'garbage':
      GARBAGE[turn++ % GARBAGE.length]?.(response, event);
      return;
    case 'well':
      take(event);
      accept(response);
  }
}

function accept(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"message":"Workflow was started"}');
}

announce(
  createServer((request, response) => {
    const { url = '', method } = request;
    if (url.startsWith('/chaos')) {
      if (method === 'PUT') mood = url.slice('/chaos/'.length) as Mood;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ taken: [...taken], unanswered }));
      return;
    }
    unanswered++;
    response.once('close', () => unanswered--);
    const event = request.headers['x-mira-event-id'];
    text(request).then(
      () => answer(response, event?.toString()),
      () => undefined,
    );
  }),
);
