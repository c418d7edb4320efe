/** Whose password was proved. */
export interface ProvenUser {
  readonly tenantId: string;
  readonly id: string;
  /** Of the password that was proved. */
  readonly passwordHash: string;
}
