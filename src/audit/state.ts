/** What the audit keeps in the state directory. */
import { join } from "node:path";

/** Absolute paths of the audit's files. All are mode 0600 in a directory of mode 0700. */
export interface AuditFiles {
  /** The main database, shared with approvals and sessions. */
  readonly database: string;
  /** Ed25519 private key that signs checkpoints (PKCS 8, PEM). */
  readonly key: string;
  /** The key that a rotation is about to put in force. */
  readonly nextKey: string;
  /** Key of argument digests, 32 bytes. */
  readonly digestKey: string;
  /** Every checkpoint, append-only. */
  readonly anchor: string;
  readonly ballast: string;
  /** A lock file for each process that writes. */
  readonly writers: string;
  /** Where `audit backup` puts its files. */
  readonly backups: string;
}

/** The audit's files in a state directory. */
export function auditFiles(directory: string): AuditFiles {
  return {
    database: join(directory, "portcullis.db"),
    key: join(directory, "audit.key"),
    nextKey: join(directory, "audit.key.next"),
    digestKey: join(directory, "digest.key"),
    anchor: join(directory, "audit.anchor"),
    ballast: join(directory, "audit.ballast"),
    writers: join(directory, "writers"),
    backups: join(directory, "backups"),
  };
}
