//! A `Row` and the columns it is stored in. Owns what "the same bytes" means.
use super::error::LedgerError;
use decide::{
    model::{Json, Uid},
    row::Row,
};
use serde::{Deserialize, Serialize, de::IntoDeserializer, de::value::Error};
use sqlx::{FromRow, Row as _, sqlite::SqliteRow};

/// A row's payload is an execution's requester, spec and status; an object is at most 128 KiB (`crds::limits`), and four times that
/// leaves room for escapes. A larger one is a mistake somewhere else.
pub(super) const MAX_PAYLOAD: usize = 512 * 1024;

/// As stored, but for `global_seq`. Two rows are the same if all of this is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) cluster: String,
    pub(super) uid: String,
    pub(super) seq: i64,
    pub(super) at: String,
    pub(super) by: String,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) action: String,
    pub(super) phase: String,
    pub(super) reason: String,
    pub(super) payload: String,
}

impl Columns {
    pub(super) fn of(row: &Row) -> Result<Self, LedgerError> {
        let bytes = row.payload.as_str().len();
        if bytes > MAX_PAYLOAD {
            return Err(LedgerError::TooLarge { bytes, limit: MAX_PAYLOAD });
        }
        Ok(Self {
            cluster: row.cluster.as_str().to_owned(),
            uid: row.uid.as_str().to_owned(),
            seq: row.seq,
            at: instant(row.at),
            by: row.by.clone(),
            namespace: row.namespace.clone(),
            name: row.name.clone(),
            action: row.action.clone(),
            phase: word(&row.phase)?,
            reason: word(&row.reason)?,
            payload: row.payload.as_str().to_owned(),
        })
    }

    pub(super) fn row(self) -> Result<Row, LedgerError> {
        Ok(Row {
            cluster: Uid::try_from(self.cluster).map_err(|e| unreadable("cluster", &e.is))?,
            uid: Uid::try_from(self.uid).map_err(|e| unreadable("uid", &e.is))?,
            seq: self.seq,
            at: self.at.parse().map_err(|_| unreadable("at", &self.at))?,
            by: self.by,
            namespace: self.namespace,
            name: self.name,
            action: self.action,
            phase: meaning("phase", &self.phase)?,
            reason: meaning("reason", &self.reason)?,
            payload: Json::try_from(self.payload).map_err(|e| unreadable("payload", &e.is))?,
        })
    }
}

/// By hand: sqlx's derive would bring its macros into the build.
/// Those of the rows of which this is so, as `Columns` reads them.
macro_rules! select_rows {
    ($of:literal) => {
        concat!(r#"SELECT cluster, uid, seq, at, "by", namespace, name, action, phase, reason, payload FROM rows WHERE "#, $of)
    };
}
pub(super) use select_rows;

impl FromRow<'_, SqliteRow> for Columns {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            cluster: row.try_get("cluster")?,
            uid: row.try_get("uid")?,
            seq: row.try_get("seq")?,
            at: row.try_get("at")?,
            by: row.try_get("by")?,
            namespace: row.try_get("namespace")?,
            name: row.try_get("name")?,
            action: row.try_get("action")?,
            phase: row.try_get("phase")?,
            reason: row.try_get("reason")?,
            payload: row.try_get("payload")?,
        })
    }
}

/// Nanoseconds always, so that the text sorts as time does.
pub(super) fn instant(at: jiff::Timestamp) -> String {
    format!("{at:.9}")
}

/// A phase or reason as it stands in objects.
pub(super) fn word<T: Serialize>(of: &T) -> Result<String, LedgerError> {
    match serde_json::to_value(of) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        other => Err(unreadable("a phase or reason", &format!("{other:?}"))),
    }
}

fn meaning<'de, T: Deserialize<'de>>(what: &'static str, word: &'de str) -> Result<T, LedgerError> {
    let from: serde::de::value::StrDeserializer<'de, Error> = word.into_deserializer();
    T::deserialize(from).map_err(|_| unreadable(what, word))
}

fn unreadable(what: &'static str, is: &str) -> LedgerError {
    LedgerError::Unreadable { what, is: is.chars().take(80).collect() }
}
