//! Who may disturb the operator: most tests need it quiet and run beside each other; one that kills or changes it runs alone. Owns the
//! one lock of this process.
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

static OPERATOR: RwLock<()> = RwLock::const_new(());

/// For a test that wants the operator to stay as it is.
pub async fn among_others() -> RwLockReadGuard<'static, ()> {
    OPERATOR.read().await
}

/// For a test that kills the operator, or changes how it is started.
pub async fn alone() -> RwLockWriteGuard<'static, ()> {
    OPERATOR.write().await
}
