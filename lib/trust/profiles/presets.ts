import { auth0 } from './auth0.js';
import { cognito } from './cognito.js';
import { entra } from './entra.js';
import { gcp } from './gcp.js';
import { githubActions } from './github-actions.js';
import { keycloak } from './keycloak.js';
import { kubernetes } from './kubernetes.js';
import { okta } from './okta.js';
import type { Preset } from './preset.js';
import { rfc9068 } from './rfc9068.js';

/** Every profile that comes along for an issuer, by its name. (`spiffe` is for trust domains, which have an entry of their own.) */
export const presets = {
  rfc9068,
  keycloak,
  auth0,
  okta,
  entra,
  cognito,
  kubernetes,
  gcp,
  'github-actions': githubActions,
} as const satisfies Readonly<Record<string, Preset>>;

/** The name of a profile that comes along. */
export type PresetName = keyof typeof presets;
