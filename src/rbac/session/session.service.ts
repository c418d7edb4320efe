import { AccessLease, type Origin } from '@mira/access';
import { type Actor, actsOn, AuditTrail } from '@mira/audit';
import { problems } from '@mira/problem';
import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TenantDatabase } from '../../database/tenant.database';
import { AccessTokens } from './access-token';
import { decideRefresh } from './refresh.decision';
import { generateRefreshToken, hashRefreshToken, isRefreshTokenShape } from './refresh-token.format';
import type { ProvenUser } from './proven-user';
import { type Account, type SessionPlace, SessionRepository } from './session.repository';

/** What a client gets to act with, and whom it acts for. */
export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly account: Account;
}

const acts = actsOn('session');

type Exchange =
  | { readonly kind: 'issued'; readonly tokens: IssuedTokens }
  | { readonly kind: 'refused' }
  | { readonly kind: 'ended' };

/** Begins, continues and ends sessions. A session is a family of refresh tokens, each the successor of another. */
@Injectable()
export class SessionService {
  private readonly logger = new Logger(SessionService.name);

  constructor(
    private readonly database: TenantDatabase,
    private readonly sessions: SessionRepository,
    private readonly tokens: AccessTokens,
    private readonly lease: AccessLease,
    private readonly trail: AuditTrail,
  ) {}

  /** For somebody whose password was just proved, unless it was changed since, which ended all sessions. */
  async begin(user: ProvenUser, origin: Origin): Promise<IssuedTokens> {
    const { tenantId, id: userId } = user;
    const exchange = await this.database.transaction(tenantId, async (manager): Promise<Exchange> => {
      if (!(await this.sessions.holdProven(manager, user))) return { kind: 'refused' };
      const sessionId = await this.sessions.create(manager, tenantId, userId);
      const issued = await this.issue(manager, { tenantId, sessionId }, userId);
      const who = { tenantId, userId, apiKeyId: null, origin };
      await this.trail.record(manager, who, acts.did('signed_in', sessionId));
      return issued;
    });
    if (exchange.kind !== 'issued')
      throw problems.unauthorized('The password was changed just now. Sign in with the new one.');
    return exchange.tokens;
  }

  /** Exchanges a refresh token for its successor and a new access token. */
  async refresh(refreshToken: string, origin: Origin): Promise<IssuedTokens> {
    if (!isRefreshTokenShape(refreshToken)) throw refused();
    const tokenHash = hashRefreshToken(refreshToken);
    const place = await this.sessions.placeOf(tokenHash);
    if (!place) throw refused();
    const exchange = await this.database.transaction(place.tenantId, (manager) =>
      this.exchange(manager, { ...place, origin }, tokenHash),
    );
    switch (exchange.kind) {
      case 'issued':
        return exchange.tokens;
      case 'refused':
        throw refused();
      case 'ended':
        this.logger.warn({
          msg: 'a refresh token was used twice; its session was ended',
          tenant_id: place.tenantId,
          session_id: place.sessionId,
        });
        await this.lease.passed();
        throw refused();
    }
  }

  /** Signs out of one session. When it returns, none of its tokens is good anywhere. */
  async end(who: Actor, sessionId: string): Promise<void> {
    const { tenantId } = who;
    await this.database.transaction(tenantId, async (manager) => {
      await this.sessions.end(manager, { tenantId, sessionId });
      await this.trail.record(manager, who, acts.did('signed_out', sessionId));
    });
    await this.lease.passed();
  }

  async endAll(who: Actor, userId: string): Promise<void> {
    const { tenantId } = who;
    await this.database.transaction(tenantId, async (manager) => {
      await this.endAllWithin(manager, tenantId, userId);
      await this.trail.record(manager, who, actsOn('user').did('signed_out_everywhere', userId));
    });
    await this.lease.passed();
  }

  /**
   * Ends a user's sessions within the caller's transaction, say when the password changes; `except` stays. The caller
   * waits for the {@link AccessLease} after the commit.
   */
  async endAllWithin(manager: EntityManager, tenantId: string, userId: string, except: string | null = null) {
    await this.sessions.endAll(manager, tenantId, userId, except);
  }

  private async exchange(
    manager: EntityManager,
    place: SessionPlace & { origin: Origin },
    tokenHash: Buffer,
  ): Promise<Exchange> {
    const token = await this.sessions.lockToken(manager, place, tokenHash);
    if (!token) return { kind: 'refused' };
    const decision = decideRefresh(token, token.now);
    switch (decision) {
      case 'rotate':
        await this.sessions.markUsed(manager, place.tenantId, tokenHash, token.now);
        return this.issue(manager, place, token.userId);
      case 'repeat':
        return this.issue(manager, place, token.userId);
      case 'end-session':
        await this.sessions.end(manager, place);
        await this.recordTheft(manager, place, token.userId);
        return { kind: 'ended' };
      case 'refuse':
        return { kind: 'refused' };
    }
  }

  /** Whose session it was is known; who came with the token is not. */
  private async recordTheft(
    manager: EntityManager,
    { tenantId, sessionId, origin }: SessionPlace & { origin: Origin },
    userId: string,
  ): Promise<void> {
    const who = { tenantId, userId: null, apiKeyId: null, origin };
    const after = { user_id: userId };
    await this.trail.record(manager, who, acts.did('ended_by_token_reuse', sessionId, { after, outcome: 'denied' }));
  }

  private async issue(manager: EntityManager, place: SessionPlace, userId: string): Promise<Exchange> {
    const account = await this.sessions.account(manager, place.tenantId, userId);
    if (!account) return { kind: 'refused' };
    const refreshToken = generateRefreshToken();
    await this.sessions.addToken(manager, place, hashRefreshToken(refreshToken));
    const { tenantId, sessionId } = place;
    const accessToken = this.tokens.sign({ tenantId, sessionId, userId }, new Date());
    return { kind: 'issued', tokens: { accessToken, refreshToken, account } };
  }
}

function refused() {
  return problems.unauthorized('The refresh token is unknown, expired or was taken back. Sign in again.');
}
