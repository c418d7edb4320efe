/** No "bot" in it: n8n turns such callers away outside its webhook paths. */
export const USER_AGENT = 'Mira/0.1 (webhook gateway)';
