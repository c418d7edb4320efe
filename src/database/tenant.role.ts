/** The role that row-level security applies to, whoever the login user is (PGlite's is a superuser). */
export const TENANT_ROLE = 'mira_tenant';
