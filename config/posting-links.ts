import { randomBytes } from 'node:crypto';
import type { AuditModel } from '../models/audit.ts';
import { insertFence, untilAnswered } from '../models/fence.ts';
import type { PostingLink, PostingLinkModel } from '../models/posting-link.ts';
import { recordChange } from './audit.ts';

/** 192 random bits. */
const TOKEN_FORM = /^[A-Za-z0-9_-]{32}$/;

export interface PostingLinks {
  /** The token of a source's posting instructions, made when there is none. */
  tokenOf(source: string, by: string): Promise<string>;
  /** Gives them a new token; the one before is no good from then on. */
  rotate(source: string, by: string): Promise<string>;
  /** False when there was no token. */
  revoke(source: string, by: string): Promise<boolean>;
  /** The source whose instructions a token opens. */
  sourceOf(token: string): Promise<string | undefined>;
}

export interface PostingLinksDeps {
  models: { postingLinks: PostingLinkModel; audit: AuditModel };
  now?: () => number;
}

/** The addresses under which sellers read their posting instructions. */
export function createPostingLinks({ models, now = Date.now }: PostingLinksDeps): PostingLinks {
  const { postingLinks, audit } = models;
  const newLink = (source: string): PostingLink => ({
    _id: source,
    token: randomBytes(24).toString('base64url'),
    createdAt: new Date(now()),
  });
  const record = (kind: string, id: string, who: string) =>
    recordChange(audit, { at: new Date(now()), who, what: 'posting_link', kind, id });

  return {
    async tokenOf(source, by) {
      const known = await postingLinks.findById(source).lean<PostingLink>();
      if (known) return known.token;
      const link = newLink(source);
      const fenced = await insertFence(postingLinks, link, ({ token }) => token === link.token);
      if (!fenced.ours) return fenced.record.token;
      await record('created', source, by);
      return link.token;
    },

    async rotate(source, by) {
      const { token, createdAt } = newLink(source);
      await untilAnswered(() =>
        postingLinks.updateOne({ _id: source }, { $set: { token, createdAt } }, { upsert: true }),
      );
      await record('rotated', source, by);
      return token;
    },

    async revoke(source, by) {
      const { deletedCount } = await untilAnswered(() => postingLinks.deleteOne({ _id: source }));
      if (deletedCount === 0) return false;
      await record('revoked', source, by);
      return true;
    },

    async sourceOf(token) {
      if (!TOKEN_FORM.test(token)) return undefined;
      return (await postingLinks.findOne({ token }).lean<PostingLink>())?._id;
    },
  };
}
