//! Health, metrics, and the audit trail for those on this machine.
