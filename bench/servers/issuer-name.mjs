export const ISSUER = 'https://idp.example';
export const AUDIENCE = 'api://orders';
