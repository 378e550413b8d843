import { describe, expect, it } from '@jest/globals';
import {
  createProvider,
  itBoundsLife,
  itRefuses,
  NOW,
  problemWith,
  withIdTokenClaims,
  without,
} from '../../support/provider.js';

const issuer = 'https://token.actions.githubusercontent.com';
const sub = 'repo:octo-org/octo-repo:environment:prod';
const entry = { issuer, profile: 'github-actions', permissions: { grants: { [sub]: ['orders:deploy'] } } };
const github = createProvider(entry);

/** As its documentation shows it. */
const job = {
  header: { typ: 'JWT', alg: 'RS256', x5t: 'example-thumbprint' },
  claims: {
    jti: '6fbebfe3-9eb4-4028-a592-5422768b53bc',
    sub,
    environment: 'prod',
    aud: 'api://orders',
    ref: 'refs/heads/main',
    sha: '796a6cfb48152b077701fced55d480bf1d90e1e2',
    repository: 'octo-org/octo-repo',
    repository_owner: 'octo-org',
    actor_id: '12',
    repository_visibility: 'private',
    repository_id: '74',
    repository_owner_id: '65',
    run_id: '1959414638',
    run_number: '10',
    run_attempt: '2',
    runner_environment: 'github-hosted',
    actor: 'octocat',
    workflow: 'example-workflow',
    head_ref: '',
    base_ref: '',
    event_name: 'workflow_dispatch',
    ref_type: 'branch',
    job_workflow_ref: 'octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main',
    iss: issuer,
    nbf: NOW - 600,
    exp: NOW + 300,
    iat: NOW,
  },
};
const texts = ['repository', 'repository_id', 'repository_owner_id', 'job_workflow_ref'];

describe('GitHub Actions', () => {
  it('tells a job by its whole subject, and gives it what it is granted', async () => {
    const principal = await github.verify(job);
    expect(principal).toMatchObject({ issuer, kind: 'service', subject: sub });
    expect(principal.clientId).toBeUndefined();
    expect([...principal.permissions]).toEqual(['orders:deploy']);
  });

  it.each([
    ['another repository', 'repo:octo-org/another:environment:prod'],
    ['another owner’s repository of that name', 'repo:evil-org/octo-repo:environment:prod'],
    ['another environment', 'repo:octo-org/octo-repo:environment:prod2'],
    ['a branch', 'repo:octo-org/octo-repo:ref:refs/heads/main'],
    ['a pull request', 'repo:octo-org/octo-repo:pull_request'],
    ['the beginning of the subject', 'repo:octo-org/octo-repo'],
    ['the case of the subject', 'repo:Octo-org/octo-repo:environment:prod'],
  ])('gives nothing to %s', async (_what, subject) => {
    expect([...(await github.verify(job, { claims: { sub: subject } })).permissions]).toEqual([]);
  });

  it('may leave out the type', async () => {
    expect(await github.judge(job, { header: { typ: undefined } })).toBe('accepted');
  });

  describe('refuses', () => {
    itRefuses(github, [
      [
        'a token for its repository’s owner',
        job,
        { claims: { aud: 'https://github.com/octo-org' } },
        'audience_mismatch',
      ],
      ['the issuer of an enterprise', job, { claims: { iss: `${issuer}/octo-enterprise` } }, 'issuer_untrusted'],
      ['at+jwt, which it never says', job, { header: { typ: 'at+jwt' } }, 'token_type_refused'],
      ['PS256', job, { header: { alg: 'PS256' } }, 'algorithm_refused'],
      ['ES256', job, { header: { alg: 'ES256' } }, 'algorithm_refused'],
      ...texts.map((name) => [`${name} in a number`, job, { claims: { [name]: 74 } }, 'claim_invalid'] as const),
      ...texts.map((name) => [`an empty ${name}`, job, { claims: { [name]: '' } }, 'claim_invalid'] as const),
      ...without(job, [...texts, 'sub', 'jti', 'nbf', 'aud', 'exp', 'iat']),
      ...withIdTokenClaims(job),
    ]);
  });

  itBoundsLife(github, [['a job', job, 900]]);
});

it('GitHub names neither permissions nor roles: grants alone count', () => {
  expect(problemWith(entry)).toBe('accepted');
  expect(problemWith({ issuer, profile: 'github-actions' })).toMatch(
    /^trust\[0\]\.permissions .*gives nobody anything/,
  );
  expect(problemWith({ ...entry, roles: { deployer: ['orders:deploy'] } })).toMatch(
    /^trust\[0\]\.roles .*the profile names no claim that holds roles; write permissions: \{ roleClaims/,
  );
});
