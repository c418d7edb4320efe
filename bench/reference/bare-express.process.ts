import express from 'express';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { announce } from '../support/service-process.ts';

/** The second reference: what Express alone makes of the same request. */
const app = express();
app.use(express.json());
app.post('/webhook', (_request, response) => {
  response.status(202).json({ id: randomUUID(), status: 'accepted', duplicate: false });
});
announce(createServer(app));
