import type { RequestMapping } from '../../schema/mapping.ts';
import type { OAuthSettings } from '../../schema/oauth.ts';
import type { PostbackTemplate } from '../../schema/postback.ts';
import { EVERFLOW, OUTBRAIN, TABOOLA, TUNE, VOLUUM } from './templates/click-ids.ts';
import { FACEBOOK, GOOGLE_ADS, TIKTOK } from './templates/contacts.ts';

/** The request of a platform, and what has to be known to send it. */
export interface Template {
  request: RequestMapping;
  /** Names that `settings` must have. */
  settings: readonly string[];
  /** Names that `secrets` must list. */
  secrets: readonly string[];
  /** Its access tokens are got by Leadwire. */
  oauth?: OAuthSettings;
  /** Of an answer with 2xx: whether the platform took it. */
  accepted?: string;
}

export const TEMPLATES: Readonly<Record<PostbackTemplate, Template>> = {
  everflow: EVERFLOW,
  tune: TUNE,
  voluum: VOLUUM,
  taboola: TABOOLA,
  outbrain: OUTBRAIN,
  facebook: FACEBOOK,
  google_ads: GOOGLE_ADS,
  tiktok: TIKTOK,
};
