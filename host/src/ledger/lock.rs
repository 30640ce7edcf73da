//! One writer: a lock on a file beside the ledger, held for the life of the process. Owns the only files this engine opens itself.
//! It must never open the database file while SQLite has it open: closing any descriptor of it would drop SQLite's own locks.
use super::error::LedgerError;
use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Held as long as it lives; the kernel lets go of it however the process ends. It is there so that a second operator is told at once;
/// the rows would be safe without it (SQLite lets one transaction write, and the order trigger refuses doubles).
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the ledger at `path`, and creates an empty file there if there is none.
    ///
    /// The house rule is a cap-std `Dir`; SQLite opens by path (the file, its WAL and its index), so a path it is, given by `main`.
    pub(super) fn take(path: &Path) -> Result<Self, LedgerError> {
        let open = |source| LedgerError::Open { path: path.to_owned(), source: Arc::new(source) };
        let file = private(&beside(path)).map_err(open)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LedgerError::Taken { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(open(source)),
        }
        create(path).map_err(open)?;
        Ok(Self { _file: file })
    }
}

/// `ledger.db` -> `ledger.db-lock`, beside SQLite's own `-wal` and `-shm`.
fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push("-lock");
    PathBuf::from(name)
}

/// Made by us and not by SQLite, so that nobody else can read it (SQLite gives its WAL the same mode), and so that the new name
/// is on disk before the first row is acknowledged.
fn create(path: &Path) -> io::Result<()> {
    if path.try_exists()? {
        return Ok(());
    }
    private(path)?.sync_all()?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}
