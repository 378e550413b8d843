/** "Payment managers approve up to 10,000, the CFO anything", for Cerbos. */
export const CERBOS_RULE = `
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  version: default
  resource: payment
  rules:
    - actions: ['payments:approve']
      effect: EFFECT_ALLOW
      roles: ['*']
      condition:
        match:
          any:
            of:
              - expr: '"cfo" in P.attr.roles'
              - expr: '"payment-manager" in P.attr.roles && R.attr.amount <= 10000'
`;

/** The same in Cedar. */
export const CEDAR_RULE = {
  policies: `
    @id("manager-limit")
    permit(principal, action == Action::"payments:approve", resource)
    when { principal.roles.contains("payment-manager") && resource has amount && resource.amount <= 10000 };
    @id("cfo")
    permit(principal, action == Action::"payments:approve", resource) when { principal.roles.contains("cfo") };`,
  schema: `
    entity User { issuer: String, permissions: Set<String>, roles: Set<String> };
    entity Payment { amount?: Long };
    action "payments:approve" appliesTo { principal: [User], resource: [Payment], context: {} };`,
};
