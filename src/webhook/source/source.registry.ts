import { GenericSource } from './generic.source';
import { GithubSource } from './github.source';
import { GitlabSource } from './gitlab.source';
import { JiraSource } from './jira.source';
import { N8nSource } from './n8n.source';
import { ShopifySource } from './shopify.source';
import { SlackSource } from './slack.source';
import type { Source } from './source';
import { StandardSource } from './standard.source';
import { StripeSource } from './stripe.source';
import { TrelloSource } from './trello.source';

/** Every sender that Mira knows. A new one is a file beside this one, and two lines here. */
const sources: readonly Source[] = [
  new N8nSource(),
  new GithubSource(),
  new GitlabSource(),
  new StripeSource(),
  new SlackSource(),
  new ShopifySource(),
  new JiraSource(),
  new TrelloSource(),
  new StandardSource(),
  new GenericSource(),
];

const byName: ReadonlyMap<string, Source> = new Map(sources.map((source) => [source.name, source]));

/** The names that may stand in the URL. */
export const serviceNames: readonly string[] = [...byName.keys()];

/** The program itself: it tells what happens in it, and nobody else can send in its name. */
export const INTERNAL_SERVICE = 'mira';

/** Whose events there can be, and so what routes may ask for. */
export const routableServices: readonly string[] = [...serviceNames, INTERNAL_SERVICE];

/** The source of a `:service`, or undefined where there is no such sender. Names are matched exactly. */
export function findSource(service: string): Source | undefined {
  return byName.get(service);
}
