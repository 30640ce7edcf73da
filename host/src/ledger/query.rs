//! Questions about the past, asked on the readers' connections. Owns the filters.
use super::{
    error::LedgerError,
    row::{Columns, instant, select_rows, word},
};
use crds::Phase;
use decide::{model::Uid, row::Row};
use jiff::Timestamp;
use sqlx::{QueryBuilder, Sqlite, SqlitePool};

/// A row is at most half a MiB and usually some KiB; this many fit into memory, on both sides.
pub const MAX_LIMIT: u32 = 1000;
/// A screenful or two.
pub const DEFAULT_LIMIT: u32 = 100;

/// Which rows. All that is given must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Of executions in this namespace.
    pub namespace: Option<String>,
    /// Of executions of this name.
    pub name: Option<String>,
    /// Of this execution.
    pub uid: Option<Uid>,
    /// Of this action.
    pub action: Option<String>,
    /// That entered this phase.
    pub phase: Option<Phase>,
    /// Decided then or later.
    pub since: Option<Timestamp>,
    /// Written before this row: its execution and number. For who reads on where a first answer ended.
    pub before: Option<(Uid, i64)>,
    /// The newest so many; more than `MAX_LIMIT` are never given.
    pub limit: u32,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            namespace: None,
            name: None,
            uid: None,
            action: None,
            phase: None,
            since: None,
            before: None,
            limit: DEFAULT_LIMIT,
        }
    }
}

/// In the order in which they were written, the newest last.
pub(super) async fn run(query: &Query, readers: &SqlitePool) -> Result<Vec<Row>, LedgerError> {
    let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(select_rows!("1 = 1"));
    let mut equals = |column: &'static str, value: Option<String>| {
        if let Some(value) = value {
            sql.push(" AND ").push(column).push(" = ").push_bind(value);
        }
    };
    equals("namespace", query.namespace.clone());
    equals("name", query.name.clone());
    equals("uid", query.uid.as_ref().map(|u| u.as_str().to_owned()));
    equals("action", query.action.clone());
    equals("phase", query.phase.as_ref().map(word).transpose()?);
    if let Some(since) = query.since {
        sql.push(" AND at >= ").push_bind(instant(since));
    }
    if let Some((uid, seq)) = &query.before {
        sql.push(" AND global_seq < (SELECT global_seq FROM rows WHERE uid = ").push_bind(uid.as_str().to_owned());
        sql.push(" AND seq = ").push_bind(*seq).push(")");
    }
    sql.push(" ORDER BY global_seq DESC LIMIT ").push_bind(i64::from(query.limit.min(MAX_LIMIT)));
    let mut found: Vec<Columns> = sql.build_query_as().fetch_all(readers).await.map_err(LedgerError::of)?;
    found.reverse();
    found.into_iter().map(Columns::row).collect()
}
